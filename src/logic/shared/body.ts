/**
 * What an application is told, by webhook and in streams. The old cloud's four keys, in its order and byte for byte in the form of Go's encoder (test/vectors/webhook.json), but
 * with the arrival time instead of 0; nothing is added to them. `data` is always `{name: [values]}`.
 */
import { causeOf } from '#contracts/causes.ts'
import type { WebhookTag } from '#contracts/registry.ts'
import { at, recordKind } from '#core/devicelog/batch.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { decodeEvent, decodeStatus } from '#protocol/frames.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { eventToJson, type Model, statusToJson } from '#protocol/model.ts'

/** Record kinds that an application can be told, and under which tag. */
export const tagOf: Readonly<Record<number, WebhookTag | undefined>> = {
  [recordKind.event]: 'event',
  [recordKind.status]: 'status',
  [recordKind.online]: 'online',
  [recordKind.offline]: 'offline',
}

/** Kinds whose values can only be read with the product's model. */
export const needsModel = (kind: number): boolean =>
  kind === recordKind.event || kind === recordKind.status || kind === recordKind.command

const GO_ESCAPED = /[<>&\u2028\u2029]/g
const goEscape = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON as Go writes it: these characters stand in strings only, and there as escapes. */
export function goJson(value: unknown): string {
  const text = stringifyExact(value)
  return GO_ESCAPED.test(text) ? text.replace(GO_ESCAPED, goEscape) : text
}

/**
 * What the record at b[p, p + size), says, undefined if it says nothing to an application: an event whose number neither product nor
 * platform names, a status without known objects, a frame that cannot be decoded.
 */
export function webhookText(b: Buffer, p: number, size: number, identifierJson: string, model: Model | null): string | undefined {
  const kind = b[p + at.kind]!
  const data = dataOf(kind, b, p, p + size, model)
  if (data === undefined) return undefined
  const time = b.readDoubleLE(p + at.time)
  const tag = kind === recordKind.told ? 'rule' : tagOf[kind]
  return `{"tag":"${tag}","identifier":${identifierJson},"timestamp":${time},"data":${data}}`
}

/** What the record at b[p, end) says: JSON text. */
export function dataOf(kind: number, b: Buffer, p: number, end: number, model: Model | null): string | undefined {
  if (kind === recordKind.online) return onlineData(b, p, end)
  if (kind === recordKind.offline) return goJson({ cause: [causeOf(b[p + at.reason]!)] })
  if (kind === recordKind.told) return toldOf(b, p, end)?.data
  if (!model) return undefined
  try {
    return kind === recordKind.event ? eventData(b, p, end, model) : statusData(b, p, end, model)
  } catch (e) {
    if (e instanceof ProtocolError) return undefined
    throw e
  }
}

function eventData(b: Buffer, p: number, end: number, model: Model): string | undefined {
  const event = eventToJson(model, decodeEvent(b, p + at.data, end))
  return event.name === '' ? undefined : `{${goJson(event.name)}:${goJson(event.values)}}`
}

function statusData(b: Buffer, p: number, end: number, model: Model): string | undefined {
  const { data } = statusToJson(model, decodeStatus(b, p + at.data, end))
  const text = goJson(data)
  return text === '{}' ? undefined : text
}

function onlineData(b: Buffer, p: number, end: number): string {
  const { protocol, address } = onlineOf(b, p, end)
  return goJson({ ...(protocol !== undefined && { protocol: [protocol] }), ...(address !== undefined && { address: [address] }) })
}

interface Online {
  protocol?: string
  address?: string
  /** last record of the device's session before: what follows comes after it */
  after?: { stream: number; seq: number }
}

/** The JSON of an online record (core/devicelog/batch.ts); {} where it is none. */
export function onlineOf(b: Buffer, p: number, end: number): Online {
  try {
    return (JSON.parse(b.toString('utf8', p + at.data, end)) ?? {}) as Online
  } catch {
    return {}
  }
}

/** What a rule tells (core/devicelog/batch.ts): to whom, and JSON. */
export function toldOf(b: Buffer, p: number, end: number): { applicationId: number; data: string } | undefined {
  try {
    const told = parseExact(b.toString('utf8', p + at.data, end)) as { applicationId: number; data: unknown }
    return { applicationId: told.applicationId, data: goJson(told.data) }
  } catch {
    return undefined
  }
}
