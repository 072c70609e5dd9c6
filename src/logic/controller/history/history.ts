/** History as the contract has it. */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { registry } from '#contracts/registry.ts'
import type { Clock } from '#lib/service.ts'
import { type Reading, readRecords } from './records.ts'
import { readSeries } from './series.ts'

export interface HistoryParts extends Reading {
  registry: Pick<Face<typeof registry>, 'modelVersions'>
  clock: Pick<Clock, 'now'>
}

export type HistoryFace = Pick<Face<typeof controller>, 'records' | 'series'>

/** A model that is published meanwhile counts after so long; records written with it are read by it at once where it is today's. */
const VERSIONS_LIFE = 1000
const MOST_PRODUCTS = 1000

export function makeHistory(p: HistoryParts): HistoryFace {
  const known = new Map<number, { at: number; versions: Promise<number[]> }>()
  const versions = (productId: number): Promise<number[]> => {
    const old = known.get(productId)
    if (old && p.clock.now() - old.at < VERSIONS_LIFE) return old.versions
    const asked = p.registry.modelVersions({ productId }).then(({ items }) => items.map((m) => m.version))
    if (known.size >= MOST_PRODUCTS) known.clear()
    known.set(productId, { at: p.clock.now(), versions: asked })
    asked.catch(() => known.delete(productId))
    return asked
  }
  return {
    records: (q) => readRecords(p, q),
    series: (q) => readSeries({ ...p, versions, now: () => p.clock.now() }, q),
  }
}
