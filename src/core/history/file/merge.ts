import { BLOCK_BYTES, BLOCK_RECORDS, type Pause } from './fold.ts'
import { DAY, Records } from './records.ts'
import type { Run } from './run.ts'
import type { BlockRef } from './runformat.ts'
import type { RunWriter } from './runwriter.ts'
import { type Scan, visitDevices } from './scan.ts'
import { beginSegment, packRecord } from './segment.ts'
import { mergeSources, RunSource } from './sources.ts'

/** Writes the records of several runs of a day, given in order of arrival, as one. The runs are in use. */
export const mergeRuns = (runs: readonly Run[], day: number, into: RunWriter, pause: Pause): Promise<void> =>
  visitDevices(
    runs,
    (device, parts, scans) => (inOrder(parts) ? joinBlocks(scans, parts, into) : sortBlocks(runs, parts, day, device, into)),
    pause,
  )

function inOrder(parts: readonly BlockRef[][]): boolean {
  let last = Number.NEGATIVE_INFINITY
  for (const refs of parts) {
    for (const ref of refs) {
      if (ref.t0 < last) return false
      last = ref.t1
    }
  }
  return true
}

/** Small blocks become larger ones by joining their segments; nothing is unpacked. */
async function joinBlocks(scans: readonly Scan[], parts: readonly BlockRef[][], into: RunWriter): Promise<void> {
  let open: BlockRef | undefined
  for (const [i, refs] of parts.entries()) {
    for (const ref of refs) {
      const block = scans[i]!.block(ref)
      const b = block instanceof Promise ? await block : block
      if (open && (open.records + ref.records > BLOCK_RECORDS || into.blockSize + ref.size > BLOCK_BYTES)) {
        const written = into.end(open.device, open.t0, open.t1, open.records)
        if (written !== undefined) await written
        open = undefined
      }
      if (!open) into.begin()
      into.out.reserve(ref.size)
      into.out.copy(b, 0, ref.size)
      open = open ? { ...open, t1: ref.t1, records: open.records + ref.records } : ref
    }
  }
  if (open) await into.end(open.device, open.t0, open.t1, open.records)
}

/** The runs overlap in time for this device: unpack, sort, pack. */
async function sortBlocks(
  runs: readonly Run[],
  parts: readonly BlockRef[][],
  day: number,
  device: number,
  into: RunWriter,
): Promise<void> {
  const sources = parts.map((refs, i) => new RunSource(runs[i]!, refs, 1))
  const gathered = new Records(BLOCK_BYTES * 2)
  const all = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, step: 1, kinds: -1 } as const
  const write = async () => {
    await writeBlock(gathered, day, device, into)
    return true
  }
  await mergeSources(sources, all, (b, v, p) => {
    gathered.copy(b, v, p)
    return gathered.count < BLOCK_RECORDS && gathered.out.at < BLOCK_BYTES ? true : write()
  })
  if (gathered.count > 0) await writeBlock(gathered, day, device, into)
}

function writeBlock(gathered: Records, day: number, device: number, into: RunWriter): Promise<void> | undefined {
  const n = gathered.count
  const t0 = gathered.time(0)
  const t1 = gathered.time(n - 1)
  into.begin()
  beginSegment(into.out, n, t0, day * DAY)
  for (let i = 0; i < n; i++) packRecord(into.out, gathered.out.b, gathered.out.v, gathered.places[i]!, gathered.time(i))
  gathered.clear()
  return into.end(device, t0, t1, n)
}
