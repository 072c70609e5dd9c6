/** What has been made or shown so far, to be asked about. */
import type { Random } from '../fuzz/random.ts'

export interface Pool {
  /** What stands in a path: something that there is or was, a number near by, or nothing that is there. */
  pick(template: string, r: Random): unknown
  /** Of one kind, newest last; `cursor`: where lists go on. */
  all(kind: string): readonly unknown[]
  add(method: string, template: string, answer: unknown): void
}

const MOST = 20
/** Of a list that was shown. */
const MOST_OF_LIST = 3

type Answer = Record<string, { id?: unknown } & string> & { items?: unknown[]; next?: string }

export function makePool(always: (kind: string) => readonly unknown[]): Pool {
  const pools = new Map<string, unknown[]>()
  const poolOf = (kind: string): unknown[] => {
    const pool = pools.get(kind) ?? [1, 2]
    pools.set(kind, pool)
    return pool
  }
  const put = (kind: string, id: unknown): void => {
    const pool = poolOf(kind)
    if (id === undefined || pool.includes(id)) return
    pool.push(id)
    if (pool.length > MOST) pool.shift()
  }
  return {
    pick(template, r) {
      if (r.once(8)) return 1 + r.below(9)
      const [, first, second] = template.split('/')
      const kind = second?.startsWith('{') === false ? second : first!
      const kept = always(kind)
      return kept.length > 0 && r.once(2) ? r.pick(kept) : r.pick(poolOf(kind))
    },
    all: poolOf,
    add(method, template, answer) {
      // `/devices/{id}/commands` has commands
      const kind = template.split('/').at(-1)!
      const { id, view, run, device, application, token, items, next } = answer as Answer
      if (next !== undefined) put('cursor', next)
      if (items) for (const item of items.slice(0, MOST_OF_LIST)) put(kind, (item as { id?: unknown }).id)
      else if (method === 'POST') put(kind, id ?? view ?? run ?? device?.id ?? application?.id ?? token?.id)
    },
  }
}
