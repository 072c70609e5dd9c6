import { PandoError } from '#lib/errors.ts'

const MAX_WAITING = 1000
const WAIT_MS = 10_000

/**
 * One after the other, in the order in which they came: the database lets one transaction write at a time anyway, and those that wait
 * for it must not hold connections that readers need. Whoever would wait too long, or behind too many, is refused.
 */
export function makeTurns(where: string): <R>(work: () => Promise<R>) => Promise<R> {
  const waiting: { at: number; go: (e?: PandoError) => void }[] = []
  let busy = false
  const refused = (why: string): PandoError => new PandoError('unavailable', `${where}: ${why}`, { where })
  const next = (): void => {
    const turn = waiting.shift()
    if (!turn) busy = false
    else if (performance.now() - turn.at <= WAIT_MS) turn.go()
    else {
      turn.go(refused(`a change waited for ${WAIT_MS} ms`))
      next()
    }
  }
  const myTurn = (): Promise<void> =>
    new Promise((resolve, reject) => waiting.push({ at: performance.now(), go: (e) => (e ? reject(e) : resolve()) }))
  return async (work) => {
    if (busy) {
      if (waiting.length >= MAX_WAITING) throw refused(`${MAX_WAITING} changes wait`)
      await myTurn()
    }
    busy = true
    try {
      return await work()
    } finally {
      next()
    }
  }
}
