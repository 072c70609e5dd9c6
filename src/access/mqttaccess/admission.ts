/** CONNECTs: what is asked at the door, and how the answer is told. */

import { idOf, tokenOf } from '#access/shared/credentials.ts'
import type { Door } from '#access/shared/door.ts'
import { entered } from '#access/shared/node.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { toPandoError } from '#lib/errors.ts'
import { welcome } from './greeting.ts'
import type { AccessNode, Doorkeeper, Session } from './node.ts'
import { encodePacket } from './packet/packet.ts'
import type { Connect } from './packet/packets.ts'
import type { Version } from './packet/types.ts'
import { willOf } from './will.ts'

/** Reason codes of a CONNACK that refuses (MQTT 5; older versions are told what is nearest), by cause. */
const BAD_PASSWORD = 0x86
const reasons: Partial<Record<Cause, number>> = {
  client_id_malformed: 0x85,
  plugin_refused: 0x87,
  // a device that merely opened two sockets has no wrong password
  taken_over: 0x88,
  address_blocked: 0x88,
  server_busy: 0x88,
  protocol_error: 0x8c,
}

export class Admission implements Doorkeeper {
  private readonly node: () => AccessNode
  private readonly door: Door<Session>
  private readonly peers: { controller: Face<typeof controller> }

  constructor(node: () => AccessNode, door: Door<Session>, peers: { controller: Face<typeof controller> }) {
    this.node = node
    this.door = door
    this.peers = peers
  }

  ask(c: Session, connect: Connect): void {
    if (connect.properties?.authenticationMethod !== undefined) return this.turnAway(c, 'protocol_error')
    const deviceId = idOf(connect.clientId)
    if (deviceId === undefined) return this.turnAway(c, 'client_id_malformed')
    this.door.ask(c, deviceId, tokenOf(connect.password), {
      admitted: () => this.admitted(c, connect),
      refused: (cause, reason) => this.refused(c, cause, reason),
    })
  }

  private admitted(c: Session, connect: Connect): void {
    if (connect.clean) return this.admit(c, connect, false)
    this.stored(c.deviceId).then(
      ({ unreleased, waiting }) => {
        if (unreleased.length > 0) c.unreleased = new Set(unreleased)
        this.admit(c, connect, unreleased.length > 0 || waiting === true)
      },
      (e: unknown) => {
        this.node().log.warn({ err: toPandoError(e), device: c.deviceId }, 'session could not be read')
        this.gone(c)
        this.turnAway(c, 'server_busy')
      },
    )
  }

  /** What the log knows of the device's last session, that which it sent a moment ago included: its QoS 2 ids must not be forgotten. */
  private async stored(deviceId: number): Promise<{ unreleased: number[]; waiting?: boolean }> {
    await this.node().uplink.drained()
    return this.peers.controller.session({ deviceId })
  }

  private admit(c: Session, connect: Connect, present: boolean): void {
    const node = this.node()
    if (c.state !== 'asked' || node.stopping) return this.gone(c)
    c.will = willOf(connect, c.frameFlags)
    c.receiveMaximum = connect.properties?.receiveMaximum ?? c.receiveMaximum
    c.maxPacketOut = connect.properties?.maximumPacketSize ?? c.maxPacketOut
    c.opened(connect)
    const about = {
      version: c.dialect.version,
      address: c.address,
      keepalive: connect.keepAlive,
      ...(c.dialect.paced && { paced: true }),
      ...(c.socket.over && { over: c.socket.over }),
    }
    entered(node, c, about, connect.clean ? recordFlag.clean : 0)
    // never with a clean session [MQTT-3.2.2-1], though commands that are on their way come all the same
    c.send(welcome(c, present || (!connect.clean && node.downlink.waiting(c.deviceId)), node.limits))
    node.downlink.back(c)
    c.proceed()
  }

  /** The device was let in, but its connection has ended meanwhile. */
  private gone(c: Session): void {
    this.door.gone(c)
    c.end('session_gone')
  }

  /** Refuses a device of which it is not known which it is, or that has done nothing wrong. */
  private turnAway(c: Session, cause: Cause): void {
    this.door.refused(c, 0, cause)
    this.refused(c, cause)
  }

  private refused(c: Session, cause: Cause, text?: string): void {
    this.refuse(c, c.dialect.version, reasons[cause] ?? BAD_PASSWORD, text)
    c.end(cause)
  }

  /** Answers a CONNECT with a refusal; the connection is ended by the caller. */
  refuse(c: Session, version: Version, reason: number, text?: string): void {
    if (c.state === 'closed') return
    const properties = version === 5 && text !== undefined ? { reasonString: text.slice(0, 200) } : undefined
    c.send(encodePacket({ type: 'connack', sessionPresent: false, reason, ...(properties && { properties }) }, version))
  }
}
