import type { commandRoutes, Command as Told } from '#contracts/admin/commands.ts'
import type { BodyOf } from '#contracts/admin/route.ts'
import type { Command } from '#contracts/controller.ts'
import type { DeviceDetail } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { invalidAt, placed, pointerPart } from './problem.ts'
import { reachOf } from './reach.ts'
import { type Scope, unknown } from './scope.ts'

type Body = BodyOf<(typeof commandRoutes)['POST /devices/{id}/commands']>

const told = (c: Command): Told => ({
  id: c.id,
  device: c.deviceId,
  ...(c.kind === 'command' && { command: c.name }),
  params: parseExact(c.params),
  state: c.state,
  at: c.at,
  until: c.until,
  ...(c.result && { result: c.result }),
  ...(c.why !== undefined && { why: c.why }),
  can_tell: c.canTell,
  by: c.by,
})

export function commands(p: Parts): Handlers<typeof commandRoutes> {
  const { peers } = p
  const doing = makeDoing(p)
  const reach = reachOf(peers)

  /** `not_found`, also for one of a device that is not seen. */
  const one = async (id: string, scope: Scope): Promise<{ command: Command; device: DeviceDetail }> => {
    const command = await peers.controller.commandById({ id }).catch((e: unknown) => {
      throw isPandoError(e, 'invalid') ? unknown('not_found') : e
    })
    const device = await reach.device(command.deviceId, scope).catch((e: unknown) => {
      throw isPandoError(e, 'device_unknown') ? unknown('not_found') : e
    })
    return { command, device }
  }

  return {
    'GET /devices/{id}/commands': async ({ params, query, scope }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      const { items, next } = await peers.controller.commands({ deviceId, ...query })
      return { items: items.map(told), ...(next !== undefined && { next }) }
    },
    'POST /devices/{id}/commands': async ({ params, body, scope, by, once }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      const asked = { ...askedOf(body), ...(once !== undefined && { idempotencyKey: once }) }
      const ttl = (body.ttl_s ?? 0) * 1000
      return doing({
        ...{ by, action: 'device.command', object: `device/${deviceId}` },
        asked: { command: body.command ?? null, params: body.set ?? body.params ?? [] },
        act: async () => told(await peers.controller.sendCommand({ deviceId, ...asked, ttl, by: by.actor })),
        after: ({ id, command = null, params }) => ({ id, command, params }),
      }).catch((e: unknown) => {
        throw placed(e, placeIn(body, e))
      })
    },
    'GET /commands/{id}': async ({ params, scope }) => told((await one(params.id, scope)).command),
    'DELETE /commands/{id}': async ({ params, scope, by }) => {
      const { command, device } = await one(params.id, scope)
      const { id } = command
      return doing({
        ...{ by, action: 'device.command.cancel', object: `device/${device.id}`, asked: { id } },
        act: async () => told(await peers.controller.cancelCommand({ id, by: by.actor })),
        after: () => ({ id }),
      })
    },
  }
}

/** Where the body says what does not fit: the name of the command, its values, or those of a label that is set. */
const placeIn = (body: Body, e: unknown) => (label: string) => {
  if (body.set) return `/set/${pointerPart(label)}`
  return isPandoError(e) && e.params['reason'] === 'command_unknown' ? '/command' : '/params'
}

function askedOf({ command, params = [], set, sub_device: subDevice }: Body) {
  if ((command === undefined) === (set === undefined)) throw invalidAt('/body', 'one_of', { fields: ['command', 'set'] })
  if (command !== undefined) {
    const sub = subDevice !== undefined && { subDevice }
    return { kind: 'command' as const, name: command, params: stringifyExact(params), ...sub }
  }
  if (subDevice !== undefined) throw invalidAt('/body/sub_device', 'only_with', { field: 'command' })
  return { kind: 'status' as const, params: stringifyExact(set) }
}
