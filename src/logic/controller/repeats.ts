/**
 * The last requests of a device that it may repeat under their keys (core/devicelog/done.ts), in its current state: made of log records
 * alone, so that a restart finds them as they were. A value is `time f64 | data of the record` of each, oldest first: streams of several
 * nodes may be read one after the other.
 */
import { at as field, RECORD_HEADER } from '#core/devicelog/batch.ts'
import { DONE, sameKey } from '#core/devicelog/done.ts'
import type { Current } from '#core/history/port.ts'
import { REPEATS } from './slots.ts'

const MOST = 200
const TIME = 8
const ENTRY = TIME + DONE

/** A `done` record. */
export function applyDone(current: Current, b: Buffer, p: number, size: number): void {
  const data = p + RECORD_HEADER
  if (size - RECORD_HEADER !== DONE) return
  const device = b.readDoubleLE(p + field.device)
  const time = b.readDoubleLE(p + field.time)
  const before = without(stored(current, device), b, data)
  const entry = Buffer.allocUnsafe(ENTRY)
  entry.writeDoubleLE(time, 0)
  b.copy(entry, TIME, data, data + DONE)
  let place = before.length
  while (place > 0 && before.readDoubleLE(place - ENTRY) > time) place -= ENTRY
  const value = Buffer.concat([before.subarray(0, place), entry, before.subarray(place)])
  current.put(device, REPEATS, time, value, Math.max(0, value.length - MOST * ENTRY), value.length)
}

/** A key that was pushed out of the last may come again before others are. */
function without(known: Buffer, b: Buffer, data: number): Buffer {
  for (let q = 0; q < known.length; q += ENTRY)
    if (sameKey(known, q + TIME, b, data)) return Buffer.concat([known.subarray(0, q), known.subarray(q + ENTRY)])
  return known
}

/** → the data of their records, oldest first */
export function repeatable(current: Current, device: number): Buffer {
  const known = stored(current, device)
  const out = Buffer.allocUnsafe((known.length / ENTRY) * DONE)
  for (let p = 0, q = 0; p < known.length; p += ENTRY, q += DONE) known.copy(out, q, p + TIME, p + ENTRY)
  return out
}

function stored(current: Current, device: number): Buffer {
  const bytes = current.get(device, REPEATS)?.bytes
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.alloc(0)
}
