/** What mends a connection, and how many sessions it ends. */
import type { By } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import type { AdminPeers } from './call.ts'

export type Action = 'disconnect' | 'accept-token' | 'permit-registration' | 'revoke-token'

export async function act(
  peers: AdminPeers,
  deviceId: number,
  action: Action,
  audit: By,
): Promise<{ done: boolean; closed: number }> {
  const { registry } = peers
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
    case 'disconnect': {
      const closed = await disconnect(peers, deviceId, 'closed_by_operator')
      await registry.auditAppend({ audit, action: 'device.disconnect', object: `device/${deviceId}`, after: { closed } })
      return { done: closed > 0, closed }
    }
  }
}

const connected = async ({ devicemanager }: AdminPeers, deviceId: number) =>
  (await devicemanager.routes({ devices: [deviceId] })).items[0]

async function disconnect(peers: AdminPeers, device: number, cause: string): Promise<number> {
  const route = await connected(peers, device)
  if (!route) return 0
  const node = peers.access(route.node)
  if (!node) throw new PandoError('unavailable', 'the access node that holds the device does not answer', { node: route.node })
  const { closed } = await node.close({ items: [{ device, epoch: route.epoch, cause }] })
  return closed
}
