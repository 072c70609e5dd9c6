/** What is wanted of a device beside what it reports. */
import type { desiredRoutes, Desired as Wanted } from '#contracts/admin/commands.ts'
import type { Desired } from '#contracts/controller.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { placed, pointerPart } from './problem.ts'
import { reachOf } from './reach.ts'

const wanted = (d: Desired): Wanted => ({
  desired: parseExact(d.desired) as Wanted['desired'],
  reported: parseExact(d.reported) as Wanted['reported'],
  differs: d.differs,
  held: d.held,
  state: d.state,
  ...(d.reason !== undefined && { reason: d.reason }),
  sent_at: d.sentAt,
  set_at: d.setAt,
  tries: d.tries,
  by: d.by,
  revision: d.version,
})

export function desired(p: Parts): Handlers<typeof desiredRoutes> {
  const { peers } = p
  const doing = makeDoing(p)
  const reach = reachOf(peers)
  return {
    'GET /devices/{id}/desired': async ({ params, scope }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      return wanted(await peers.controller.desired({ deviceId }))
    },
    'PUT /devices/{id}/desired': async ({ params, body, scope, by, ifRevision }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      const guard = ifRevision !== undefined && { ifVersion: ifRevision }
      const values = stringifyExact(body)
      return doing({
        ...{ by, action: 'device.desired', object: `device/${deviceId}`, asked: body },
        act: async () => wanted(await peers.controller.setDesired({ deviceId, values, ...guard, by: by.actor })),
        after: () => body,
      }).catch((e: unknown) => {
        throw placed(e, (label) => `/${pointerPart(label)}`)
      })
    },
  }
}
