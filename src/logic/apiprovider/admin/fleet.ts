/** How devices are, many at a time: connected or not, why not, when they last reported. */
import { setImmediate as breath } from 'node:timers/promises'
import type { DeviceState, Device as Told } from '#contracts/admin/devices.ts'
import type { Condition as Judged } from '#contracts/controller.ts'
import type { Route } from '#contracts/devicemanager.ts'
import { FLAPPING, type Judgement, judge } from '#contracts/judgement.ts'
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'

export interface Condition {
  state: DeviceState
  cause?: string
  since: number
  lastReport: number
  route?: Route
}

export interface Asked {
  condition: Condition
  /** the log, and presence, say the same of its connection */
  agreed: boolean
  /** time of the last that the log says of its connection */
  newest: number
}

const stateOf = ({ code }: Judgement): DeviceState => {
  if (code === 'flapping') return 'flapping'
  if (code === 'online' || code === 'refused' || code === 'offline') return code
  return 'never'
}

/** Devices that are asked for at once; between, others have their turn. */
export const CHUNK = 1000

type Peers = Pick<AdminPeers, 'controller' | 'devicemanager'>

/** In their order, at most CHUNK; those that are not there tell nothing. */
export async function ask(peers: Peers, clock: Clock, devices: number[]): Promise<Asked[]> {
  const [{ items: routes }, { items }] = await Promise.all([
    peers.devicemanager.routes({ devices }),
    peers.controller.conditions({ devices }),
  ])
  const routeOf = new Map(routes.map((r) => [r.device, r]))
  const now = clock.now()
  return items.map((judged, k) => {
    const route = routeOf.get(devices[k]!)
    const { entries } = judged
    const online = entries.find((e) => e.kind !== 'diary')?.kind === 'online'
    const newest = entries.reduce((t, e) => Math.max(t, e.at), 0)
    return { condition: conditionOf(judged, route, now), agreed: online === (route !== undefined), newest }
  })
}

/** By id, as it is now. For those that a page shows; of the whole fleet: fleetindex.ts. */
export async function conditionsOf(peers: Peers, clock: Clock, ids: readonly number[]): Promise<Map<number, Condition>> {
  const found = new Map<number, Condition>()
  for (let i = 0; i < ids.length; i += CHUNK) {
    if (i > 0) await breath()
    const devices = ids.slice(i, i + CHUNK)
    for (const [k, { condition }] of (await ask(peers, clock, devices)).entries()) found.set(devices[k]!, condition)
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

/** When a condition ends though nothing happens. */
export const decaysAt = (c: Condition): number => (c.state === 'flapping' ? c.since + FLAPPING.span : Number.POSITIVE_INFINITY)

export const connectionOf = ({ protocol, address, node, since }: Route): NonNullable<Told['connection']> => ({
  protocol,
  addr: address,
  node,
  since,
})
