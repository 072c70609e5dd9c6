/** The calls of `/application/v1` (docs/application-api.md §1): what each asks of the other services. Answers are JSON text, '' = no data. */
import type { Face } from '#contracts/contract.ts'
import type { controller, Desired } from '#contracts/controller.ts'
import type { Device, OldRule, registry } from '#contracts/registry.ts'
import { toPandoError } from '#lib/errors.ts'
import { parseExact } from '#protocol/json.ts'
import { codes, type ErrorContext, Refusal, refusalOf } from './errors.ts'
import type { Caller, Guard } from './guard.ts'

export interface CallPeers {
  registry: Pick<Face<typeof registry>, 'deviceByKey'>
  controller: Pick<
    Face<typeof controller>,
    'latest' | 'ask' | 'setStatus' | 'command' | 'records' | 'series' | 'saveRule' | 'desired' | 'setDesired'
  >
}

/** An answer that is sent piece by piece, each when there is room. */
export interface Streamed {
  type: string
  pieces: AsyncGenerator<string>
}

/** A call on a device that the caller was found to reach. `accept`: the header. */
export type DeviceCall = (
  peers: CallPeers,
  device: Device,
  r: { body: string; query: Query; applicationId: number; accept: string },
) => Promise<string | Streamed>

/** A parameter given twice is an array. */
export type Query = Readonly<Record<string, string | string[] | undefined>>

const STATUS_TIMEOUT = 5000
const COMMAND_TIMEOUT = 3000
const MAX_TIMEOUT = 60_000

export const info: DeviceCall = async (_peers, device) => infoText(device)

export const latest: DeviceCall = async ({ controller: c }, { id }) => (await c.latest({ deviceId: id })).json

export const current: DeviceCall = async ({ controller: c }, { id }) =>
  (await told('ask', c.ask({ deviceId: id, timeout: STATUS_TIMEOUT }))).json

export const setStatus: DeviceCall = async ({ controller: c }, { id }, { body }) => {
  await c.setStatus({ deviceId: id, body, timeout: STATUS_TIMEOUT })
  return ''
}

export const command: DeviceCall = async ({ controller: c }, { id }, { body, query }) => {
  await c.command({ deviceId: id, body, timeout: timeoutOf(query) })
  return ''
}

export const addRule: DeviceCall = async ({ controller: c }, { id, identifier }, { body, applicationId }) => {
  const old = ruleOf(body)
  const name = `${old.type} ${old.trigger} of ${identifier}`.slice(0, 200)
  await c.saveRule({ name, enabled: true, old, deviceId: id, applicationId })
  return ''
}

export const desired: DeviceCall = async ({ controller: c }, { id }) => desiredText(await c.desired({ deviceId: id }))

/** `?version=`: only if it is the present one. */
export const setDesired: DeviceCall = async ({ controller: c }, { id }, { body, query, applicationId }) => {
  const version = first(query['version'])
  if (version !== undefined && !/^\d{1,15}$/.test(version)) throw new Refusal(codes.query, 'version takes a whole number')
  const guard = version !== undefined && { ifVersion: Number(version) }
  const by = `application/${applicationId}`
  return desiredText(await told('desired', c.setDesired({ deviceId: id, values: body, ...guard, by })))
}

function desiredText({ deviceId: _, desired: wanted, reported, by: __, ...rest }: Desired): string {
  return `{"desired":${wanted},"reported":${reported},${JSON.stringify(rest).slice(1)}`
}

/** All four are text; what is absent is '' as in the old cloud, and refused for what it means. */
function ruleOf(body: string): OldRule {
  const json = fitting(() => parseExact(body))
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Refusal(codes.format, 'a rule is a JSON object')
  const said = json as Record<string, unknown>
  const text = (name: keyof OldRule): string => {
    const v = said[name] ?? ''
    if (typeof v === 'string') return v
    throw new Refusal(codes.format, `${name} must be text`)
  }
  return { type: text('type'), trigger: text('trigger'), target: text('target'), action: text('action') }
}

/** What is not JSON is a wrong format. */
function fitting<T>(parse: () => T): T {
  try {
    return parse()
  } catch (e) {
    throw new Refusal(codes.format, e instanceof Error ? e.message : 'not JSON')
  }
}

/** `device/info?device_key=`. Without a caller (old open form) every device answers. */
export async function infoByKey(peers: CallPeers, guard: Guard, caller: Caller | undefined, query: Query): Promise<string> {
  const device = await told('deviceKey', peers.registry.deviceByKey({ key: first(query['device_key']) ?? '' }))
  if (caller) guard.allow(caller, device)
  return infoText(device)
}

const infoText = ({ identifier, name, description, version }: Device): string =>
  JSON.stringify({ identifier, name, description, version })

export const first = (v: string | string[] | undefined): string | undefined => (Array.isArray(v) ? v[0] : v)

/** `timeout` in seconds, ms out; absent, empty or 0: the default; above a minute: a minute. */
function timeoutOf(query: Query): number {
  const text = first(query['timeout'])
  if (!text) return COMMAND_TIMEOUT
  const seconds = /^\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(seconds)) throw new Refusal(codes.query, 'timeout takes a number of seconds from 0 to 60')
  return Math.min(Math.round(seconds * 1000), MAX_TIMEOUT) || COMMAND_TIMEOUT
}

/** The same error means something else where a key was looked up or a device was asked. */
async function told<T>(context: ErrorContext, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (e) {
    const error = toPandoError(e)
    throw error.code === 'internal' ? error : refusalOf(error, context)
  }
}
