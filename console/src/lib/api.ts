/** The management API with the types of its routes, and what was read of it. */
import { keepPreviousData, QueryClient, type UseQueryResult, useMutation, useQuery } from '@tanstack/react-query'
import { type AdminAnswer, type AdminInput, AdminProblem, adminClient } from '#contracts/admin/client.ts'
import type { AdminKey } from '#contracts/admin/routes.ts'
import { csrf, sessionOver } from './session.ts'
import { toastProblem } from './toast.ts'

export { AdminProblem } from '#contracts/admin/client.ts'

const client = adminClient({ base: '', csrf })

/** A call; one that finds the session over says so to the whole page. */
export const api: typeof client = async (key, ...input) => {
  try {
    return await client(key, ...input)
  } catch (e) {
    if (e instanceof AdminProblem && e.problem.status === 401 && key !== 'POST /session' && key !== 'PATCH /me') sessionOver()
    throw e instanceof AdminProblem ? e : unreachable(e)
  }
}

/** The network, not the cloud, answered. */
function unreachable(e: unknown): unknown {
  if (e instanceof DOMException && e.name === 'AbortError') return e
  const detail = e instanceof Error ? e.message : String(e)
  return new AdminProblem({ type: 'about:blank', title: detail, status: 0, code: 'unreachable', params: {}, request_id: '' })
}

const mayWork = (e: unknown): boolean => !(e instanceof AdminProblem) || [0, 429, 502, 503, 504].includes(e.problem.status)

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      retry: (times, e) => times < 3 && mayWork(e),
      retryDelay: (times) => Math.min(4000, 400 * 2 ** times),
    },
  },
})

export type GetKey = Extract<AdminKey, `GET ${string}`>
type InputOf<K extends AdminKey> = Omit<AdminInput<K>, 'signal'>

interface Options {
  /** asked for again so often, ms */
  every?: number
  enabled?: boolean
  /** what was there before stays while the next is read */
  keep?: boolean
}

export function useGet<K extends GetKey>(
  key: K,
  input?: InputOf<K>,
  o: Options = {},
): UseQueryResult<AdminAnswer<K>, AdminProblem> {
  const asked = useQuery<unknown, AdminProblem>({
    queryKey: [key, input],
    queryFn: ({ signal }) => (api as (k: string, i: object) => Promise<unknown>)(key, { ...input, signal }),
    ...(o.every && { refetchInterval: o.every }),
    ...(o.enabled !== undefined && { enabled: o.enabled }),
    ...(o.keep && { placeholderData: keepPreviousData }),
  })
  return asked as UseQueryResult<AdminAnswer<K>, AdminProblem>
}

/** Reads again all that was read by these calls. */
export const refresh = (...keys: GetKey[]): Promise<unknown> =>
  Promise.all(keys.map((key) => queries.invalidateQueries({ queryKey: [key] })))

/** What was read by this call is there no more: who looks at it asks anew. */
export const forget = (key: GetKey): void => queries.removeQueries({ queryKey: [key] })

/** Something that changes the cloud. What goes wrong is shown where `quiet` does not say that the caller does. */
export function useAct<I, T>(act: (input: I) => Promise<T>, o: { done?: (answer: T, input: I) => void; quiet?: boolean } = {}) {
  return useMutation<T, AdminProblem, I>({
    mutationFn: act,
    onSuccess: (answer, input) => o.done?.(answer, input),
    ...(!o.quiet && { onError: toastProblem }),
  })
}
