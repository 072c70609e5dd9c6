import { isPandoError, type PandoError } from '#lib/errors.ts'

/**
 * Does something for many at once; where a damaged row is met, for each alone, so that one device's damage is no other's. `damaged` answers
 * for the one whose row it is.
 */
export async function apart<I, O>(
  items: readonly I[],
  work: (items: I[]) => Promise<O[]>,
  damaged: (item: I, error: PandoError) => O,
): Promise<O[]> {
  try {
    return await work([...items])
  } catch (e) {
    if (!isPandoError(e, 'store_damaged')) throw e
    if (items.length === 1) return [damaged(items[0]!, e)]
    return (await Promise.all(items.map((item) => apart([item], work, damaged)))).flat()
  }
}
