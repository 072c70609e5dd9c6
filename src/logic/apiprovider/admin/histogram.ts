/** How the last known values of many devices divide. */

import type { AdminPeers } from './call.ts'
import { valuesOf } from './viewvalues.ts'

interface Asked {
  productId: number
  object: string
  value: string
  bins?: number
}

const BINS = 30
/** Devices that are looked at: a sample is enough to choose a limit by. */
const MOST = 5000
const CHUNK = 200

export async function histogram(peers: AdminPeers, { productId, object, value, bins = BINS }: Asked) {
  const { total, ids } = await peers.registry.searchDevices({ productId, limit: MOST })
  const read = valuesOf(peers)
  const numbers: number[] = []
  for (let i = 0; i < ids.length; i += CHUNK) {
    const all = await Promise.all(ids.slice(i, i + CHUNK).map((id) => read(id)))
    for (const of of all) {
      const v = of[`${object}.${value}`]
      const n = typeof v === 'boolean' ? Number(v) : typeof v === 'number' || typeof v === 'string' ? Number(v) : Number.NaN
      if (v !== '' && Number.isFinite(n)) numbers.push(n)
    }
  }
  return { ...divided(numbers, bins), devices: numbers.length, complete: ids.length === total }
}

export function divided(numbers: readonly number[], bins: number): { edges: number[]; counts: number[] } {
  if (numbers.length === 0) return { edges: [], counts: [] }
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const n of numbers) [min, max] = [Math.min(min, n), Math.max(max, n)]
  if (min === max) return { edges: [min, max], counts: [numbers.length] }
  // Halves first: the whole width may be beyond what a double holds.
  const edges = Array.from({ length: bins + 1 }, (_, i) => min * (1 - i / bins) + max * (i / bins))
  const counts = new Array<number>(bins).fill(0)
  const width = max / bins - min / bins
  for (const n of numbers) counts[Math.min(bins - 1, Math.max(0, Math.floor((n - min) / width) || 0))]!++
  return { edges, counts }
}
