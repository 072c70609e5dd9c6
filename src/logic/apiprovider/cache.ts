/** What is looked up for every call, kept for a short time. Bounded; a bell drops entries at once, and a lost bell costs `life` at most. */
import type { Clock } from '#lib/service.ts'

export interface Cache<V> {
  /** the value if it is there and fresh */
  get(key: string): V | undefined
  /** Loads and keeps it; who asks for the same at the same time waits for the same load. Errors are not kept. */
  load(key: string, load: () => Promise<V>): Promise<V>
  /** Drops the entry with this id; all when absent. What is being loaded is not kept either. */
  drop(id?: number): void
}

interface Entry<V> {
  value: V
  until: number
}

type Options<V> = { clock: Clock /** ms */; life: number; max: number; idOf: (v: V) => number }

export function makeCache<V>({ clock, life, max, idOf }: Options<V>): Cache<V> {
  const entries = new Map<string, Entry<V>>()
  const keys = new Map<number, string>()
  const loading = new Map<string, Promise<V>>()
  let drops = 0

  const remove = (key: string) => {
    const e = entries.get(key)
    if (!e) return
    entries.delete(key)
    if (keys.get(idOf(e.value)) === key) keys.delete(idOf(e.value))
  }

  const keep = (key: string, value: V) => {
    remove(key)
    entries.set(key, { value, until: clock.now() + life })
    keys.set(idOf(value), key)
    const oldest = entries.size > max ? entries.keys().next() : undefined
    if (oldest && !oldest.done) remove(oldest.value)
  }

  return {
    get(key) {
      const e = entries.get(key)
      return e && e.until > clock.now() ? e.value : undefined
    },
    load(key, load) {
      const before = drops
      const flight =
        loading.get(key) ??
        load()
          .then((value) => {
            if (before === drops) keep(key, value)
            return value
          })
          .finally(() => {
            if (loading.get(key) === flight) loading.delete(key)
          })
      loading.set(key, flight)
      return flight
    },
    drop(id) {
      drops++
      loading.clear()
      if (id !== undefined) return remove(keys.get(id) ?? '')
      entries.clear()
      keys.clear()
    },
  }
}
