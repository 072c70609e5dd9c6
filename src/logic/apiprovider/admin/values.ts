import type { valueRoutes } from '#contracts/admin/devices.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { reachOf } from './reach.ts'

/** object → name → value and when it came */
export type Values = Record<string, Record<string, { v: unknown; at: number }>>

const ASK_MS = 5000

export function values(p: Parts): Handlers<typeof valueRoutes> {
  const { peers } = p
  const doing = makeDoing(p)
  const reach = reachOf(peers)
  const latest = async (deviceId: number): Promise<Values> =>
    JSON.parse((await peers.controller.values({ deviceId })).json) as Values
  return {
    'GET /devices/{id}/values': async ({ params, scope }) => latest((await reach.device(params.id, scope)).id),
    'POST /devices/{id}/values/ask': async ({ params, scope, by }) => {
      const { id } = await reach.device(params.id, scope)
      const act = () => peers.controller.ask({ deviceId: id, timeout: ASK_MS })
      await doing({ by, action: 'device.ask', object: `device/${id}`, asked: {}, act })
      return latest(id)
    },
  }
}
