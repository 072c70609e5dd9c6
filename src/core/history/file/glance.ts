/** Status frames of one device looked at where they lie, run by run and in no order of time: for what does not need one. */
import { at, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import type { Packed, Sight } from './query.ts'
import { DAY } from './records.ts'
import { type BlockRef, runKind } from './runformat.ts'
import { eachStatus } from './segment.ts'
import { offsetOf, Picked } from './tail.ts'

/** Properties of the frame are b[from, to). */
export type Glance = (b: Uint8Array, v: DataView, time: number, version: number, flags: number, from: number, to: number) => void

/** Called between two steps of at most 512 records. */
export type Breathe = () => Promise<void> | undefined

export interface Wanted {
  device: number
  /** ms since 1970, inclusive */
  from: number
  /** ms since 1970, exclusive */
  to: number
}

/** Runs whose blocks are looked for at once: a cold disk takes its time. */
const RUNS_AT_ONCE = 4
const STEP = 512

/** Those of one millisecond come in order of arrival. */
export async function glance(sight: Sight, q: Wanted, see: Glance, breathe: Breathe): Promise<void> {
  await eachRun(sight, runKind.records, q, (run, refs) => glanceAtRun(run, refs, q, see, breathe))
  for (const tail of sight.tails) {
    const picked = new Picked()
    tail.pick(q.device, q.from, q.to, picked)
    for (let i = picked.begin; i < picked.end; i++) {
      const position = picked.positions[i]!
      const [b, v, p] = [tail.piece(position), tail.view(position), offsetOf(position)]
      if (b[p + at.kind] === recordKind.status)
        see(
          b,
          v,
          picked.times[i]!,
          v.getUint16(p + at.version, true),
          v.getUint16(p + at.flags, true),
          p + RECORD_HEADER + FRAME_HEADER,
          p + v.getUint32(p + at.size, true),
        )
      const wait = (i - picked.begin) % STEP === STEP - 1 ? breathe() : undefined
      if (wait !== undefined) await wait
    }
  }
}

/** Visits the runs of a kind that have blocks of the device in the range, in order of day and arrival. */
export async function eachRun(
  sight: Sight,
  kind: number,
  { device, from, to }: Wanted,
  visit: (run: Packed, refs: readonly BlockRef[]) => Promise<void>,
): Promise<void> {
  const runs = sight.runs.filter(({ info }) => info.kind === kind && (info.day + 1) * DAY > from && info.day * DAY < to)
  for (let i = 0; i < runs.length; i += RUNS_AT_ONCE) {
    const some = runs.slice(i, i + RUNS_AT_ONCE)
    await sight.using(some, async () => {
      const found = await Promise.all(some.map((run) => run.find(device, from, to)))
      for (const [n, run] of some.entries()) if (found[n]!.length > 0) await visit(run, found[n]!)
    })
  }
}

async function glanceAtRun(run: Packed, refs: readonly BlockRef[], q: Wanted, see: Glance, breathe: Breathe): Promise<void> {
  const start = run.info.day * DAY
  const blocks = run.walk(refs, 1)
  for (let block = await blocks.next(); block; block = await blocks.next()) {
    const { b } = block
    const v = new DataView(b.buffer, b.byteOffset, b.length)
    eachStatus(b, v, start, (time, version, flags, from, to) => {
      if (time >= q.from && time < q.to) see(b, v, time, version, flags, from, to)
    })
    const wait = breathe()
    if (wait !== undefined) await wait
  }
}
