/** The node of this service: what it is told, and what its parts know of each other. */
import { Durable } from '#access/shared/durable.ts'
import { type LeasedConfig, type LeasedPeers, leasedNode } from '#access/shared/leasednode.ts'
import type { AccessStart } from '#access/shared/node.ts'
import type { Address } from '#lib/settings.ts'
import type { XmppNode, XmppSession } from './session.ts'
import type { Query } from './stanzas/queries.ts'
import type { Element } from './xml/element.ts'

export interface Config extends LeasedConfig {
  xmppaccessServer: Address | undefined
  xmppaccessDomain: string | undefined
  xmppaccessSecret: string | undefined
  xmppaccessUserDomains: string[]
  xmppaccessAuthListen: Address | undefined
  xmppLease: number
  mqttMaxPacket: number
}

export type Start = AccessStart<Config, LeasedPeers>

/** Where stanzas go out. */
export interface Wire {
  online: boolean
  send(e: Element): void
}

export function xmppNode(s: Start, wire: Wire): { node: XmppNode; durable: Query['durable'] } {
  const durable: Query['durable'] = new Durable(
    ({ answer }) => answer && wire.send(answer),
    () => {},
  )
  const { mqttMaxPacket: maxBody, xmppLease: lease } = s.config
  const node = leasedNode<XmppSession>(s, 'xmpp', { maxBody, lease }, () => durable.lost())
  return { node: Object.assign(node, { wire }), durable }
}
