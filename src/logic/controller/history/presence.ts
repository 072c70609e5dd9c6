/** When a device was offline, as its records tell. */
import type { Gap } from '#contracts/controller.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'

/** How far before the range it looks for how it began. */
const LOOK_BACK = 86_400_000
/** Comings and goings that are looked at. */
const MOST = 10_000

/** Records before the range among which is one that is no late end. */
const BEFORE = 10

const isTurn = ({ kind, flags }: HistoryRecord): boolean => kind === recordKind.online || (flags & recordFlag.late) === 0

/** Stretches in [from, to), by time. Before the first that is known it counts as online. */
export async function offlineIn(history: Pick<History, 'read'>, device: number, { from, to }: Gap): Promise<Gap[]> {
  const kinds = [recordKind.online, recordKind.offline]
  const [before, { records }] = await Promise.all([
    history.read({ device, kinds, from: from - LOOK_BACK, to: from, limit: BEFORE, newestFirst: true }),
    history.read({ device, kinds, from, to, limit: MOST }),
  ])
  const gaps: Gap[] = []
  let since = before.records.find(isTurn)?.kind === recordKind.offline ? from : undefined
  for (const r of records.filter(isTurn)) {
    if (r.kind === recordKind.offline) since ??= r.time
    else if (since !== undefined) {
      if (r.time > since) gaps.push({ from: since, to: r.time })
      since = undefined
    }
  }
  if (since !== undefined && to > since) gaps.push({ from: since, to })
  return gaps
}
