/**
 * The bytes of the device log: a batch is what one writer gathered while its last append was under way; a record is one
 * thing that happened to a device. All numbers little endian.
 *
 *   batch : magic u32 | crc32 u32 of all that follows | size u32 of the batch | count u32 | stream f64 | seq f64 | at f64 | records
 *   record: size u32 | kind u8 | reason u8 | model version u16 | device f64 | at f64 | product u32 | packet id u16 | flags u16
 *           | session epoch f64 | data
 *
 * `data` is the raw frame with its 16 token bytes zeroed (kinds status, event, undecodable), as it came if it is a codec's (flag
 * `foreign`), or what `recordKind` says.
 */
import { crc32 } from 'node:zlib'

export const BATCH_MAGIC = 0x31444e50 // "PND1"
export const BATCH_HEADER = 40
export const RECORD_HEADER = 40

/** What a record tells. Numbers are stored: never reuse one. */
export const recordKind = {
  /** frame of topic s (or d) */
  status: 1,
  /** frame of topic e */
  event: 2,
  /** frame that cannot be decoded; `reason` says why (protocol/frames frameReasons), flag TOPIC_* which topic */
  undecodable: 3,
  /** JSON {protocol, address, keepalive, after?: {stream, seq}} */
  online: 4,
  /** `reason` = causeNumber; JSON of its parameters */
  offline: 5,
  /** a command accepted for the device (command.ts) */
  command: 6,
  /** a step in a command's life (command.ts); `reason` = commandState */
  commandState: 7,
  /** desired state: JSON; `reason` = desiredStep */
  desired: 8,
  /** an entry of the connection diary: `reason` = cause number; JSON of its parameters */
  diary: 9,
  /** the device released a QoS 2 packet id (PUBREL) */
  released: 10,
  /** what a rule tells an application of the device: JSON {applicationId, data} */
  told: 11,
  /** a request over HTTP was taken under an Idempotency-Key (done.ts); in one batch with its frames */
  done: 12,
} as const
export type RecordKind = (typeof recordKind)[keyof typeof recordKind]

/** Bits of a record's flags. */
export const recordFlag = {
  /** arrived at QoS 2: packet id must be remembered until released */
  qos2: 1,
  /** arrived on topic e (undecodable frames only) */
  topicEvent: 2,
  /** arrived on topic d instead of s */
  topicOld: 4,
  /** online: the session started clean, QoS 2 ids of earlier ones are forgotten */
  clean: 8,
  /** command: terms stand before the frame */
  terms: 16,
  /**
   * Status, event: read again from a frame that was quarantined; `packetId` = its number among the frames of its time. Undecodable: that
   * frame was discarded.
   */
  redecoded: 32,
  /** offline: told late, the device has come online elsewhere since */
  late: 32,
  /** status, event: a frame of the product's codec (protocol/codec.ts), kept whole */
  foreign: 64,
  /** status, event: taken over from an older cloud, of the time at which it came there */
  adopted: 128,
} as const

/** Status, event, offline: what tells of times gone by: it is no news, and no newer value gives way to it. */
export const LATE = recordFlag.redecoded | recordFlag.adopted

/** Steps in a command's life (`reason` of a commandState record). */
export const commandState = { sent: 1, delivered: 2, executed: 3, failed: 4, timedOut: 5, expired: 6, cancelled: 7 } as const

/** What a `desired` record tells (its `reason`). */
export const desiredStep = { set: 0, reached: 1, stuck: 2 } as const

// Field offsets inside a record, for readers that must not allocate.
export const at = {
  size: 0,
  kind: 4,
  reason: 5,
  version: 6,
  device: 8,
  time: 16,
  product: 24,
  packetId: 28,
  flags: 30,
  epoch: 32,
  data: 40,
} as const

export interface RecordHead {
  kind: number
  reason: number
  version: number
  device: number
  /** arrival time, ms since 1970 */
  time: number
  product: number
  packetId: number
  flags: number
  epoch: number
}

export interface BatchHead {
  size: number
  count: number
  stream: number
  seq: number
  /** when the writer closed the batch, ms since 1970 */
  time: number
}

/** A new stream id: one incarnation of one writer. Grows with time; below 2⁵³. */
export const newStream = (now = Date.now()): number => now * 2048 + Math.floor(Math.random() * 2048)

/** Writes a record's head at `offset`; the caller has put `size - RECORD_HEADER` bytes of data behind it, or will. */
export function writeRecordHead(b: Buffer, offset: number, size: number, h: Readonly<RecordHead>): void {
  b.writeUInt32LE(size, offset)
  b[offset + at.kind] = h.kind
  b[offset + at.reason] = h.reason
  b.writeUInt16LE(h.version, offset + at.version)
  b.writeDoubleLE(h.device, offset + at.device)
  b.writeDoubleLE(h.time, offset + at.time)
  b.writeUInt32LE(h.product, offset + at.product)
  b.writeUInt16LE(h.packetId, offset + at.packetId)
  b.writeUInt16LE(h.flags, offset + at.flags)
  b.writeDoubleLE(h.epoch, offset + at.epoch)
}

/** Fills in the head of a batch whose records lie in b[BATCH_HEADER, size), checksum included. */
export function sealBatch(b: Buffer, size: number, count: number, stream: number, seq: number, time: number): void {
  b.writeUInt32LE(BATCH_MAGIC, 0)
  b.writeUInt32LE(size, 8)
  b.writeUInt32LE(count, 12)
  b.writeDoubleLE(stream, 16)
  b.writeDoubleLE(seq, 24)
  b.writeDoubleLE(time, 32)
  b.writeUInt32LE(crc32(b.subarray(8, size)), 4)
}

export const isBatch = (b: Buffer, from: number): boolean =>
  b.length - from >= BATCH_HEADER && b.readUInt32LE(from) === BATCH_MAGIC

export function batchHead(b: Buffer, from = 0): BatchHead {
  return {
    size: b.readUInt32LE(from + 8),
    count: b.readUInt32LE(from + 12),
    stream: b.readDoubleLE(from + 16),
    seq: b.readDoubleLE(from + 24),
    time: b.readDoubleLE(from + 32),
  }
}

/** True if a whole batch with a right checksum and records that add up begins at `from`. */
export function checkBatch(b: Buffer, from = 0): boolean {
  if (!isBatch(b, from)) return false
  const size = b.readUInt32LE(from + 8)
  if (size < BATCH_HEADER || from + size > b.length) return false
  if (crc32(b.subarray(from + 8, from + size)) !== b.readUInt32LE(from + 4)) return false
  let p = from + BATCH_HEADER
  let n = 0
  for (; p + RECORD_HEADER <= from + size; n++) {
    const s = b.readUInt32LE(p)
    if (s < RECORD_HEADER) return false
    p += s
  }
  return p === from + size && n === b.readUInt32LE(from + 12)
}

export function recordHead(b: Buffer, p: number): RecordHead {
  return {
    kind: b[p + at.kind]!,
    reason: b[p + at.reason]!,
    version: b.readUInt16LE(p + at.version),
    device: b.readDoubleLE(p + at.device),
    time: b.readDoubleLE(p + at.time),
    product: b.readUInt32LE(p + at.product),
    packetId: b.readUInt16LE(p + at.packetId),
    flags: b.readUInt16LE(p + at.flags),
    epoch: b.readDoubleLE(p + at.epoch),
  }
}

/** Calls `visit(offset, size)` for each record of the batch at `from`; readers pick fields by `at`. */
export function eachRecord(b: Buffer, from: number, visit: (p: number, size: number) => void): void {
  const end = from + b.readUInt32LE(from + 8)
  for (let p = from + BATCH_HEADER; p < end; ) {
    const size = b.readUInt32LE(p)
    visit(p, size)
    p += size
  }
}

/** Bit of `kindsIn`: a status or event of the batch is a codec's. */
export const FOREIGN_KINDS = 1 << 30

/** Which kinds of records the batch has: bits `1 << kind`, and FOREIGN_KINDS. Tells who need not look at its records. */
export function kindsIn(b: Buffer): number {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength)
  const end = v.getUint32(8, true)
  let kinds = 0
  for (let p = BATCH_HEADER; p < end; p += v.getUint32(p, true)) {
    kinds |= 1 << (v.getUint8(p + at.kind) & 31)
    if (v.getUint8(p + at.flags) & recordFlag.foreign) kinds |= FOREIGN_KINDS
  }
  return kinds
}

export interface NewRecord extends Partial<RecordHead> {
  kind: number
  device: number
  data?: Uint8Array
}

/** A whole batch from records; for writers that are not hot, and for tests. */
export function makeBatch(stream: number, seq: number, records: readonly NewRecord[], time = Date.now()): Buffer {
  const size = records.reduce((n, r) => n + RECORD_HEADER + (r.data?.length ?? 0), BATCH_HEADER)
  const b = Buffer.allocUnsafe(size)
  let p = BATCH_HEADER
  for (const r of records) {
    const n = RECORD_HEADER + (r.data?.length ?? 0)
    writeRecordHead(b, p, n, { reason: 0, version: 0, time, product: 0, packetId: 0, flags: 0, epoch: 0, ...r })
    if (r.data) b.set(r.data, p + RECORD_HEADER)
    p += n
  }
  sealBatch(b, size, records.length, stream, seq, time)
  return b
}
