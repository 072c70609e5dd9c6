import type { EngineHealth } from '#core/health.ts'
import type { Freezable } from '#lib/frozen.ts'

/**
 * The device log: one durable, append-only log of all that happens to devices. A stream is one incarnation of one writer; it
 * numbers its batches 1, 2, 3 … (see batch.ts for the bytes). Whatever is read from it was durable before.
 */
export interface DeviceLog extends Freezable {
  /**
   * Appends one sealed batch; resolves when it is durable (it survives a power cut). Idempotent by (stream, seq): the same
   * batch again resolves, another batch under a number already used rejects with `conflict`; a number that leaves a gap
   * rejects with `invalid`. The buffer must not change until it settles. Rejects with `log_unavailable` or `disk_full` when the log cannot be
   * written now (retry the same seq: nothing was acknowledged), `stream_sealed` when the stream has been sealed.
   * A writer has one append of a stream under way at a time; different streams append concurrently and share a commit.
   */
  append(batch: Buffer): Promise<void>

  /** Batches of a stream with seq > `after`, oldest first, whole, at most `maxBytes` together but at least one; [] at the end. */
  read(stream: number, after: number, maxBytes?: number): Promise<Buffer[]>

  /** Streams that hold something, or are known to a cursor; `first`…`last` are the seqs that can be read (first > last: none). */
  streams(): Promise<StreamInfo[]>

  /** No more appends to the stream, for ever; resolves to its last durable seq. Repeating it is harmless. */
  seal(stream: number): Promise<number>

  /** Up to where a consumer has finished with a stream; 0 at the beginning. */
  cursor(consumer: string, stream: number): Promise<number>

  /** Moves cursors forward (a smaller value than the stored one is ignored). Durable within a second, and at `close`. */
  advance(consumer: string, positions: ReadonlyMap<number, number>): Promise<void>

  /** How far each consumer has come, by stream. */
  positions(): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>

  /**
   * Streams that are not here begin at these numbers, durably, as if what is before had been dropped: for copies of a log. One that is here
   * is left as it is.
   */
  begin(firsts: ReadonlyMap<number, number>): Promise<void>

  /**
   * The consumers of an owner whose cursors hold back retention, instead of those that it registered before; their names are the
   * owner's or begin with it and a slash. Cursors that nobody registers don't count.
   */
  consumers(owner: string, names: readonly string[]): Promise<void>

  /** The consumer is no more: its cursors are deleted, it holds back nothing. */
  forget(consumer: string): Promise<void>

  /**
   * Drops the oldest batches beyond `maxBytes` or older than `maxAgeMs`, never one that a registered consumer has not
   * finished with. → what was dropped, and who holds back more. Sealed streams that are wholly dropped are forgotten.
   */
  retain(limit: { maxBytes: number; maxAgeMs: number }): Promise<{ droppedBytes: number; bytes: number; heldBackBy?: string }>

  /** Who does a work that one process does at a time; undefined: nobody ever did. */
  holder(work: string): Promise<Holder | undefined>

  /**
   * Takes a work, or says that its holder still lives: where the holder is as `from` says, `owner` is the holder, with the next beat. → whether
   * it was so. How long a holder may be silent is the business of those who ask (turn.ts).
   */
  hold(work: string, from: Holder | undefined, owner: string): Promise<boolean>

  /** Bytes that its disk can still take; undefined where nobody can say. */
  free(): Promise<number | undefined>

  health(): EngineHealth
  close(): Promise<void>
}

export interface StreamInfo {
  stream: number
  first: number
  last: number
  sealed: boolean
}

export interface Holder {
  /** '': it was given back */
  owner: string
  /** grows each time that the work is taken, or its holder says that it lives */
  beat: number
}
