/** The log of runs: written in batches, the newest can be read before they are stored. */
import type { Face } from '#contracts/contract.ts'
import type { RuleRun, registry } from '#contracts/registry.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { stringifyExact } from '#protocol/json.ts'

type Item = Omit<RuleRun, 'n'>

export interface Runs {
  add(ruleId: number, version: number, outcome: string, trace: object): void
  list(ruleId: number, limit?: number): Promise<RuleRun[]>
  flush(): Promise<void>
  stop(): Promise<void>
}

const FLUSH_MS = 250
const MOST_WAITING = 10_000
const MOST_TRACE = 16_000
const A_CALL = 500

export function makeRuns(peer: Pick<Face<typeof registry>, 'addRuleRuns' | 'ruleRuns'>, clock: Clock, log: Logger): Runs {
  let waiting: Item[] = []
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const items = waiting.slice(0, A_CALL)
      try {
        await peer.addRuleRuns({ items })
      } catch (err) {
        log.warn({ err }, 'runs of rules cannot be stored; they are tried again')
        return
      }
      waiting = waiting.slice(items.length)
    }
  }
  const flush = (): Promise<void> => {
    writing = writing.then(write)
    return writing
  }
  const cancel = clock.every(FLUSH_MS, () => void (waiting.length > 0 && flush()))

  return {
    add(ruleId, version, outcome, trace) {
      if (waiting.length >= MOST_WAITING) waiting = waiting.slice(MOST_WAITING / 10)
      const text = stringifyExact(trace)
      const kept = text.length <= MOST_TRACE ? text : JSON.stringify({ cut: text.slice(0, MOST_TRACE / 2) })
      waiting.push({ ruleId, version, at: clock.now(), outcome, trace: kept })
    },
    async list(ruleId, limit = 50) {
      await flush()
      return (await peer.ruleRuns({ id: ruleId, limit })).items
    },
    flush,
    async stop() {
      cancel()
      await flush()
    },
  }
}
