/** How devices are, many at a time: connected or not, why not, when they last reported. */
import type { DeviceState, Device as Told } from '#contracts/admin/devices.ts'
import type { Route } from '#contracts/devicemanager.ts'
import { type Judgement, judge } from '#contracts/judgement.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'
import type { Values } from './values.ts'

export interface Condition {
  state: DeviceState
  cause?: string
  since: number
  lastReport: number
  route?: Route
}

/** Entries of the diary that a condition is judged by. */
const ENTRIES = 24

const stateOf = ({ code }: Judgement): DeviceState => {
  if (code === 'flapping') return 'flapping'
  if (code === 'online' || code === 'refused' || code === 'offline') return code
  return 'never'
}

/** By id; those of devices that are not there tell nothing. */
export async function conditionsOf(peers: AdminPeers, clock: Clock, ids: readonly number[]): Promise<Map<number, Condition>> {
  const { items } = ids.length > 0 ? await peers.devicemanager.routes({ devices: [...ids] }) : { items: [] }
  const routes = new Map(items.map((r) => [r.device, r]))
  const found = await Promise.all(ids.map((id) => conditionOf(peers, clock.now(), id, routes.get(id))))
  return new Map(ids.map((id, i) => [id, found[i]!]))
}

async function conditionOf(peers: AdminPeers, now: number, deviceId: number, route: Route | undefined): Promise<Condition> {
  const [diary, lastReport] = await Promise.all([
    peers.controller.diary({ deviceId, limit: ENTRIES }),
    lastReportOf(peers, deviceId),
  ])
  const judged = judge(diary.items, route, now)
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

async function lastReportOf({ controller }: AdminPeers, deviceId: number): Promise<number> {
  const { json } = await controller.values({ deviceId }).catch((e: unknown) => {
    // removed meanwhile
    if (isPandoError(e, 'device_unknown')) return { json: '{}' }
    throw e
  })
  const objects = Object.values(JSON.parse(json) as Values)
  return Math.max(0, ...objects.flatMap((o) => Object.values(o).map((v) => v.at)))
}

export const connectionOf = ({ protocol, address, node, since }: Route): NonNullable<Told['connection']> => ({
  protocol,
  addr: address,
  node,
  since,
})
