/** Replays test/vectors/http-application.json against an apiprovider at an address. What device and keys are there is the world's matter. */
import { Agent } from 'node:http'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { ask } from '../fakes/http.ts'
import type { Outcome } from '../vectors/compare.ts'
import { vectors } from '../vectors/read.ts'

export interface GoldenCall {
  group: string
  name: string
  request: { method: string; path: string; headers: Record<string, string>; body?: string | null }
  status_line: string
  headers: string[]
  body: string
  device_received?: { topic: string; payload: string }[]
}

export interface ApplicationWorld {
  /** Keys of the golden file as they are here. */
  key(golden: string): string
  /** Brings the device into the condition that the case was made in; → what the device has received when the case is over. */
  arrange(c: GoldenCall): Promise<() => Promise<{ topic: string; payload: string }[]>>
}

/** Texts that the old cloud composed itself; those of drivers, of Go and of its key decoder are free (docs/application-api.md §1). */
const composed = [
  /^missing device identifier or app key\.$/,
  /^app (key not match|has no access right on device)\.$/,
  /^device key not match\.$/,
  /^wrong (identifier|vendor|product) format\.$/,
  /^wrong app domain /,
  /^wrong (status )?parameters\.$/,
  /^(object|command or event) not found\.$/,
  /^(status|command) format error: /,
  /^unsuport value: /,
  /^(timeout pushlishing message|get status timeout)\.$/,
]

const HEADER_DIGITS = 50
const KEY = /[0-9a-f]{64}/g

export const nameOf = (c: GoldenCall): string => `${c.group}: ${c.name}`

export async function replayApplication({ base, world }: { base: string; world: ApplicationWorld }): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: true })
  const outcomes: Outcome[] = []
  for (const c of vectors<{ cases: GoldenCall[] }>('http-application').cases) outcomes.push(await replay(base, world, c, agent))
  agent.destroy()
  return outcomes
}

async function replay(base: string, world: ApplicationWorld, c: GoldenCall, agent: Agent): Promise<Outcome> {
  const received = await world.arrange(c)
  const { method, path, headers, body } = c.request
  const translated = Object.entries(headers).map(([name, v]) => [name, v.replace(KEY, world.key)])
  const got = await ask(base, {
    method,
    path: path.replace(KEY, world.key),
    headers: { ...Object.fromEntries(translated), ...(body != null && { 'Content-Type': 'application/json' }) },
    ...(body != null && { body }),
    agent,
  })
  const theirs = parts(Number(c.status_line.split(' ')[1]), header(c.headers, 'content-type'), c.body)
  const ours = parts(got.status, String(got.headers['content-type'] ?? ''), got.body)
  const free = theirs.message !== '' && !composed.some((r) => r.test(theirs.message))
  return {
    name: nameOf(c),
    theirs: text(theirs, free, c.device_received ?? []),
    ours: text(ours, free, c.device_received || c.request.method !== 'GET' ? await received() : []),
  }
}

interface Parts {
  status: number
  type: string
  code: string
  message: string
  data: string
}

function parts(status: number, type: string, body: string): Parts {
  if (!body.startsWith('{')) return { status, type, code: '', message: '', data: JSON.stringify(body) }
  const { code, message, data } = parseExact(body) as { code: number; message: string; data?: unknown }
  return { status, type, code: String(code), message, data: data === undefined ? '' : stringifyExact(sorted(data)) }
}

/** Labels have no order. */
function sorted(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data
  return Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function text(
  { status, type, code, message, data }: Parts,
  free: boolean,
  received: { topic: string; payload: string }[],
): string {
  const said = free && message !== '' ? '*' : message
  const device = received.map((r) => `${r.topic} ${r.payload.slice(HEADER_DIGITS)}`)
  return [status, type, code, said, data, ...(device.length > 0 ? ['device:', ...device] : [])].filter((x) => x !== '').join(' ')
}

const header = (lines: string[], name: string): string =>
  lines.find((l) => l.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
