/** A device's connection diary: the judgement, a ribbon of presence, and the entries, folded. */

import type { diaryRoutes } from '#contracts/admin/devices.ts'
import type { AnswerOf } from '#contracts/admin/route.ts'
import { type Cause, causes } from '#contracts/causes.ts'
import type { DiaryEntry } from '#contracts/controller.ts'
import { isRefusal, judge, timesOf } from '#contracts/judgement.ts'
import type { Handlers, Parts } from './call.ts'
import { reachOf } from './reach.ts'

type Answer = AnswerOf<(typeof diaryRoutes)['GET /devices/{id}/diary']>
type Item = Answer['items'][number]
type Span = Answer['presence'][number]

const READ = 1000
const SHOWN = 100
const RIBBON = 7 * 86_400_000

export function diary({
  peers,
  clock,
  similar,
}: Parts & { similar(cause: string, device: number): number }): Handlers<typeof diaryRoutes> {
  const reach = reachOf(peers)
  return {
    'GET /devices/{id}/diary': async ({ params, query, scope }) => {
      const { id } = await reach.device(params.id, scope)
      const [{ items }, routes] = await Promise.all([
        peers.controller.diary({ deviceId: id, limit: READ }),
        peers.devicemanager.routes({ devices: [id] }),
      ])
      const judged = judge(items, routes.items[0], clock.now())
      const { from = 0, kind, limit = SHOWN } = query
      const wanted = items.filter((e) => e.at >= from && (kind === undefined || e.kind === kind))
      const spans = ribbon(items, items.length < READ, clock.now())
      const cause = judged.code === 'online' ? undefined : judged.params['cause']
      return {
        answer: { ...judged, similar: typeof cause === 'string' && scope.all ? similar(cause, id) : 0 },
        presence: spans,
        stats: statsOf(items, spans),
        items: folded(wanted).slice(0, limit),
      }
    },
  }
}

const sideOf = (cause: string | undefined): string | undefined =>
  cause !== undefined && Object.hasOwn(causes, cause) ? causes[cause as Cause].side : undefined

/** The same thing several times in a row is one item: `at` the newest, `until` the oldest. */
export function folded(entries: readonly DiaryEntry[]): Item[] {
  const out: Item[] = []
  for (const entry of entries) {
    const { at, kind, cause, params } = entry
    const last = out.at(-1)
    if (last && kind === 'diary' && last.kind === kind && last.code === cause) {
      last.count += timesOf(entry)
      last.until = at
      continue
    }
    const side = sideOf(cause)
    out.push({ at, count: timesOf(entry), kind, ...(side && { side }), ...(cause !== undefined && { code: cause }), params })
  }
  return out
}

/** Of the last seven days, oldest first. Before the oldest entry that was read nothing is known, unless all were. */
export function ribbon(entries: readonly DiaryEntry[], whole: boolean, now: number): Span[] {
  const spans: Span[] = []
  const begin = now - RIBBON
  const turns = entries.filter((e) => e.kind !== 'diary').toReversed()
  let [from, state]: [number, Span['state']] = [begin, whole ? 'offline' : 'unknown']
  for (const { at, kind } of turns) {
    const next = kind === 'online' ? 'online' : 'offline'
    if (at > begin && at > from && next !== state) {
      spans.push({ from, to: at, state })
      from = at
    }
    state = next
  }
  spans.push({ from, to: now, state })
  return spans
}

/** `spans`: of the ribbon. */
export function statsOf(entries: readonly DiaryEntry[], spans: readonly Span[]): Answer['stats'] {
  const of = (state: Span['state']) => spans.filter((s) => s.state === state).map(({ from, to }) => to - from)
  const sum = (list: readonly number[]) => list.reduce((n, ms) => n + ms, 0)
  const [online, offline] = [of('online'), of('offline')]
  const known = sum(online) + sum(offline)
  const recent = entries.filter((e) => e.at >= spans[0]!.from)
  return {
    online_share: known > 0 ? sum(online) / known : 0,
    connects: recent.filter((e) => e.kind === 'online').length,
    ends: recent.filter((e) => e.kind === 'offline').length,
    refusals: recent.filter((e) => e.kind === 'diary' && isRefusal(e.cause)).reduce((n, e) => n + timesOf(e), 0),
    longest_online: Math.max(0, ...online),
    longest_offline: Math.max(0, ...offline),
  }
}
