import { PandoError } from '#lib/errors.ts'
import { apart } from './apart.ts'

interface Waiting<I, O> {
  item: I
  resolve: (value: O) => void
  reject: (error: unknown) => void
}

/**
 * Group commit: calls that arrive in the same tick or while a group is under way form the next group, so that they share one
 * transaction and one fsync. `work` answers for each item its result or why not, in the order of the items; if it throws, all of the
 * group fail with that, but for a damaged row: then each item is tried alone, so that one device's damage is no other's.
 */
export function grouped<I, O>(work: (items: I[]) => Promise<(O | PandoError)[]>, most = 256): (item: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = []
  let running = false

  const settle = async (group: Waiting<I, O>[]): Promise<void> => {
    try {
      const results = await apart<Waiting<I, O>, O | PandoError>(
        group,
        (some) => work(some.map((w) => w.item)),
        (_, error) => error,
      )
      group.forEach((w, i) => {
        const result = results[i]
        if (result instanceof PandoError) w.reject(result)
        else w.resolve(result as O)
      })
    } catch (e) {
      for (const w of group) w.reject(e)
    }
  }
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, most)
      waiting = waiting.slice(most)
      await settle(group)
      await new Promise(setImmediate)
    }
    running = false
  }
  return (item) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (running) return
      running = true
      setImmediate(() => void run())
    })
}
