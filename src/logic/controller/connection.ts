/**
 * What became of a device's connection, as far as its state now depends on it: the last turn, the ends before it that may make it
 * flapping, and what the diary has said since the turn. So that the state of many devices is a look into memory.
 *
 *   turn u8 (0 none, 1 online, 2 offline) | cause of the last end u8 | earlier ends u8 | said u8 | begun u8 | 0 u24 | at f64 | an f64 for each earlier end, newest first
 *   said = 1: last cause u8 | cause of the last refusal u8, 0 = none | 0 u16 | refusals u32 | f64 at of the last, of the last and of the first refusal
 *   begun = 1: epoch f64 of the session that came online last
 */
import { causeOf } from '#contracts/causes.ts'
import type { Condition, DiaryEntry } from '#contracts/controller.ts'
import { FLAPPING, isRefusal } from '#contracts/judgement.ts'
import { at as field, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import { CONNECTION, isObject } from './slots.ts'

const HEAD = 16
const SAID = 32
const BEGUN = 8
const [NONE, ONLINE, OFFLINE] = [0, 1, 2]

interface Said {
  cause: number
  at: number
  /** since the turn; absent: none */
  refusal?: { cause: number; last: number; first: number; times: number }
}

interface Connection {
  turn: number
  /** of the last end */
  cause: number
  at: number
  /** of earlier ends, newest first */
  ends: number[]
  said?: Said
  /** of the session that came online last; 0: not known */
  epoch: number
}

/**
 * Whether a later session of the device has come online, or it was told already that this one ended. An end that is told after that is no turn:
 * its node was frozen, or cut off from the others. The node asks before it records it (`lateEnds`), and its flag (`recordFlag.late`) tells everybody else.
 *
 * A session that comes online between that answer and the append makes an end late that has no flag: here its epoch says so, and to those who
 * read the log nothing does. The flag cannot be set where the batch is taken in. A batch whose answer was lost comes again, to another
 * controller perhaps, which must find the same octets under its number: with a flag set by what the first one knew it would be another batch
 * (`conflict`), tried for ever while nothing of the node is acknowledged. Before the append it is not decided yet either, since the online
 * record may be on its way to the log in another stream; after it those who read the log have it. A note beside the log would be a second truth.
 * What remains is the time of one append, and only for sessions that presence does not know any more: a takeover of one that it knows waits
 * until its end is durable.
 */
export const isReplaced = (current: Current, { device, epoch }: { device: number; epoch: number }): boolean =>
  isLate(epoch, readConnection(current.get(device, CONNECTION)?.bytes))

/** An end of no session was told by a controller before there were epochs. */
const isLate = (epoch: number, { epoch: last, turn }: Connection): boolean =>
  epoch !== 0 && (epoch < last || (epoch === last && turn === OFFLINE))

/** The epoch of the session that is online (0: it began before there were epochs); undefined: the device is offline. */
export function sessionOf(current: Current, device: number): number | undefined {
  const bytes = current.get(device, CONNECTION)?.bytes
  return bytes?.[0] === ONLINE ? readConnection(bytes).epoch : undefined
}

/** Applies the record at b[p, p + size), where it tells of a connection. */
export function applyConnection(current: Current, b: Buffer, p: number, size: number): void {
  const kind = b[p + field.kind]
  if (kind !== recordKind.online && kind !== recordKind.offline && kind !== recordKind.diary) return
  const device = b.readDoubleLE(p + field.device)
  const time = b.readDoubleLE(p + field.time)
  const was = readConnection(current.get(device, CONNECTION)?.bytes)
  const cause = b[p + field.reason]!
  const epoch = b.readDoubleLE(p + field.epoch)
  if (kind === recordKind.offline && (b.readUInt16LE(p + field.flags) & recordFlag.late || isLate(epoch, was))) return
  const is = kind === recordKind.diary ? told(was, cause, time, timesIn(b, p, size)) : turned(was, kind, { cause, time, epoch })
  const bytes = written(is)
  current.put(device, CONNECTION, time, bytes, 0, bytes.length)
}

interface Turn {
  cause: number
  time: number
  epoch: number
}

function turned(
  { turn, cause: before, at, ends, epoch: last }: Connection,
  kind: number,
  { cause, time, epoch }: Turn,
): Connection {
  const all = turn === OFFLINE ? [at, ...ends] : ends
  const recent = all.filter((end) => time - end < FLAPPING.span).slice(0, FLAPPING.ends)
  if (kind === recordKind.online) return { turn: ONLINE, cause: before, at: time, ends: recent, epoch }
  return { turn: OFFLINE, cause, at: time, ends: recent, epoch: last }
}

function told(was: Connection, cause: number, time: number, times: number): Connection {
  const before = was.said?.refusal
  const refusal = isRefusal(causeOf(cause))
    ? { cause, last: time, first: before?.first ?? time, times: (before?.times ?? 0) + times }
    : before
  return { ...was, said: { cause, at: time, ...(refusal && { refusal }) } }
}

/** Entries that say the same are folded where they are written; `count` says how many. */
function timesIn(b: Buffer, p: number, size: number): number {
  const count = /"count":(\d{1,9})/.exec(b.toString('latin1', p + RECORD_HEADER, p + size))?.[1]
  return Math.max(1, Number(count ?? 1))
}

function written({ turn, cause, at, ends, said, epoch }: Connection): Buffer {
  const begun = epoch === 0 ? 0 : 1
  const q = HEAD + ends.length * 8
  const b = Buffer.alloc(q + (said ? SAID : 0) + begun * BEGUN)
  b[0] = turn
  b[1] = cause
  b[2] = ends.length
  b[3] = said ? 1 : 0
  b[4] = begun
  if (begun) b.writeDoubleLE(epoch, b.length - BEGUN)
  b.writeDoubleLE(at, 8)
  for (let i = 0; i < ends.length; i++) b.writeDoubleLE(ends[i]!, HEAD + i * 8)
  if (!said) return b
  const { refusal } = said
  b[q] = said.cause
  b[q + 1] = refusal?.cause ?? 0
  b.writeUInt32LE(Math.min(refusal?.times ?? 0, 0xffff_ffff), q + 4)
  b.writeDoubleLE(said.at, q + 8)
  b.writeDoubleLE(refusal?.last ?? 0, q + 16)
  b.writeDoubleLE(refusal?.first ?? 0, q + 24)
  return b
}

function readConnection(bytes: Uint8Array | undefined): Connection {
  if (!bytes) return { turn: NONE, cause: 0, at: 0, ends: [], epoch: 0 }
  const v = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ends: number[] = []
  for (let i = 0; i < bytes[2]!; i++) ends.push(v.getFloat64(HEAD + i * 8, true))
  const epoch = bytes[4] === 1 ? v.getFloat64(bytes.length - BEGUN, true) : 0
  const head = { turn: bytes[0]!, cause: bytes[1]!, at: v.getFloat64(8, true), ends, epoch }
  if (bytes[3] === 0) return head
  const q = HEAD + ends.length * 8
  const said: Said = { cause: bytes[q]!, at: v.getFloat64(q + 8, true) }
  const cause = bytes[q + 1]!
  const [last, first] = [v.getFloat64(q + 16, true), v.getFloat64(q + 24, true)]
  if (cause !== 0) said.refusal = { cause, last, first, times: v.getUint32(q + 4, true) }
  return { ...head, said }
}

/** When the cloud itself ended the device's session, so that it comes in elsewhere (ms since 1970); undefined: it is here, or went otherwise. */
export function sentAwayAt(current: Current, device: number): number | undefined {
  const { turn, cause, at } = readConnection(current.get(device, CONNECTION)?.bytes)
  return turn === OFFLINE && causeOf(cause) === 'server_stopping' ? at : undefined
}

/** What a judgement of the device stands on (contracts/judgement.ts), and when it reported last. */
export function conditionOf(current: Current, device: number): Condition {
  let lastReport = 0
  let connection: Uint8Array | undefined
  current.each(device, (slot, { time, bytes }) => {
    if (isObject(slot)) lastReport = Math.max(lastReport, time)
    else if (slot === CONNECTION) connection = bytes
  })
  return { lastReport, entries: entriesOf(readConnection(connection)) }
}

/** As the diary tells them, newest first: those that make a difference. */
function entriesOf({ turn, cause, at, ends, said }: Connection): DiaryEntry[] {
  const out: DiaryEntry[] = []
  const refusal = said?.refusal
  if (said && said.at !== refusal?.last) out.push({ at: said.at, kind: 'diary', cause: causeOf(said.cause), params: {} })
  if (refusal) {
    const entry = { kind: 'diary', cause: causeOf(refusal.cause) }
    const earlier = refusal.first < refusal.last
    out.push({ ...entry, at: refusal.last, params: { count: Math.max(1, refusal.times - (earlier ? 1 : 0)) } })
    if (earlier) out.push({ ...entry, at: refusal.first, params: {} })
  }
  if (turn === ONLINE) out.push({ at, kind: 'online', params: {} })
  const all = turn === OFFLINE ? [at, ...ends] : ends
  for (const end of all) out.push({ at: end, kind: 'offline', cause: causeOf(cause), params: {} })
  return out
}
