/**
 * Records of one device on one day, packed. A segment stands alone, so segments of a device can be joined by joining bytes:
 *
 *   n varint | t0 − start of the day varint | n × ( head u8 | what head says | time − the time before varint | data )
 *
 * head bits, set = differs from the record before (all zero before the first): KIND kind u8, reason u8 · VERSION varint ·
 * PRODUCT varint · FLAGS varint · EPOCH f64 · PACKET varint (else the next id). FRAME: data is a frame whose 16 token octets
 * (offset 9…24) are zero: they are left out, and its timestamp is CLOCK ? arrival − timestamp, zigzag varint : u32 varint × 2.
 */
import { at, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import { type Octets, type Place, readVarint } from './octets.ts'
import type { Records } from './records.ts'

const KIND = 1
const VERSION = 2
const PRODUCT = 4
const FLAGS = 8
const EPOCH = 16
const PACKET = 32
const FRAME = 64
const CLOCK = 128

const TOKEN_END = 25
/** the most that a record takes beyond its data */
const OVERHEAD = 64

const state = { time: 0, kind: 0, reason: 0, version: 0, product: 0, flags: 0, epoch: 0, packet: 0 }

function reset(time: number): void {
  state.time = time
  state.kind = state.reason = state.version = state.product = state.flags = state.epoch = state.packet = 0
}

/** Begins a segment; `packRecord` must follow n times, in order of time, before another segment begins. */
export function beginSegment(out: Octets, n: number, t0: number, dayStart: number): void {
  out.reserve(OVERHEAD)
  out.varint(n)
  out.varint(t0 - dayStart)
  reset(t0)
}

/** Packs the record that lies at p in the form of the log; `time` as timeOf says. */
export function packRecord(out: Octets, b: Uint8Array, v: DataView, p: number, time: number): void {
  const size = v.getUint32(p, true)
  out.reserve(size + OVERHEAD)
  const headAt = out.at++
  let head = packChanges(out, b, v, p)
  out.varint(time - state.time)
  state.time = time
  const from = p + RECORD_HEADER
  const length = size - RECORD_HEADER
  out.varint(length)
  if (length >= TOKEN_END && b[p + at.kind]! <= recordKind.undecodable && tokenIsZero(v, from)) {
    head |= FRAME | packFrameHead(out, b, v, from, time)
    out.copy(b, from + TOKEN_END, p + size)
  } else out.copy(b, from, p + size)
  out.b[headAt] = head
}

const tokenIsZero = (v: DataView, p: number): boolean =>
  (v.getUint32(p + 9) | v.getUint32(p + 13) | v.getUint32(p + 17) | v.getUint32(p + 21)) === 0

function packFrameHead(out: Octets, b: Uint8Array, v: DataView, p: number, time: number): number {
  out.b[out.at++] = b[p]!
  const high = v.getUint32(p + 1)
  const low = v.getUint32(p + 5)
  const late = time - (high * 4294967296 + low)
  if (late > -0x40000000 && late < 0x40000000) {
    out.varint(late >= 0 ? late * 2 : -late * 2 - 1)
    return CLOCK
  }
  out.varint(high)
  out.varint(low)
  return 0
}

function packChanges(out: Octets, b: Uint8Array, v: DataView, p: number): number {
  let head = 0
  const kind = b[p + at.kind]!
  const reason = b[p + at.reason]!
  if (kind !== state.kind || reason !== state.reason) {
    head |= KIND
    out.b[out.at++] = state.kind = kind
    out.b[out.at++] = state.reason = reason
  }
  const version = v.getUint16(p + at.version, true)
  if (version !== state.version) {
    head |= VERSION
    out.varint((state.version = version))
  }
  const product = v.getUint32(p + at.product, true)
  if (product !== state.product) {
    head |= PRODUCT
    out.varint((state.product = product))
  }
  const flags = v.getUint16(p + at.flags, true)
  if (flags !== state.flags) {
    head |= FLAGS
    out.varint((state.flags = flags))
  }
  const epoch = v.getFloat64(p + at.epoch, true)
  if (!Object.is(epoch, state.epoch)) {
    head |= EPOCH
    out.v.setFloat64(out.at, (state.epoch = epoch), true)
    out.at += 8
  }
  const packet = v.getUint16(p + at.packetId, true)
  if (packet !== nextPacket(state.packet)) {
    head |= PACKET
    out.varint(packet)
  }
  state.packet = packet
  return head
}

/** Packet ids go up by one from 1 to 65535 and round again; QoS 0 has none. */
const nextPacket = (id: number): number => (id === 0 ? 0 : id === 65535 ? 1 : id + 1)

/** Unpacks all segments in b into `into`, as records of the log; `kinds`: a bit for each that is wanted. */
export function unpackSegments(b: Uint8Array, device: number, dayStart: number, into: Records, kinds = -1): void {
  const place: Place = { b, at: 0 }
  const v = new DataView(b.buffer, b.byteOffset, b.length)
  while (place.at < b.length) {
    let n = readVarint(place)
    reset(readVarint(place) + dayStart)
    while (n-- > 0) unpackRecord(place, v, device, into, kinds)
  }
}

/** Of a status frame in packed segments: its properties are b[from, to). */
export type SeeStatus = (time: number, version: number, flags: number, from: number, to: number) => void

/** Calls see for each status frame of the segments in b, where it lies: nothing is unpacked. */
export function eachStatus(b: Uint8Array, v: DataView, dayStart: number, see: SeeStatus): void {
  const place: Place = { b, at: 0 }
  while (place.at < b.length) {
    let n = readVarint(place)
    reset(readVarint(place) + dayStart)
    while (n-- > 0) {
      const head = b[place.at++]!
      if (head & 63) unpackChanges(head, place, v)
      if (head & PACKET) readVarint(place)
      state.time += readVarint(place)
      const end = dataEnd(head, place)
      if (state.kind === recordKind.status) see(state.time, state.version, state.flags, place.at, end)
      place.at = end
    }
  }
}

/** From the length of a record's data on: → where they end; the place is then behind the header of its frame. */
function dataEnd(head: number, place: Place): number {
  const length = readVarint(place)
  if ((head & FRAME) === 0) {
    const end = place.at + length
    place.at = Math.min(end, place.at + TOKEN_END)
    return end
  }
  place.at++
  readVarint(place)
  if ((head & CLOCK) === 0) readVarint(place)
  return place.at + length - TOKEN_END
}

function unpackRecord(from: Place, fromView: DataView, device: number, into: Records, kinds: number): void {
  const head = from.b[from.at++]!
  if (head & 63) unpackChanges(head, from, fromView)
  state.packet = head & PACKET ? readVarint(from) : nextPacket(state.packet)
  state.time += readVarint(from)
  if (((kinds >>> state.kind) & 1) === 0) {
    from.at = dataEnd(head, from)
    return
  }
  const length = readVarint(from)
  const p = into.place(length)
  const { b, v } = into.out
  b[p + at.kind] = state.kind
  b[p + at.reason] = state.reason
  v.setUint16(p + at.version, state.version, true)
  v.setFloat64(p + at.device, device, true)
  v.setFloat64(p + at.time, state.time, true)
  v.setUint32(p + at.product, state.product, true)
  v.setUint16(p + at.packetId, state.packet, true)
  v.setUint16(p + at.flags, state.flags, true)
  v.setFloat64(p + at.epoch, state.epoch, true)
  let to = p + RECORD_HEADER
  const end = to + length
  if (head & FRAME) {
    unpackFrameHead(head, from, b, v, to)
    to += TOKEN_END
  }
  const src = from.b
  let i = from.at
  while (to < end) b[to++] = src[i++]!
  from.at = i
}

function unpackChanges(head: number, from: Place, v: DataView): void {
  if (head & KIND) {
    state.kind = from.b[from.at++]!
    state.reason = from.b[from.at++]!
  }
  if (head & VERSION) state.version = readVarint(from)
  if (head & PRODUCT) state.product = readVarint(from)
  if (head & FLAGS) state.flags = readVarint(from)
  if (head & EPOCH) {
    state.epoch = v.getFloat64(from.at, true)
    from.at += 8
  }
}

function unpackFrameHead(head: number, from: Place, b: Buffer, v: DataView, p: number): void {
  b[p] = from.b[from.at++]!
  if (head & CLOCK) {
    const n = readVarint(from)
    const sent = state.time - (n % 2 === 0 ? n / 2 : -(n + 1) / 2)
    v.setUint32(p + 1, Math.floor(sent / 4294967296))
    v.setUint32(p + 5, sent % 4294967296)
  } else {
    v.setUint32(p + 1, readVarint(from))
    v.setUint32(p + 5, readVarint(from))
  }
  for (let i = p + 9; i < p + TOKEN_END; i++) b[i] = 0
}
