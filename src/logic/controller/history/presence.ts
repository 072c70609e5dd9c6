/** When a device was offline, as its records tell. */
import type { Gap } from '#contracts/controller.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'
import { lateEnds } from '../connection.ts'

/** How far before the range it looks for how it began. */
const LOOK_BACK = 86_400_000
/** Comings and goings that are looked at. */
const MOST = 10_000

/** Stretches in [from, to), by time. Before the first that is known it counts as online. */
export async function offlineIn(history: Pick<History, 'read'>, device: number, { from, to }: Gap): Promise<Gap[]> {
  const kinds = [recordKind.online, recordKind.offline]
  const [before, { records }] = await Promise.all([
    history.read({ device, kinds, from: from - LOOK_BACK, to: from, limit: 1, newestFirst: true }),
    history.read({ device, kinds, from, to, limit: MOST }),
  ])
  const gaps: Gap[] = []
  const isLateEnd = lateEnds()
  let since = before.records[0]?.kind === recordKind.offline ? from : undefined
  for (const r of records) {
    if (isLateEnd(r)) continue
    if (r.kind === recordKind.offline) since ??= r.time
    else if (since !== undefined) {
      if (r.time > since) gaps.push({ from: since, to: r.time })
      since = undefined
    }
  }
  if (since !== undefined && to > since) gaps.push({ from: since, to })
  return gaps
}
