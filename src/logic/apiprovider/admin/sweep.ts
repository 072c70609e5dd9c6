/** How many devices are in which state, by product: counted over all of them, now and then, in the background. */
import type { DeviceState } from '#contracts/admin/devices.ts'
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'
import type { FleetIndex } from './fleetindex.ts'
import { devicesByProduct } from './productsseen.ts'

export type Counts = { total: number; asleep: number } & Record<DeviceState, number>

export interface Sweeper {
  /** A product without devices has no counts. `seen`: one that was not there at the last count is waited for. */
  counts(seen: readonly { createdAt: number }[]): Promise<{ products: ReadonlyMap<number, Counts>; at: number }>
  /** Devices, but this one, that are turned away or gone for this cause. */
  similar(cause: string, device: number): number
}

/** How old counts may be; older ones are still answered while new ones are made. */
const FRESH = 10_000
/** Who said goodbye is asleep for so long. */
const ASLEEP = 86_400_000

interface Swept {
  at: number
  products: ReadonlyMap<number, Counts>
  /** cause → how many devices */
  causes: ReadonlyMap<string, number>
  /** device → cause */
  of: ReadonlyMap<number, string>
}

interface Parts {
  peers: Pick<AdminPeers, 'registry'>
  clock: Clock
  fleet: Pick<FleetIndex, 'of'>
}

export function makeSweeper({ peers, clock, fleet }: Parts): Sweeper {
  let kept: Swept | undefined
  let running: Promise<Swept> | undefined

  async function sweep(): Promise<Swept> {
    const at = clock.now()
    const products = new Map<number, Counts>()
    const causes = new Map<string, number>()
    const of = new Map<number, string>()
    for (const [product, ids] of await devicesByProduct(peers)) {
      const counts: Counts = { total: ids.length, online: 0, offline: 0, refused: 0, flapping: 0, never: 0, asleep: 0 }
      for (const [i, c] of (await fleet.of(ids)).entries()) {
        counts[c.state]++
        if (c.state === 'offline' && c.cause === 'disconnected' && at - c.since < ASLEEP) counts.asleep++
        if (c.cause === undefined) continue
        causes.set(c.cause, (causes.get(c.cause) ?? 0) + 1)
        of.set(ids[i]!, c.cause)
      }
      products.set(product, counts)
    }
    return (kept = { at, products, causes, of })
  }

  const begin = (): Promise<Swept> => {
    running ??= sweep().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    async counts(seen) {
      const at = kept?.at ?? 0
      if (!kept || seen.some((p) => p.createdAt > at)) return begin()
      if (clock.now() - kept.at >= FRESH) begin().catch(() => {})
      return kept
    },
    similar(cause, device) {
      if (!kept) return 0
      return (kept.causes.get(cause) ?? 0) - (kept.of.get(device) === cause ? 1 : 0)
    },
  }
}
