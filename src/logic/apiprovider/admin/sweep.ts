/** How many devices are in which state, by product: counted over all of them, now and then, in the background. */
import type { DeviceState } from '#contracts/admin/devices.ts'
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'
import type { FleetIndex } from './fleetindex.ts'

export type Counts = { total: number; asleep: number } & Record<DeviceState, number>

export interface Sweeper {
  counts(products: readonly { id: number }[]): Promise<{ products: ReadonlyMap<number, Counts>; at: number }>
  /** Devices, but this one, that are turned away or gone for this cause. */
  similar(cause: string, device: number): number
}

/** How old counts may be; older ones are still answered while new ones are made. */
const FRESH = 10_000
/** Who said goodbye is asleep for so long. */
const ASLEEP = 86_400_000

export function makeSweeper({ peers, clock, fleet }: { peers: AdminPeers; clock: Clock; fleet: FleetIndex }): Sweeper {
  const kept = new Map<number, { counts: Counts; at: number; causes: Map<string, number>; of: Map<number, string> }>()
  const running = new Map<number, Promise<void>>()

  async function sweep(productId: number): Promise<void> {
    const at = clock.now()
    const counts: Counts = { total: 0, online: 0, offline: 0, refused: 0, flapping: 0, never: 0, asleep: 0 }
    const causes = new Map<string, number>()
    const of = new Map<number, string>()
    const { ids } = await peers.registry.searchDevices({ productId, limit: 10_000_000 })
    counts.total = ids.length
    for (const [i, c] of (await fleet.of(ids)).entries()) {
      counts[c.state]++
      if (c.state === 'offline' && c.cause === 'disconnected' && at - c.since < ASLEEP) counts.asleep++
      if (c.cause === undefined) continue
      causes.set(c.cause, (causes.get(c.cause) ?? 0) + 1)
      of.set(ids[i]!, c.cause)
    }
    kept.set(productId, { counts, at, causes, of })
  }

  const begin = (id: number): Promise<void> => {
    const now = running.get(id) ?? sweep(id).finally(() => running.delete(id))
    running.set(id, now)
    return now
  }

  return {
    async counts(products) {
      const missing: Promise<void>[] = []
      for (const { id } of products) {
        const found = kept.get(id)
        if (found && clock.now() - found.at < FRESH) continue
        const going = begin(id)
        if (!found) missing.push(going)
        else going.catch(() => {})
      }
      await Promise.all(missing)
      const found = products.flatMap(({ id }) => (kept.has(id) ? [[id, kept.get(id)!] as const] : []))
      return {
        products: new Map(found.map(([id, k]) => [id, k.counts])),
        at: Math.min(clock.now(), ...found.map(([, k]) => k.at)),
      }
    },
    similar(cause, device) {
      let n = 0
      for (const k of kept.values()) n += (k.causes.get(cause) ?? 0) - (k.of.get(device) === cause ? 1 : 0)
      return n
    },
  }
}
