/**
 * A bounded cache whose hits cost one look-up: two generations of `limit / 2` entries; what is used moves to the young one, the old
 * one is dropped whole. `epoch` grows with every removal: whoever reads from the store fills the cache only if it is unchanged since,
 * so that a value read before a change can't come back after it.
 */
export function makeCache<K, V>(limit: number) {
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  let epoch = 0
  const put = (key: K, value: V): void => {
    if (young.size >= limit / 2) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    epoch: () => epoch,
    get(key: K): V | undefined {
      const found = young.get(key)
      if (found !== undefined) return found
      const aged = old.get(key)
      if (aged !== undefined) put(key, aged)
      return aged
    },
    /** Keeps a value that was read while the cache was in this epoch. */
    fill(key: K, value: V, readIn: number): void {
      if (readIn === epoch) put(key, value)
    },
    drop(key: K): void {
      epoch++
      young.delete(key)
      old.delete(key)
    },
    clear(): void {
      epoch++
      young.clear()
      old.clear()
    },
    size: () => young.size + old.size,
  }
}

export type Cache<K, V> = ReturnType<typeof makeCache<K, V>>
