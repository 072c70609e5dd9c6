/**
 * The way up: a batch becomes durable, then everything that stands on the log sees it, then it is acknowledged. Nothing here
 * costs more than a memory copy a message.
 */
import { BATCH_HEADER, batchHead, eachRecord, FOREIGN_KINDS, kindsIn } from '#core/devicelog/batch.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Hooks } from '#lib/hooks.ts'
import type { Metrics } from '#lib/metrics.ts'
import { batchView } from './batchview.ts'
import { inTurn } from './commands/early.ts'
import { applyRecord } from './current.ts'
import type { Marks } from './quarantine/marks.ts'
import type { Observer } from './watch.ts'

export interface WayUp {
  accept(batch: Uint8Array): Promise<Uint8Array>
  /** stream → last seq that the current status includes */
  readonly applied: Map<number, number>
  /** Bytes consumed since `mark` was called last. */
  sinceMark(): number
  mark(): void
  /** → hands batches that were durable already to those who have not seen them (after a restart), streams merged by time */
  replaying(): (batch: Buffer) => Promise<void> | undefined
  /** Sees what the log holds of a stream beyond `applied`: other processes may have appended it. → how many batches that were */
  catchUp(stream: number): Promise<number>
}

const NOTHING = new Uint8Array(0)

export function wayUp(o: {
  devicelog: DeviceLog
  history: History
  queue: Queue
  observers: Observer[]
  translator: Translator
  marks: Pick<Marks, 'see'>
  accepted?: Hooks['accepted'] | undefined
  metrics: Metrics
}): WayUp {
  const { devicelog, history, queue, observers, translator, marks } = o
  const applied = new Map(history.current.saved)
  const absorbed = new Map(history.cursors())
  const appendTook = o.metrics.timing(o.metrics.pando_log_append_seconds)
  let bytes = 0

  /** `native`: the batch with every frame as one of our own. */
  function consume(b: Buffer, native: Buffer, apply = applyRecord): Promise<void> | undefined {
    const { stream, seq } = batchHead(b)
    if (seq > (applied.get(stream) ?? 0)) {
      const view = new DataView(native.buffer, native.byteOffset, native.byteLength)
      const end = view.getUint32(8, true)
      for (let p = BATCH_HEADER; p < end; ) {
        const size = view.getUint32(p, true)
        apply(history.current, native, view, p, size)
        marks.see(native, p, size)
        p += size
      }
      applied.set(stream, seq)
    }
    bytes += b.length
    if (seq <= (absorbed.get(stream) ?? 0)) return undefined
    absorbed.set(stream, seq)
    return history.absorb(b)
  }

  /** Shows a batch to all, once. */
  function show(b: Buffer): Promise<void> | undefined {
    const { stream, seq } = batchHead(b)
    if (seq <= (applied.get(stream) ?? 0)) return undefined
    const kinds = kindsIn(b)
    const native = kinds & FOREIGN_KINDS ? translator.native(b) : b
    return native instanceof Promise ? native.then((n) => showNative(b, n, kinds)) : showNative(b, native, kinds)
  }

  function showNative(b: Buffer, native: Buffer, kinds: number): Promise<void> | undefined {
    const { stream, seq } = batchHead(b)
    if (seq <= (applied.get(stream) ?? 0)) return undefined
    const wait = consume(b, native)
    for (const x of observers) if (x.size > 0) eachRecord(native, 0, (p, size) => x.see(native, p, size))
    o.accepted?.(batchView(native))
    queue.ring('log', { stream, seq, batch: b, kinds })
    return wait
  }

  async function catchUp(stream: number): Promise<number> {
    for (let batches = 0; ; ) {
      const read = await devicelog.read(stream, applied.get(stream) ?? 0)
      if (read.length === 0) return batches
      for (const b of read) await show(b)
      batches += read.length
    }
  }

  return {
    applied,
    sinceMark: () => bytes,
    mark: () => {
      bytes = 0
    },
    replaying() {
      const apply = inTurn()
      return (b) => {
        const native = translator.native(b)
        return native instanceof Promise ? native.then((n) => consume(b, n, apply)) : consume(b, native, apply)
      }
    },
    async accept(input) {
      const b = Buffer.isBuffer(input) ? input : Buffer.from(input.buffer, input.byteOffset, input.byteLength)
      const started = performance.now()
      await devicelog.append(b)
      const { stream, seq, count } = batchHead(b)
      appendTook((performance.now() - started) / 1000)
      o.metrics.pando_log_records_total.inc(count)
      if (seq > (applied.get(stream) ?? 0) + 1) await catchUp(stream)
      const shown = show(b)
      if (shown !== undefined) await shown
      return NOTHING
    },
    catchUp,
  }
}
