/** XMPP for devices: the cloud as external component of an XMPP server (docs/xmpp.md); contracts/access.ts says what others ask of it. */

import { Door } from '#access/shared/door.ts'
import { accessFace, keepNode } from '#access/shared/face.ts'
import { makeFailures } from '#access/shared/failures.ts'
import type { access } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { Started } from '#lib/service.ts'
import { type Address, addressUrl } from '#lib/settings.ts'
import { AUTH_PATH, authHandler } from './auth.ts'
import { Component } from './component/component.ts'
import { type Config, type Start, type Wire, xmppNode } from './node.ts'
import type { XmppNode, XmppSession } from './session.ts'
import { Sessions } from './sessions.ts'
import { makeHandle } from './stanzas/handle.ts'
import type { Query } from './stanzas/queries.ts'
import type { Element } from './xml/element.ts'

/** A stanza holds octets in base64, and a head. */
const stanzaOf = (body: number): number => Math.ceil(body / 3) * 4 + 4096

export async function start(s: Start): Promise<Started & { face: Face<typeof access> }> {
  const { clock, config, log, metrics } = s
  const wire: Wire = { online: false, send: () => {} }
  const { node, durable } = xmppNode(s, wire)
  s.onStop(() => node.wheel.stop())
  const failures = makeFailures(config.failuresPerMinute, clock)
  const listen: Record<string, string> = {}
  let turnAway = () => {}
  let close = () => {}
  const at = componentOf(config)
  if (at) {
    const sessions = new Sessions(node, new Door(() => node, s.instance, s.peers), failures, at.domain)
    const query: Query = { node, controller: () => s.peers.controller, durable }
    const { domain } = at
    const dropped = (reason: string) => metrics.pando_xmpp_dropped_total.inc({ reason })
    const handle = makeHandle({ node, sessions, domain, domains: config.xmppaccessUserDomains, query, dropped })
    const most = stanzaOf(config.mqttMaxPacket)
    const component = new Component({ ...at, most, clock, log, ...events(node, sessions, wire, handle, () => component) })
    wire.send = (e) => component.send(e)
    s.onStop(() => component.stop())
    turnAway = () => {
      for (const session of [...sessions.all()]) session.dismiss('server_stopping')
    }
    // when the last device has gone another process may be the component
    close = () => {
      sessions.close()
      s.onStop(clock.every(1000, () => void (node.devices.size === 0 && component.stop())))
    }
    listen['xmppaccess'] = `xmpp://${domain}`
  }
  keepNode(s, node, turnAway, close)
  if (config.xmppaccessAuthListen) {
    const handler = authHandler({ registry: () => s.peers.registry, failures, metrics, log })
    const address = await s.http.mount({
      address: config.xmppaccessAuthListen,
      prefixes: [AUTH_PATH],
      handler,
      ...(s.tls && { tls: s.tls }),
    })
    listen['xmppaccessAuth'] = `${addressUrl('http', address)}${AUTH_PATH}`
  }
  return { face: accessFace(node, node.downlink), listen }
}

/** Devices, and ms between. */
const ASKED_AT_ONCE = 1000
const ASK_AGAIN = 50

/** What the connection to the server tells. */
function events(
  node: XmppNode,
  sessions: Sessions,
  wire: Wire,
  handle: ReturnType<typeof makeHandle>,
  component: () => Component,
) {
  const changed = (online: boolean) => {
    wire.online = online
    node.metrics.pando_xmpp_connected.set(online ? 1 : 0)
    const all = [...sessions.all()]
    const tell = (some: readonly XmppSession[]) => {
      for (const session of some) if (session.state === 'open') session.connection(online)
    }
    if (!online) return tell(all)
    // a fleet is asked bit by bit: more than the server takes at once would end the stream again
    const next = () => {
      tell(all.splice(0, ASKED_AT_ONCE))
      if (all.length > 0 && wire.online) node.clock.after(ASK_AGAIN, next)
    }
    next()
  }
  return {
    online: () => changed(true),
    offline: () => changed(false),
    stanza(e: Element, whole: boolean, size: number): void {
      handle(e, whole, size)
      if (!node.uplink.full) return
      component().hold()
      node.uplink.whenRoom(() => component().release())
    },
  }
}

/** undefined: it is off. */
function componentOf(c: Config): { server: Address; domain: string; secret: string } | undefined {
  const { xmppaccessServer: server, xmppaccessDomain: domain, xmppaccessSecret: secret } = c
  if (!server || domain === undefined || secret === undefined) return undefined
  return { server, domain: domain.toLowerCase(), secret }
}
