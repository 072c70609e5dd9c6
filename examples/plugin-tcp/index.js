/**
 * A plugin that brings a protocol: Pando's frames over TCP, each with its length before it. What every protocol has in common (who may come
 * in, one session a device, the diary, acknowledgements, what waits for a device) comes from the cloud; here is only how it is spoken.
 */
import { createServer } from 'node:net'
import {
  accessFace,
  accessNode,
  address,
  Door,
  Downlink,
  Durable,
  definePlugin,
  keepNode,
  makeFailures,
  setting,
  size,
  span,
  Wheel,
} from 'pando'
import { Session } from './session.js'

/** @import { AccessServiceStart } from 'pando' */

export default definePlugin({
  name: 'tcp',
  api: '^1',
  setup(pando) {
    const at = pando.setting(
      setting('PANDO_TCP_LISTEN', address, '0.0.0.0:1884', 'Where devices come in that send frames over TCP.'),
    )
    const maxFrame = pando.setting(setting('PANDO_TCP_MAX_FRAME', size(64), '64k', 'Largest frame over TCP.'))
    const silence = pando.setting(
      setting('PANDO_TCP_SILENCE', span(1000), '3m', 'A device over TCP that is silent for so long is offline.'),
    )

    /** @param {AccessServiceStart} s */
    async function start(s) {
      /** @type {Set<Session>} */
      const sessions = new Set()
      /** @type {import('pando').Durable<import('./session.js').Waiting>} */
      const durable = new Durable(
        (w) => w.session.confirm(w),
        () => {},
      )
      /** @type {import('pando').AccessNode<Session>} */
      const node = accessNode(s, 'tcp', () => {
        durable.lost()
        for (const c of [...node.devices.values()]) c.dismiss('stream_sealed')
      })
      const downlink = new Downlink(() => node)
      const parts = {
        node,
        door: new Door(() => node, s.instance, s.peers),
        downlink,
        durable,
        failures: makeFailures(s.config.failuresPerMinute, s.clock),
        wheel: new Wheel(s.clock),
        limits: { maxFrame, maxRate: s.config.mqttMaxRate, silence: Math.ceil(silence / 1000) },
      }
      const server = createServer((socket) => {
        const session = new Session(parts, socket)
        sessions.add(session)
        socket.once('close', () => sessions.delete(session))
      })
      await new Promise((done, failed) => server.once('error', failed).listen(at.port, at.host, () => done(undefined)))
      const turnAway = () => {
        server.close()
        for (const session of sessions) session.dismiss('server_stopping')
      }
      keepNode(s, node, turnAway, () => server.close())
      s.onStop(() => {
        parts.wheel.stop()
        for (const { socket } of sessions) socket.destroy()
      })
      const bound = /** @type {import('node:net').AddressInfo} */ (server.address())
      return { face: accessFace(node, downlink), listen: { tcpaccess: `tcp://${at.host}:${bound.port}` } }
    }

    pando.access('tcp', async () => ({ start }))
  },
})
