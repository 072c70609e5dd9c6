/** A view of the fleet: the cloud freezes filter and order, the page reads what is on screen and hears of it live. */
import { useQueries, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useRef } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { AdminProblem, api, queries, useGet } from '../../lib/api.ts'
import { useLive } from '../../lib/stream.ts'

export type Row = AdminAnswer<'GET /device-views/{view}/rows'>['items'][number]
export type View = AdminAnswer<'POST /device-views'> & { at: number }

/** A view is kept for a while only, and in one process: it is made anew. */
export const isGone = (p: AdminProblem | undefined): boolean => p?.problem.status === 410

/** Rows of one call. */
const PAGE = 100
const MOST_LIVE = 200

export function useView(filter: string, sort: string) {
  const asked = useQuery<View, AdminProblem>({
    queryKey: ['device-view', filter, sort],
    queryFn: async ({ signal }) => ({ ...(await api('POST /device-views', { body: { filter, sort }, signal })), at: Date.now() }),
    staleTime: 60_000,
    gcTime: 10 * 60_000,
    retry: (times, e) => times < 2 && !(e instanceof AdminProblem && e.problem.status === 400),
    placeholderData: (before) => before,
  })
  const again = useCallback(() => void queries.invalidateQueries({ queryKey: ['device-view', filter, sort] }), [filter, sort])
  return { ...asked, again }
}

export interface Rows {
  at(index: number): Row | undefined
  moved: number
  /** why rows that are on screen could not be read */
  problem: AdminProblem | undefined
  again: () => void
}

/** `from` … `to`: what is on screen; what passes by (not `still`) is not followed. */
export function useRows(view: View | undefined, from: number, to: number, columns: readonly string[], still: boolean): Rows {
  const pages = useMemo(() => {
    if (!view || view.total === 0) return []
    const first = Math.floor(from / PAGE)
    const last = Math.floor(Math.min(to, view.total - 1) / PAGE)
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
  }, [view, from, to])
  const read = useQueries({
    queries: pages.map((page) => ({
      queryKey: ['rows', view?.view, page, columns],
      queryFn: ({ signal }: { signal: AbortSignal }) => rowsOf(view!.view, page, columns, signal),
      staleTime: 30_000,
      gcTime: 60_000,
    })),
  })
  const failed = read.find((r) => r.error)?.error
  const known = new Map<number, Row>()
  let moved = 0
  for (const [i, page] of pages.entries()) {
    const got = read[i]?.data
    if (!got) continue
    moved += got.would_move
    for (const [j, row] of got.items.entries()) known.set(page * PAGE + j, row)
  }
  const ids: number[] = []
  for (let i = from; i <= to && ids.length < MOST_LIVE; i++) {
    const row = known.get(i)
    if (row) ids.push(row.id)
  }
  const followed = useRef(ids)
  if (still) followed.current = ids
  const live = followed.current
  const { data } = useLive(
    'view',
    view && live.length > 0 ? { view: view.view, ids: live, ...(columns.length > 0 && { columns: [...columns] }) } : undefined,
  )
  const now = new Map(data?.rows.map((r) => [r.id, r]))
  return {
    at(index) {
      const row = known.get(index)
      return row && (now.get(row.id) ?? row)
    },
    moved,
    problem: failed instanceof AdminProblem ? failed : undefined,
    again: () => void queries.refetchQueries({ queryKey: ['rows', view?.view] }),
  }
}

async function rowsOf(view: string, page: number, columns: readonly string[], signal: AbortSignal) {
  return await api('GET /device-views/{view}/rows', {
    params: { view },
    query: { from: page * PAGE, count: PAGE, ...(columns.length > 0 && { columns: [...columns] }) },
    signal,
  })
}

/** How many there are at all, without a filter. */
export const useTotal = () => useGet('GET /overview', { query: {} })
