/** Documents of the old cloud as the frames from which they were made. */
import { BSON } from 'mongodb'
import { checkFrame, FRAME_HEADER, frameKind, frameReasons } from '#protocol/frames.ts'
import type { CollectionName } from './sources/documents.ts'

/** What is wrong with a document. */
export class Unreadable extends Error {}

type Fields = Record<string, unknown>

function whole(fields: Fields, name: string, max: bigint): bigint {
  const v = fields[name]
  const n = BSON.Long.isLong(v)
    ? v.toBigInt()
    : Number.isInteger(Number(v)) && v !== null && v !== ''
      ? BigInt(Number(v))
      : undefined
  // the old cloud counted without signs, its database has signs
  const unsigned = n !== undefined && n < 0n ? BigInt.asUintN(64, n) : n
  if (unsigned === undefined || unsigned > max) throw new Unreadable(`${name} is not a number from 0 to ${max}`)
  return unsigned
}

const U16 = 0xffffn
const U64 = 0xffffffffffffffffn
const u16 = (fields: Fields, name: string): number => Number(whole(fields, name, U16))

function listOf(fields: Fields, name: string): Fields[] {
  const list = fields[name] ?? []
  if (!Array.isArray(list) || list.some((v) => typeof v !== 'object' || v === null)) throw new Unreadable(`${name} is no list`)
  return list
}

function octetsOf(v: unknown): Buffer {
  if (Buffer.isBuffer(v)) return v
  if (v instanceof Uint8Array) return Buffer.from(v)
  if (v instanceof BSON.Binary) return Buffer.from(v.value())
  throw new Unreadable('a value is not octets')
}

function numbers(...values: number[]): Buffer {
  const b = Buffer.alloc(2 * values.length)
  values.forEach((v, i) => void b.writeUInt16BE(v, 2 * i))
  return b
}

/** A value lies there as it came: text and octets with their length before them. */
const params = (fields: Fields): Buffer[] =>
  listOf(fields, 'params').flatMap((p) => [numbers(u16(p, 'tag')), octetsOf(p['value'])])

function header(fields: Fields): Buffer {
  const b = Buffer.alloc(FRAME_HEADER)
  b.writeBigUInt64BE(whole(fields, 'timestamp', U64), 1)
  return b
}

function statusParts(fields: Fields): Buffer[] {
  return listOf(fields, 'subdata').flatMap((s) => {
    const head = (s['head'] ?? {}) as Fields
    const values = params(s)
    return [numbers(u16(head, 'subdeviceid'), u16(head, 'propertynum'), values.length / 2), ...values]
  })
}

function eventParts(fields: Fields): Buffer[] {
  const values = params(fields)
  return [numbers(u16(fields, 'subdevice'), u16(fields, 'no'), u16(fields, 'priority'), values.length / 2), ...values]
}

/** Throws {@link Unreadable}. */
export function frameOf(name: CollectionName, fields: Fields): Buffer {
  const parts = name === 'datas' ? statusParts(fields) : eventParts(fields)
  const frame = Buffer.concat([header(fields), ...parts])
  const why = checkFrame(name === 'datas' ? frameKind.status : frameKind.event, frame, 0, frame.length)
  if (why !== 0) throw new Unreadable(`it makes no frame: ${frameReasons[why]}`)
  return frame
}

export const deviceIn = (fields: Fields): number => Number(whole(fields, 'deviceid', U64))
