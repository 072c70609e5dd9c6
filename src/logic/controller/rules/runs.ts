/** The log of runs: written in batches, the newest can be read before they are stored. */
import type { Face } from '#contracts/contract.ts'
import type { RuleRun, registry } from '#contracts/registry.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { RuleHead } from './compiled.ts'

type Item = Omit<RuleRun, 'n'>
type Told = Pick<RuleHead, 'id' | 'version'>

export interface Runs {
  /** `at`: when what made it run happened; it is told of `after` that. Resolves when it is stored, or given up. */
  add(rule: Told, at: number, outcome: string, trace: object, after?: Promise<void>): Promise<void>
  /** Whether the run of this name was told of before this process began. */
  toldBefore(ruleId: number, run: string): Promise<boolean>
  /** From now on what is added is written at once. */
  hurry(): void
  list(ruleId: number, limit?: number): Promise<RuleRun[]>
  flush(): Promise<void>
  stop(): Promise<void>
}

const FLUSH_MS = 250
const MOST_WAITING = 10_000
const MOST_TRACE = 16_000
const A_CALL = 500
/** Rules whose earlier runs are remembered. */
const MOST_RULES = 1000

interface Waiting {
  item: Item
  done(): void
}

const over = (some: readonly Waiting[]): void => {
  for (const { done } of some) done()
}

/** What is too long keeps its beginning, and the name of the run. */
function textOf(trace: { run?: string }): string {
  const text = stringifyExact(trace)
  return text.length <= MOST_TRACE ? text : JSON.stringify({ run: trace.run, cut: text.slice(0, MOST_TRACE / 2) })
}

const nameOf = ({ trace }: RuleRun): unknown => (JSON.parse(trace) as { run?: unknown }).run

export function makeRuns(peer: Pick<Face<typeof registry>, 'addRuleRuns' | 'ruleRuns'>, clock: Clock, log: Logger): Runs {
  const waiting: Waiting[] = []
  let writing: Promise<void> = Promise.resolve()
  let hurried = false
  const before = new Map<number, Promise<Set<unknown>>>()

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.splice(0, A_CALL)
      try {
        await peer.addRuleRuns({ items: some.map((w) => w.item) })
      } catch (err) {
        log.warn({ err }, 'runs of rules cannot be stored; they are tried again')
        waiting.unshift(...some)
        if (hurried) over(waiting.splice(0))
        return
      }
      over(some)
    }
  }
  function namesOf(ruleId: number): Promise<Set<unknown>> {
    const known = before.get(ruleId)
    if (known !== undefined) return known
    if (before.size >= MOST_RULES) before.clear()
    const names = peer.ruleRuns({ id: ruleId }).then(({ items }) => new Set(items.map(nameOf)))
    before.set(ruleId, names)
    return names
  }
  const flush = (): Promise<void> => {
    writing = writing.then(write)
    return writing
  }
  function put(item: Item): Promise<void> {
    if (waiting.length >= MOST_WAITING) over(waiting.splice(0, MOST_WAITING / 10))
    return new Promise((done) => {
      waiting.push({ item, done })
      if (hurried) void flush()
    })
  }
  const cancel = clock.every(FLUSH_MS, () => void (waiting.length > 0 && flush()))

  return {
    add({ id, version }, at, outcome, trace, after) {
      const item = { ruleId: id, version, at, outcome, trace: textOf(trace) }
      return after
        ? after.then(
            () => put(item),
            () => put(item),
          )
        : put(item)
    },
    async toldBefore(ruleId, run) {
      try {
        return (await namesOf(ruleId)).has(run)
      } catch (err) {
        log.warn({ err, run }, 'whether a run was told of cannot be read: it may be run twice')
        before.delete(ruleId)
        return false
      }
    },
    hurry() {
      hurried = true
      void flush()
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
