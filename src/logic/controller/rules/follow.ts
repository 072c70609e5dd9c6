/** Rules as a consumer of the log: a durable cursor behind what has run, and what was not finished before a restart seen again. */
import { eachRecord } from '#core/devicelog/batch.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type Part, readInOrder } from '../inorder.ts'
import type { Observer } from '../watch.ts'
import type { Engine } from './engine.ts'

export const RULES_CONSUMER = 'controller/rules'
const ADVANCE_MS = 500

export interface Follower extends Observer {
  /** Sees again what the cursor does not cover, up to what has been `applied`. */
  replay(translator: Translator): Promise<void>
  advance(): Promise<void>
  stop(): Promise<void>
}

export function makeFollower(o: {
  devicelog: DeviceLog
  engine: Engine
  /** stream → last seq that was handed to observers */
  applied: ReadonlyMap<number, number>
  clock: Clock
  log: Logger
}): Follower {
  const { devicelog, engine, applied } = o
  /** stream → seq → runs under way */
  const under = new Map<number, Map<number, number>>()
  let told = new Map<number, number>()
  let replaying = true

  function hold(stream: number, seq: number, runs: readonly Promise<void>[]): void {
    let of = under.get(stream)
    if (!of) under.set(stream, (of = new Map()))
    of.set(seq, (of.get(seq) ?? 0) + runs.length)
    const done = () => {
      const left = of.get(seq)! - 1
      if (left > 0) of.set(seq, left)
      else of.delete(seq)
      if (of.size === 0) under.delete(stream)
    }
    for (const run of runs) run.then(done, done)
  }

  function see(b: Buffer, p: number, size: number, since?: number): void {
    const runs = engine.see(b, p, size, since)
    if (runs) hold(b.readDoubleLE(16), b.readDoubleLE(24), runs)
  }

  async function advance(): Promise<void> {
    if (replaying) return
    const positions = new Map<number, number>()
    for (const [stream, seq] of applied) {
      const held = under.get(stream)
      const to = held ? Math.min(seq, least(held.keys()) - 1) : seq
      if (to > (told.get(stream) ?? 0)) positions.set(stream, to)
    }
    if (positions.size === 0) return
    await devicelog.advance(RULES_CONSUMER, positions)
    told = new Map([...[...told].filter(([s]) => applied.has(s)), ...positions])
  }
  const tick = () => void advance().catch((err: unknown) => o.log.warn({ err }, 'the cursor of rules could not be moved'))
  const cancel = o.clock.every(ADVANCE_MS, tick)

  return {
    get size() {
      return engine.size
    },
    see,
    async replay(translator) {
      const parts: Part[] = []
      for (const { stream, first, last } of await devicelog.streams()) {
        const cursor = await devicelog.cursor(RULES_CONSUMER, stream)
        told.set(stream, cursor)
        parts.push({ stream, after: Math.max(cursor, first - 1), last })
      }
      const again = async (b: Buffer) => {
        const native = await translator.native(b)
        eachRecord(native, 0, (p, size) => see(native, p, size, 0))
      }
      if (engine.size > 0) await readInOrder(devicelog, parts, again)
      replaying = false
    },
    advance,
    async stop() {
      cancel()
      await advance()
    },
  }
}

/** Not by Math.min(...): there may be more of them than a call takes arguments. */
function least(of: Iterable<number>): number {
  let found = Number.POSITIVE_INFINITY
  for (const n of of) if (n < found) found = n
  return found
}
