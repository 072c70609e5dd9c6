/** Which share of each product's devices was online, by half-hours of the last day: looked at now and then, whether or not anybody asks. */
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'
import { devicesByProduct } from './productsseen.ts'

export interface Shares {
  /** oldest first; the last is the half-hour that runs */
  of(productId: number): (number | null)[]
  stop(): void
}

const LOOK_MS = 5 * 60_000
const SPAN = 30 * 60_000
const SPANS = 48
const MOST_PRODUCTS = 1000
/** Devices that are asked for at once. */
const CHUNK = 1000

interface Sum {
  online: number
  devices: number
}

export function makeShares({ peers, clock }: { peers: Pick<AdminPeers, 'registry' | 'devicemanager'>; clock: Clock }): Shares {
  /** product → number of the half-hour → */
  const kept = new Map<number, Map<number, Sum>>()
  let looking = false

  async function count(ids: readonly number[]): Promise<Sum> {
    let online = 0
    for (let i = 0; i < ids.length; i += CHUNK)
      online += (await peers.devicemanager.routes({ devices: ids.slice(i, i + CHUNK) })).items.length
    return { online, devices: ids.length }
  }

  async function look(): Promise<void> {
    const span = Math.floor(clock.now() / SPAN)
    const { items } = await peers.registry.products({ limit: MOST_PRODUCTS })
    const there = new Set(items.map((p) => p.id))
    for (const id of kept.keys()) if (!there.has(id)) kept.delete(id)
    const devicesOf = await devicesByProduct(peers)
    for (const { id } of items) {
      const { online, devices } = await count(devicesOf.get(id) ?? [])
      const spans = kept.get(id) ?? new Map<number, Sum>()
      const sum = spans.get(span) ?? { online: 0, devices: 0 }
      kept.set(id, spans.set(span, { online: sum.online + online, devices: sum.devices + devices }))
      for (const old of spans.keys()) if (old <= span - SPANS) spans.delete(old)
    }
  }

  const tick = () => {
    if (looking) return
    looking = true
    // what does not answer now is asked again soon
    void look()
      .catch(() => {})
      .finally(() => (looking = false))
  }

  return {
    of(productId) {
      const now = Math.floor(clock.now() / SPAN)
      return Array.from({ length: SPANS }, (_, i) => {
        const sum = kept.get(productId)?.get(now - SPANS + 1 + i)
        return sum && sum.devices > 0 ? sum.online / sum.devices : null
      })
    },
    stop: clock.every(LOOK_MS, tick),
  }
}
