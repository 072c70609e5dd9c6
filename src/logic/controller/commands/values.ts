/**
 * Values as the newer interfaces carry them: as `/application/v1` does, but integers of 64 bits as decimal text and bytes as base64, both
 * ways. What goes in may also be a number.
 */
import { ProtocolError } from '#protocol/errors.ts'
import type { Property } from '#protocol/frames.ts'
import { parseExact } from '#protocol/json.ts'
import {
  commandFromJson,
  commandOf,
  type JsonValue,
  type Model,
  type ModelParam,
  type NewCommand,
  objectOf,
  statusFromJson,
} from '#protocol/model.ts'
import { tlvType, type Value } from '#protocol/tlv.ts'
import { valueToJson } from '#protocol/values.ts'

const INTEGER = /^-?\d{1,20}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isWide = (type: number | undefined): boolean => type === 6 || type === 10
const isBytes = (type: number | undefined): boolean => type === 11

/** The command `name` with its parameters, JSON text `[v, …]`. Errors as of `commandFromJson`. */
export function commandFromText(model: Model, name: string, params: string): NewCommand {
  const { list, octets } = prepared(commandOf(model, name)?.params, parseExact(params), name)
  const command = commandFromJson(model, ownKey(name, list))
  put(command.values, octets)
  return command
}

/** JSON text `{label: [v, …]}`. Errors as of `statusFromJson`. */
export function statusFromText(model: Model, text: string): Property[] {
  const parsed = parseExact(text)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return statusFromJson(model, parsed)
  const all = Object.entries(parsed).map(([label, v]) => [label, prepared(objectOf(model, label)?.status, v, label)] as const)
  const plain: Record<string, unknown> = Object.create(null)
  for (const [label, { list }] of all) plain[label] = list
  const properties = statusFromJson(model, plain)
  for (const [i, [, { octets }]] of all.entries()) put(properties[i]!.values, octets)
  return properties
}

/** Ready for `JSON.stringify`. */
export const plainValue = (type: number, value: Value): Exclude<JsonValue, bigint> => {
  const json = valueToJson(type, value)
  return typeof json === 'bigint' ? String(json) : json
}

export const plainValues = (types: readonly number[], values: readonly Value[]): Exclude<JsonValue, bigint>[] =>
  values.map((v, i) => plainValue(types[i]!, v))

const ownKey = (key: string, value: unknown): object => {
  const o: Record<string, unknown> = Object.create(null)
  o[key] = value
  return o
}

interface Prepared {
  list: unknown
  /** by position: what replaces the empty text there */
  octets: Map<number, Uint8Array>
}

function prepared(params: readonly ModelParam[] | undefined, list: unknown, label: string): Prepared {
  const octets = new Map<number, Uint8Array>()
  if (!params || !Array.isArray(list)) return { list, octets }
  const one = (v: unknown, i: number): unknown => {
    const type = params[i]?.valueType
    if (typeof v !== 'string') return v
    if (isWide(type) && INTEGER.test(v)) return BigInt(v)
    if (!isBytes(type)) return v
    octets.set(i, fromBase64(v, { label, position: i + 1, name: params[i]!.name }))
    return ''
  }
  return { list: list.map(one), octets }
}

function put(values: Value[], octets: ReadonlyMap<number, Uint8Array>): void {
  for (const [i, bytes] of octets) values[i] = bytes
}

const MOST_OCTETS = 65_535

function fromBase64(text: string, place: { label: string; position: number; name: string }): Uint8Array {
  const where = `position ${place.position} (${place.name}) of ${place.label}`
  if (!BASE64.test(text)) {
    const got = text.length > 40 ? `${text.slice(0, 40)}…` : text
    throw new ProtocolError(
      'value_wrong_type',
      { ...place, expected: tlvType(11)?.name, got },
      `wrong value at ${where}: expected base64`,
    )
  }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length <= MOST_OCTETS) return bytes
  throw new ProtocolError(
    'value_out_of_range',
    { ...place, max: MOST_OCTETS },
    `wrong value at ${where}: more than ${MOST_OCTETS} bytes`,
  )
}
