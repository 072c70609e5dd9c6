/**
 * Devices of Pando are sent what is theirs whether they subscribe or not (docs/device-protocol.md §3). Whoever subscribes is answered:
 * its own topics are granted, everything else is not.
 */
import type { Session } from './node.ts'
import type { Subscribe, Unsubscribe } from './packet/packets.ts'

const own = new Set(['c', 's', 'd', '+', '#'])
const NOT_AUTHORIZED = 0x87
const NO_SUBSCRIPTION = 0x11

export function subscribed(c: Session, packet: Subscribe): void {
  const reasons = packet.subscriptions.map((s) => (own.has(s.filter) ? Math.min(s.qos, 1) : NOT_AUTHORIZED))
  c.sendPacket({ type: 'suback', packetId: packet.packetId, reasons })
}

export function unsubscribed(c: Session, packet: Unsubscribe): void {
  const reasons = packet.filters.map((f) => (own.has(f) ? 0 : NO_SUBSCRIPTION))
  c.sendPacket({ type: 'unsuback', packetId: packet.packetId, reasons })
}
