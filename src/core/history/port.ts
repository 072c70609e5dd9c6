/**
 * History: what devices said, readable by device and time; and the current state of each device. It consumes the device
 * log: whatever it has not kept durably is handed to it again after a restart, from `cursors()` on.
 */
import type { EngineHealth } from '#core/health.ts'
import type { Freezable } from '#lib/frozen.ts'

export interface History extends Freezable {
  readonly current: Current

  /**
   * Takes a durable batch of the log. Batches of a stream come in order; one at or below the stream's cursor is ignored.
   * The bytes are copied before it returns. A promise means: wait for it before handing over more.
   */
  absorb(batch: Buffer): Promise<void> | undefined

  /** stream → last seq that is durable here. */
  cursors(): ReadonlyMap<number, number>

  /** Makes everything absorbed so far durable. */
  flush(): Promise<void>

  /** Records of a device in time order of arrival; sees everything absorbed, flushed or not. */
  read(query: HistoryQuery): Promise<HistoryPage>

  /**
   * A value of status objects by stretches of time, by time; those without numbers are left out. Of records that were dropped, their hours
   * count in the stretch in which they begin.
   */
  buckets(query: BucketQuery): Promise<Bucket[]>

  /** Records before this (ms since 1970) have been dropped, and their hours are what `buckets` knows of them; 0: none has. */
  readonly droppedUntil: number

  /** Drops what is older, and the oldest beyond the budget. */
  retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<{ droppedBytes: number; bytes: number }>

  health(): EngineHealth
  close(): Promise<void>
}

export interface HistoryQuery {
  device: number
  /** record kinds (core/devicelog/batch.ts); all when absent */
  kinds?: readonly number[]
  /** ms since 1970, inclusive */
  from?: number
  /** ms since 1970, exclusive */
  to?: number
  /** at most this many; default 100, at most 10 000 */
  limit?: number
  newestFirst?: boolean
  /** continue behind this place: `next` of the page before */
  cursor?: string
}

export interface HistoryRecord {
  kind: number
  reason: number
  version: number
  product: number
  /** arrival, ms since 1970 */
  time: number
  packetId: number
  flags: number
  epoch: number
  /** the record's data as it lies in the log */
  data: Uint8Array
}

export interface HistoryPage {
  records: HistoryRecord[]
  /** present when there is more */
  next?: string
}

/** Where in a status frame a value stands. */
export interface Place {
  object: number
  /** which of the object's values, from 0 */
  position: number
}

export interface BucketQuery extends Place {
  device: number
  /** ms since 1970, inclusive */
  from: number
  /** ms since 1970, exclusive */
  to: number
  /** width of a stretch in ms; they begin at multiples of it */
  step: number
  /** where records of other model versions have the value; null: nowhere */
  elsewhere?: readonly { version: number; place: Place | null }[]
}

/** The numbers (true = 1) of a stretch of time; NaN is none. */
export interface Bucket {
  /** its beginning, ms since 1970 */
  at: number
  count: number
  min: number
  max: number
  mean: number
  last: number
  /** when the first came; of dropped records: the hour in which it did */
  firstAt: number
  lastAt: number
}

/**
 * The current state of every device, in memory (or cached) and kept by snapshot: small values under numeric slots. The
 * controller decides what a slot means: status objects are `subDevice * 65536 + object`, others lie above 2³².
 */
export interface Current {
  /** Remembers b[from, to) as the value of the slot; the bytes are copied. */
  put(device: number, slot: number, time: number, b: Uint8Array, from: number, to: number): void
  /** The slot's value, valid until the next call that changes something; undefined if there is none. */
  get(device: number, slot: number): CurrentValue | undefined
  /** Calls visit for each slot of the device, in the order in which the slots were first put. */
  each(device: number, visit: (slot: number, value: CurrentValue) => void): void
  /** Calls visit for each device that has a slot. */
  eachDevice(visit: (device: number) => void): void
  remove(device: number, slot?: number): void
  /** Stores all of it durably; `cursors` = what the controller had applied (stream → seq) at the moment of the call. */
  save(cursors: ReadonlyMap<number, number>): Promise<void>
  /** The cursors of the snapshot that was loaded at open: replay the log from there. */
  readonly saved: ReadonlyMap<number, number>
  readonly devices: number
}

export interface CurrentValue {
  time: number
  bytes: Uint8Array
}
