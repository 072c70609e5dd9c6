/** The device manager: login, presence, takeover. What it answers is in contracts/devicemanager.ts. */
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Started } from '#lib/service.ts'
import { makeAnnounce } from './announce.ts'
import { makeConnect } from './connect.ts'
import { makeCutOff } from './cutoff.ts'
import { makeHeld } from './held.ts'
import { makeLeases } from './leases.ts'
import { makeLogin } from './login.ts'
import { makeRetargeter } from './retarget.ts'
import { makeShutOut } from './shutout.ts'
import type { Start } from './start.ts'
import { makeCloser } from './takeover.ts'
import { keepTokens } from './tokens.ts'
import { wholePresence } from './whole.ts'

export async function start(s: Start): Promise<Started & { face: Face<typeof devicemanager> }> {
  const { presence } = s.ports
  const held = makeHeld()
  const leases = makeLeases(s, held)
  const closer = makeCloser(s)
  const cutOff = makeCutOff(s, closer)
  const shutOut = makeShutOut(s)
  const retargeter = makeRetargeter(s)
  const whole = wholePresence(s)
  const connect = makeConnect(s, { held, leases, cutOff, closer, shutOut, whole })
  const face: Face<typeof devicemanager> = {
    login: makeLogin(s.peers.registry, shutOut),
    shutOut: async (asked) => ({ host: await shutOut.set(asked) }),
    connect(asked) {
      retargeter.heard(asked.node)
      return connect(asked)
    },
    async disconnected({ items }) {
      for (const { device, epoch } of items) held.ended(device, epoch)
      await presence.release(items)
      return {}
    },
    async alive({ node, stream }) {
      retargeter.heard(node)
      return (await leases.renew(node, stream)) ? {} : { announce: true }
    },
    announce: makeAnnounce(presence, held, closer),
    async held({ node, cursor }) {
      const { sessions, ...more } = await presence.held(node, cursor)
      return { items: sessions, ...more }
    },
    async routes({ devices }) {
      return { items: (await presence.routes(devices)).filter((r) => r !== undefined) }
    },
    async online() {
      return { count: await presence.count() }
    },
  }
  s.onStop(keepTokens(s, held))
  s.onStop(cutOff.stop)
  s.onStop(shutOut.stop)
  s.onStop(retargeter.stop)
  s.onStop(whole.stop)
  s.onStop(leases.stop)
  return { face }
}
