/** A batch as plugins see it. */
import { at, BATCH_HEADER, batchHead, LATE, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import type { BatchView, RecordView } from '#lib/hooks.ts'

const names = new Map<number, string>(Object.entries(recordKind).map(([name, kind]) => [kind, name]))

export function batchView(b: Buffer): BatchView {
  const { stream, seq, count, size: end } = batchHead(b)
  return {
    stream,
    seq,
    count,
    *records() {
      for (let p = BATCH_HEADER; p < end; p += b.readUInt32LE(p)) yield recordView(b, p)
    },
  }
}

const recordView = (b: Buffer, p: number): RecordView => ({
  kind: names.get(b[p + at.kind]!) ?? 'unknown',
  device: b.readDoubleLE(p + at.device),
  product: b.readUInt32LE(p + at.product),
  modelVersion: b.readUInt16LE(p + at.version),
  time: b.readDoubleLE(p + at.time),
  reason: b[p + at.reason]!,
  late: (b.readUInt16LE(p + at.flags) & LATE) !== 0,
  data: b.subarray(p + RECORD_HEADER, p + b.readUInt32LE(p)),
})
