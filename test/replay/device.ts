/** Replays test/vectors/http-device.json, octet for octet, against the device API. Keys, ids and secrets are those of here. */
import { untilAnswered } from '../fakes/http.ts'
import type { Outcome } from '../vectors/compare.ts'
import { vectors } from '../vectors/read.ts'

interface GoldenRequest {
  name: string
  request_raw: string
  status_line: string
  headers: string[]
  body: string
}

export interface DeviceWorld {
  base: string
  /** golden product key → ours */
  productKeys: ReadonlyMap<string, string>
}

/** What the old cloud gave devices, and what we gave the same ones: equal values stay equal. */
interface Given {
  ids: Map<string, string>
  secrets: Map<string, string>
}

const ID = /(?<="device_id":)\d+/
const SECRET = /(?<="device_secret":")[^"]+/

export async function replayDevice({ base, productKeys }: DeviceWorld): Promise<Outcome[]> {
  const given: Given = { ids: new Map(), secrets: new Map() }
  const outcomes: Outcome[] = []
  for (const c of vectors<{ cases: GoldenRequest[] }>('http-device').cases) {
    const got = await untilAnswered(base, translate(c.request_raw, productKeys, given))
    learn(c.body, got.slice(got.indexOf('\r\n\r\n') + 4), given)
    outcomes.push({ name: c.name, theirs: theirText(c, given), ours: ourText(got) })
  }
  return outcomes
}

function translate(request: string, keys: ReadonlyMap<string, string>, { ids, secrets }: Given): string {
  const [head = '', body = ''] = request.split('\r\n\r\n') as [string, string?]
  const translated = body
    .replace(/[0-9a-f]{64}/g, (k) => keys.get(k) ?? k)
    .replace(ID, (id) => ids.get(id) ?? id)
    .replace(SECRET, (s) => secrets.get(s) ?? s)
  const length = `Content-Length: ${Buffer.byteLength(translated)}`
  return `${head.replace(/Content-Length: \d+/, length)}\r\n\r\n${translated}`
}

function learn(theirs: string, ours: string, { ids, secrets }: Given): void {
  const remember = (map: Map<string, string>, at: RegExp) => {
    const [their, our] = [at.exec(theirs)?.[0], at.exec(ours)?.[0]]
    if (their !== undefined && our !== undefined && !map.has(their)) map.set(their, our)
  }
  remember(ids, ID)
  remember(secrets, SECRET)
}

const hexMade = (body: string): string =>
  body.replace(/(?<="device_key":")[0-9a-f]{64}/, '<64 hex>').replace(/(?<="access_token":")[0-9a-f]{32}/, '<32 hex>')

function theirText({ status_line, headers, body }: GoldenRequest, { ids, secrets }: Given): string {
  const translated = body.replace(ID, (id) => ids.get(id) ?? id).replace(SECRET, (s) => secrets.get(s) ?? s)
  return text(status_line, headers, translated, body.length)
}

function ourText(got: string): string {
  const [head = '', body = ''] = got.split('\r\n\r\n') as [string, string?]
  const [status = '', ...headers] = head.split('\r\n')
  return text(status, headers, body, body.length)
}

/** Status line, headers in any order without the date and how the connection goes on, body. Our ids have other lengths than theirs. */
function text(status: string, headers: string[], body: string, length: number): string {
  const right = headers.includes(`Content-Length: ${length}`)
  const kept = headers
    .filter((h) => !/^(Date|Content-Length|Connection|Keep-Alive):/.test(h))
    .concat(right ? ['Content-Length: right'] : [])
  return [status, ...kept.sort(), hexMade(body)].join('\n')
}
