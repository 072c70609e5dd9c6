/** A value that pages look at: replaced, never changed. */
import { useSyncExternalStore } from 'react'

export interface Store<T> {
  get(): T
  set(value: T): void
  subscribe(look: () => void): () => void
}

export function store<T>(value: T): Store<T> {
  const lookers = new Set<() => void>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      for (const look of lookers) look()
    },
    subscribe(look) {
      lookers.add(look)
      return () => void lookers.delete(look)
    },
  }
}

export const useStore = <T>(s: Store<T>): T => useSyncExternalStore(s.subscribe, s.get)
