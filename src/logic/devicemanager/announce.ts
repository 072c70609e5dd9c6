import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Presence, Route } from '#core/presence/port.ts'
import type { Held } from './held.ts'
import type { Closer } from './takeover.ts'

/**
 * Sessions of a node whose routes were lost, with its lease or with the engine's data, are put back. Where a device has a newer session the
 * node ends its own; an older one is ended where it is.
 */
export function makeAnnounce(presence: Presence, held: Held, closer: Closer): Face<typeof devicemanager>['announce'] {
  async function end(older: readonly Route[]): Promise<void> {
    const kept = await closer.replaced(older)
    await presence.release(older.filter((r) => !kept.includes(r)))
  }

  return async ({ node, items, last }) => {
    // an epoch is the time when the session began, or next to it
    const routes = items.map((i) => ({ ...i, node, since: i.epoch }))
    const before = await presence.restore(routes)
    const lost = routes.filter((r, i) => isAbove(before[i]![0], r))
    for (const { device, epoch } of routes.filter((r) => !lost.includes(r))) held.began(device, epoch)
    const older = routes.flatMap((r, i) => ((before[i]![0]?.epoch ?? r.epoch) < r.epoch ? before[i]! : []))
    if (older.length > 0) await end(older)
    if (last) await presence.complete(node)
    return { replaced: lost.map(({ device, epoch }) => ({ device, epoch })) }
  }
}

const isAbove = (a: Route | undefined, b: Route): boolean =>
  a !== undefined && (a.epoch > b.epoch || (a.epoch === b.epoch && a.node !== b.node))
