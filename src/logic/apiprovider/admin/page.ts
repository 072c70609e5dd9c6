/** Lists by cursor: opaque to callers, for us the last id of the page before. */
import { invalidAt } from './problem.ts'

export interface PageQuery {
  limit?: number
  cursor?: string
}

const PAGE = 100

/** What the registry's lists take: one more than wanted, to know whether there is more. */
export const pageOf = ({ limit = PAGE, cursor }: PageQuery): { after?: number; limit: number } => ({
  limit: limit + 1,
  ...(cursor !== undefined && { after: placeOf(cursor) }),
})

export const cursorOf = (place: number): string => Buffer.from(String(place)).toString('base64url')

export function placeOf(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString()
  if (!/^\d{1,16}$/.test(text)) throw invalidAt('/query/cursor', 'cursor')
  return Number(text)
}

/** The page of what `pageOf` asked for. */
export function paged<T extends { id: number }, U>(found: readonly T[], { limit = PAGE }: PageQuery, shape: (row: T) => U) {
  const items = found.slice(0, limit)
  return { items: items.map(shape), ...(found.length > limit && { next: cursorOf(items.at(-1)!.id) }) }
}

/**
 * A page of those that are seen, where the caller sees not all of a list: reads on until the page is full. Bounded by what
 * the whole list has.
 */
export async function pagedOf<T extends { id: number }, U>(
  list: (page: { after?: number; limit: number }) => Promise<{ items: T[] }>,
  query: PageQuery,
  seen: (row: T) => boolean,
  shape: (row: T) => U,
) {
  const { limit = PAGE } = query
  const found: T[] = []
  let { after } = pageOf(query)
  for (;;) {
    const { items } = await list({ limit: limit + 1, ...(after !== undefined && { after }) })
    found.push(...items.filter(seen))
    if (found.length > limit || items.length <= limit) return paged(found, query, shape)
    after = items.at(-1)!.id
  }
}
