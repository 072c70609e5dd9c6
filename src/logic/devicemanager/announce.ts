import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Presence } from '#core/presence/port.ts'
import type { Held } from './held.ts'

/** Sessions of a node whose routes were lost, with its lease or with the engine's data, are put back unless the device is elsewhere by now. */
export function makeAnnounce(presence: Presence, held: Held): Face<typeof devicemanager>['announce'] {
  return async ({ node, items, last }) => {
    // an epoch is the time when the session began, or next to it
    const known = await presence.restore(items.map((i) => ({ ...i, node, since: i.epoch })))
    for (let i = 0; i < items.length; i++) if (known[i]) held.began(items[i]!.device, items[i]!.epoch)
    if (last) await presence.complete(node)
    return { replaced: items.filter((_, i) => !known[i]).map(({ device, epoch }) => ({ device, epoch })) }
  }
}
