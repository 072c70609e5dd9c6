/** What mends a connection, and how many sessions it ends. */
import type { deviceRoutes } from '#contracts/admin/devices.ts'
import type { AnswerOf, BodyOf } from '#contracts/admin/route.ts'
import type { By } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { nodeNamed } from '#logic/shared/nodes.ts'
import type { AdminPeers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { invalidAt } from './problem.ts'

type Route = (typeof deviceRoutes)['POST /devices/{id}/actions']
type Done = AnswerOf<Route>

const HOUR_S = 3600
/** Entries of the diary in which the last address is looked for. */
const LOOKED = 50

export async function act(p: Parts, deviceId: number, { action, for_s: seconds }: BodyOf<Route>, audit: By): Promise<Done> {
  const { peers, clock } = p
  const { registry } = peers
  if (seconds !== undefined && action !== 'block-address') throw invalidAt('/body/for_s', 'only_with', { field: 'block-address' })
  switch (action) {
    case 'accept-token':
      // The board with the newer token is cut off: its session would otherwise stay until it ends by itself.
      await registry.acceptReplacedToken({ deviceId, audit })
      return { done: true, closed: await disconnect(peers, deviceId, 'token_revoked') }
    case 'permit-registration':
      await registry.editDevice({ id: deviceId, permitRegistration: true, audit })
      return { done: true, closed: 0 }
    case 'revoke-token': {
      const before = await connected(peers, deviceId)
      await registry.revokeTokens({ deviceId, audit })
      return { done: true, closed: before ? 1 : 0 }
    }
    case 'block-address': {
      const until = clock.now() + (seconds ?? HOUR_S) * 1000
      const address = await shutOut(peers, deviceId, until, audit)
      const closed = await disconnect(peers, deviceId, 'address_blocked')
      return { done: true, closed, address, until }
    }
    case 'allow-address': {
      const address = await shutOut(peers, deviceId, 0, audit)
      return { done: true, closed: 0, address }
    }
    case 'disconnect': {
      return makeDoing(p)({
        ...{ by: audit, action: 'device.disconnect', object: `device/${deviceId}`, asked: {} },
        act: async () => {
          const closed = await disconnect(peers, deviceId, 'closed_by_operator')
          return { done: closed > 0, closed }
        },
        after: ({ closed }) => ({ closed }),
      })
    }
  }
}

/** Where it is, or was last. → the host */
async function shutOut(peers: AdminPeers, deviceId: number, until: number, audit: By): Promise<string> {
  const here = (await connected(peers, deviceId))?.address
  const address = here ?? (await lastAddress(peers, deviceId))
  if (address === undefined) throw new PandoError('conflict', 'no address of the device is known', { device: deviceId })
  return (await peers.devicemanager.shutOut({ address, until, deviceId, audit })).host
}

async function lastAddress({ controller }: AdminPeers, deviceId: number): Promise<string | undefined> {
  const { items } = await controller.diary({ deviceId, limit: LOOKED })
  const found = items.map((e) => e.params['address']).find((a) => typeof a === 'string' && a !== '')
  return found as string | undefined
}

const connected = async ({ devicemanager }: AdminPeers, deviceId: number) =>
  (await devicemanager.routes({ devices: [deviceId] })).items[0]

async function disconnect(peers: AdminPeers, device: number, cause: string): Promise<number> {
  const route = await connected(peers, device)
  if (!route) return 0
  const node = await nodeNamed(peers.access, route.node)
  if (!node) throw new PandoError('unavailable', 'the access node that holds the device does not answer', { node: route.node })
  const { closed } = await node.close({ items: [{ device, epoch: route.epoch, cause }] })
  return closed
}
