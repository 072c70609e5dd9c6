/**
 * The data of `done` records (batch.ts): a request that was taken, by the key under which its device may repeat it.
 *
 *   key 8 octets | request 6 octets | count u16 | reason u16
 *
 * Key and request are the first octets of SHA-256; numbers little endian.
 */
import { createHash } from 'node:crypto'

const KEY = 8
const REQUEST = 6
const COUNT_AT = KEY + REQUEST
const REASON_AT = COUNT_AT + 2
export const DONE = REASON_AT + 2

/** Hex, so that they can be compared. */
export interface Keyed {
  key: string
  request: string
}

/** What became of a request. */
export interface Outcome {
  /** frames that were taken */
  count: number
  /** why its frame was not understood (protocol/reasons.ts); 0: it was */
  reason: number
}

export type Done = Keyed & Outcome

export const keyed = (key: string, about: readonly (string | Uint8Array)[]): Keyed => ({
  key: hash([key], KEY),
  request: hash(about, REQUEST),
})

function hash(parts: readonly (string | Uint8Array)[], octets: number): string {
  const h = createHash('sha256')
  for (const part of parts) h.update(part).update('\0')
  return h.digest().toString('hex', 0, octets)
}

export function writeDone({ key, request, count, reason }: Done): Buffer {
  const b = Buffer.allocUnsafe(DONE)
  b.write(key + request, 'hex')
  b.writeUInt16LE(count, COUNT_AT)
  b.writeUInt16LE(reason, REASON_AT)
  return b
}

export const readDone = (b: Buffer, p = 0): Done => ({
  key: b.toString('hex', p, p + KEY),
  request: b.toString('hex', p + KEY, p + COUNT_AT),
  count: b.readUInt16LE(p + COUNT_AT),
  reason: b.readUInt16LE(p + REASON_AT),
})

/** Whether two of them, at a[p] and b[q], have the same key. */
export const sameKey = (a: Buffer, p: number, b: Buffer, q: number): boolean =>
  a.readUInt32LE(p) === b.readUInt32LE(q) && a.readUInt32LE(p + 4) === b.readUInt32LE(q + 4)
