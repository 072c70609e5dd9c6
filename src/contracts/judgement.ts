/**
 * Why is a device offline? One judgement from its connection diary, for the console and `pando why` alike: codes and facts, never
 * prose.
 */
import { type Cause, causes } from './causes.ts'
import type { DiaryEntry } from './controller.ts'
import type { Route } from './devicemanager.ts'

/**
 * `online` · `flapping` it comes and goes · `refused` it wants in and is turned away (`params.cause`) · `offline` (`params.cause`) ·
 * `logged_in` it has a token but has not opened a connection · `registered` it has not logged in · `nothing` is known
 */
export type JudgementCode = 'online' | 'flapping' | 'refused' | 'offline' | 'logged_in' | 'registered' | 'nothing'

export interface Judgement {
  code: JudgementCode
  params: Record<string, unknown>
  /** since when it is so, ms since 1970; 0 = not known */
  since: number
  /** the evidence leaves no other reading */
  sure: boolean
  /** what mends it: actions of the management API */
  actions: string[]
}

/** Ends of connections in this time make it flapping. */
export const FLAPPING = { ends: 4, span: 10 * 60_000 }

export const isRefusal = (cause: string | undefined): cause is Cause =>
  cause !== undefined && Object.hasOwn(causes, cause) && causes[cause as Cause].no >= 30

/** What mends a refusal. */
const mending: Partial<Record<Cause, readonly string[]>> = {
  token_unknown: ['accept-token'],
  registration_once: ['permit-registration'],
  address_blocked: ['allow-address'],
}

/** Causes that say only that the connection is gone, not why. */
const vague = new Set<string>(['none', 'closed_by_peer', 'peer_error', 'keepalive_timeout', 'node_lost'])

/** `diary` newest first; `route` where it is connected now. */
export function judge(diary: readonly DiaryEntry[], route: Route | undefined, now: number): Judgement {
  const ends = diary.filter((e) => e.kind === 'offline' && now - e.at < FLAPPING.span)
  if (ends.length >= FLAPPING.ends) {
    const params = { times: ends.length, span: FLAPPING.span, cause: ends[0]!.cause, online: route !== undefined }
    return { code: 'flapping', params, since: ends.at(-1)!.at, sure: true, actions: [] }
  }
  if (route) {
    const { protocol, address, node } = route
    return { code: 'online', params: { protocol, address, node }, since: route.since, sure: true, actions: ['disconnect'] }
  }
  return away(diary)
}

function away(diary: readonly DiaryEntry[]): Judgement {
  const at = diary.findIndex((e) => e.kind !== 'diary')
  const since = at < 0 ? diary : diary.slice(0, at)
  const refusals = since.filter((e) => isRefusal(e.cause))
  const ended = at < 0 ? undefined : diary[at]!
  if (refusals[0]) return refused(refusals, ended)
  const last = since[0]
  if (last?.cause === 'logged_in') return known('logged_in', last, false)
  if (ended) return known('offline', ended, !vague.has(ended.cause ?? 'none'))
  return last ? known('registered', last, false) : { code: 'nothing', params: {}, since: 0, sure: false, actions: [] }
}

const known = (code: JudgementCode, e: DiaryEntry, sure: boolean): Judgement => ({
  code,
  params: { ...e.params, cause: e.cause },
  since: e.at,
  sure,
  actions: [],
})

/** An entry may stand for several that were folded. */
export const timesOf = ({ params }: DiaryEntry): number =>
  typeof params['count'] === 'number' ? Math.max(1, params['count']) : 1

function refused(refusals: readonly DiaryEntry[], ended: DiaryEntry | undefined): Judgement {
  const { cause, params, at: last } = refusals[0]!
  const first = refusals.at(-1)!.at
  const times = refusals.reduce((n, e) => n + timesOf(e), 0)
  const every = times > 1 && last > first ? Math.round((last - first) / (times - 1)) : undefined
  const facts = { ...params, cause, times, last, ...(every !== undefined && { every }) }
  const replaced = cause !== 'token_unknown' || params['was'] === 'replaced'
  return {
    code: 'refused',
    params: { ...facts, ...(ended && { ended: ended.at }) },
    since: first,
    sure: true,
    actions: replaced ? [...(mending[cause as Cause] ?? [])] : [],
  }
}
