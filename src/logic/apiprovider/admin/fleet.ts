/** How devices are, many at a time: connected or not, why not, when they last reported. */
import { setImmediate as breath } from 'node:timers/promises'
import type { DeviceState, Device as Told } from '#contracts/admin/devices.ts'
import type { Condition as Judged } from '#contracts/controller.ts'
import type { Route } from '#contracts/devicemanager.ts'
import { type Judgement, judge } from '#contracts/judgement.ts'
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'

export interface Condition {
  state: DeviceState
  cause?: string
  since: number
  lastReport: number
  route?: Route
}

const stateOf = ({ code }: Judgement): DeviceState => {
  if (code === 'flapping') return 'flapping'
  if (code === 'online' || code === 'refused' || code === 'offline') return code
  return 'never'
}

/** Devices that are asked for at once; between, others have their turn. */
const CHUNK = 1000

/** By id; those of devices that are not there tell nothing. */
export async function conditionsOf(peers: AdminPeers, clock: Clock, ids: readonly number[]): Promise<Map<number, Condition>> {
  const found = new Map<number, Condition>()
  for (let i = 0; i < ids.length; i += CHUNK) {
    if (i > 0) await breath()
    const devices = ids.slice(i, i + CHUNK)
    const [{ items: routes }, { items }] = await Promise.all([
      peers.devicemanager.routes({ devices }),
      peers.controller.conditions({ devices }),
    ])
    const routeOf = new Map(routes.map((r) => [r.device, r]))
    for (const [k, id] of devices.entries()) found.set(id, conditionOf(items[k]!, routeOf.get(id), clock.now()))
  }
  return found
}

function conditionOf({ entries, lastReport }: Judged, route: Route | undefined, now: number): Condition {
  const judged = judge(entries, route, now)
  const { cause } = judged.params
  const away = judged.code !== 'online' && typeof cause === 'string'
  return {
    state: stateOf(judged),
    ...(away && { cause: cause as string }),
    since: judged.since,
    lastReport,
    ...(route && { route }),
  }
}

export const connectionOf = ({ protocol, address, node, since }: Route): NonNullable<Told['connection']> => ({
  protocol,
  addr: address,
  node,
  since,
})
