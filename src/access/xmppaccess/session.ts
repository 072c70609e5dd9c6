/** A device that is in: an XMPP address that has shown the token of a device, until it is unavailable or silent. */
import type { Receiver } from '#access/shared/downlink.ts'
import { type LeasedParts, LeasedSession } from '#access/shared/leased.ts'
import type { DeviceNode } from '#access/shared/node.ts'
import type { Topic } from '#access/shared/told.ts'
import type { Cause } from '#contracts/causes.ts'
import { toPandoError } from '#lib/errors.ts'
import { ns } from './names.ts'
import { type Format, toldElement } from './stanzas/told.ts'
import { type Element, element } from './xml/element.ts'

export interface XmppParts extends LeasedParts<XmppSession> {
  /** where stanzas go out; `online` while there is a connection */
  readonly wire: { readonly online: boolean; send(e: Element): void }
}
export type XmppNode = DeviceNode<XmppSession> & XmppParts

export interface About {
  /** by which it is found: both addresses */
  key: string
  /** the device's address here, and its own: with its resource, and without */
  here: string
  there: string
  address: string
  format: Format
  /** → whether it was still the one that is found by the key */
  onEnd(): boolean
}

const WINDOW = 32
/** seconds within which a device that is asked whether it is there must answer */
const ANSWER_WITHIN = 20

export class XmppSession extends LeasedSession implements Receiver {
  readonly node: XmppNode
  readonly about: About
  /** not where an answer to an earlier session could be mistaken */
  lastPacketId = 1 + Math.floor(Math.random() * 60_000)
  readonly largest: number
  readonly overhead = 0
  /** stanzas that came while the token was checked, the one that showed it first */
  readonly waiting: Element[] = []
  private asked = false
  /** the connection to the server was lost: what was on its way may be lost too */
  private adrift = false
  /** both ways in order, though models may have to be fetched */
  private down: Promise<void> = Promise.resolve()
  private up: Promise<void> = Promise.resolve()

  constructor(node: XmppNode, about: About) {
    super()
    this.node = node
    this.about = about
    this.largest = node.limits.maxBody
  }

  get address(): string {
    return this.about.address
  }

  override touch(): void {
    super.touch()
    this.asked = false
  }

  // ---- the way down ----

  get window(): number {
    return this.node.wire.online && !this.adrift ? WINDOW : 0
  }

  sendFrame(frame: Buffer, topic: Topic, packetId: number, again: boolean): void {
    const { node, about } = this
    const said = Buffer.from(frame)
    const tell = async () => {
      const told = await toldElement(this, said, { topic, again, packetId, format: about.format })
      node.wire.send(this.query('set', `p${packetId}`, told))
    }
    this.down = this.down.then(tell).catch((e: unknown) => {
      node.log.warn({ err: toPandoError(e), device: this.deviceId }, 'a device could not be told')
    })
  }

  /** The device has answered a query of ours. */
  answered(id: string, well: boolean): void {
    this.touch()
    if (this.adrift) {
      this.adrift = false
      this.node.downlink.back(this)
    }
    const packetId = /^p(\d{1,5})$/.exec(id)?.[1]
    if (packetId !== undefined) this.node.downlink.acknowledged(this, Number(packetId), well)
  }

  // ---- the way up ----

  /** Does it behind what the device has sent before. */
  inOrder(act: () => Promise<void>): Promise<void> {
    const done = this.up.then(act)
    this.up = done.catch(() => {})
    return done
  }

  // ---- presence ----

  /** There is a connection to the server again, or not any more. */
  connection(up: boolean): void {
    this.adrift = true
    if (up) this.ask()
  }

  /** Asks whether it is there; who is not has its server, or nobody, answer instead. */
  ask(): void {
    const { wheel, wire } = this.node
    this.asked = true
    this.deadline = wheel.now + ANSWER_WITHIN
    wheel.sooner(this)
    wire.send(this.query('get', 'ping', element('ping', ns.ping)))
  }

  expired(): void {
    if (this.deadline > this.node.wheel.now) this.node.wheel.add(this)
    else if (this.asked || !this.node.wire.online) this.end('keepalive_timeout')
    else this.ask()
  }

  protected over(cause: Cause): void {
    const current = this.about.onEnd()
    this.waiting.length = 0
    // the device knows of ends that it has caused, and of the session that follows at the same address
    if (!current || cause === 'disconnected' || cause === 'closed_by_peer') return
    const { here: from, there: to } = this.about
    const why = element('cause', ns.pando, {}, [cause])
    this.node.wire.send(element('presence', ns.component, { type: 'unavailable', from, to }, [why]))
  }

  private query(type: 'get' | 'set', id: string, child: Element): Element {
    const { here: from, there: to } = this.about
    return element('iq', ns.component, { type, id, from, to }, [child])
  }
}
