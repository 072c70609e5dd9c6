/** Who waits for the next record of a device. */
import { at as field } from '#core/devicelog/batch.ts'

/** Sees the record at b[p, p + size) of a batch that has become durable. */
export type Watcher = (b: Buffer, p: number, size: number) => void

/** Shown every record while `size` is above 0. */
export interface Observer {
  readonly size: number
  see: Watcher
}

export interface Watchers extends Observer {
  /** → stop watching */
  add(device: number, watcher: Watcher): () => void
}

export function makeWatchers(): Watchers {
  const watching = new Map<number, Set<Watcher>>()
  return {
    get size() {
      return watching.size
    },
    add(device, watcher) {
      const set = watching.get(device) ?? new Set()
      watching.set(device, set.add(watcher))
      return () => {
        set.delete(watcher)
        if (set.size === 0 && watching.get(device) === set) watching.delete(device)
      }
    },
    see(b, p, size) {
      const set = watching.get(b.readDoubleLE(p + field.device))
      if (set) for (const watcher of [...set]) watcher(b, p, size)
    },
  }
}
