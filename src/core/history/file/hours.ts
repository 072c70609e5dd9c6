import type { Sight } from './query.ts'
import { visitRange } from './query.ts'
import { DAY } from './records.ts'
import { HOUR, type Hour, Hours, unpackHours } from './rollup.ts'
import { runKind } from './runformat.ts'

export interface HoursQuery {
  device: number
  /** ms since 1970, inclusive; moved to the beginning of its hour */
  from: number
  /** ms since 1970, exclusive; moved to the end of its hour */
  to: number
}

/** Hours of a device: those left of dropped records, and those of the records that there are. */
export async function readHours(sight: Sight, q: HoursQuery): Promise<Hour[]> {
  const range = { from: q.from - (q.from % HOUR), to: Math.ceil(q.to / HOUR) * HOUR, step: 1 } as const
  const hours = new Hours()
  for (const run of sight.runs) {
    const { kind, day } = run.info
    if (kind !== runKind.rollup || (day + 1) * DAY <= range.from || day * DAY >= range.to) continue
    await sight.using([run], async () => {
      for (const ref of await run.find(q.device, range.from, range.to))
        for (const h of unpackHours(await run.block(ref), day)) if (h.hour >= range.from && h.hour < range.to) hours.add(h)
    })
  }
  await visitRange(sight, q.device, range, (b, v, p) => {
    hours.addRecord(b, v, p)
    return true
  })
  return hours.rows()
}
