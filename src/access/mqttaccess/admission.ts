/** Who may come in: CONNECTs are checked a batch at a time with the device manager, then answered. */
import type { RefusalDiary } from '#access/shared/refusals.ts'
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { ConnectVerdict, devicemanager } from '#contracts/devicemanager.ts'
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { toPandoError } from '#lib/errors.ts'
import { deviceIdOf } from '#protocol/identifiers.ts'
import { welcome } from './greeting.ts'
import type { AccessNode, Doorkeeper, Session } from './node.ts'
import { encodePacket } from './packet/packet.ts'
import type { Connect } from './packet/packets.ts'
import type { Version } from './packet/types.ts'
import { willOf } from './will.ts'

export interface AdmissionPeers {
  devicemanager: Face<typeof devicemanager>
  controller: Face<typeof controller>
}

interface Asking {
  c: Session
  connect: Connect
  deviceId: number
  /** '' if the password is not one: the diary of a device that exists says so */
  token: string
}

const BAD_CLIENT_ID = 0x85
const BAD_PASSWORD = 0x86
const NOT_AUTHORIZED = 0x87
const UNAVAILABLE = 0x88
const BAD_METHOD = 0x8c
/** Devices in one question, and how long they gather: a question costs as much as many devices in it. */
const MOST_AT_ONCE = 500
const GATHER_MS = 1

export class Admission implements Doorkeeper {
  private waiting: Asking[] = []
  private scheduled = false
  private readonly node: () => AccessNode
  private readonly instance: string
  private readonly peers: AdmissionPeers
  private readonly refusals: RefusalDiary

  constructor(node: () => AccessNode, instance: string, peers: AdmissionPeers, refusals: RefusalDiary) {
    this.node = node
    this.instance = instance
    this.peers = peers
    this.refusals = refusals
  }

  ask(c: Session, connect: Connect): void {
    if (connect.properties?.authenticationMethod !== undefined) return this.refused(c, BAD_METHOD, 'protocol_error', 0)
    const deviceId = idOf(connect.clientId)
    if (deviceId === undefined) return this.refused(c, BAD_CLIENT_ID, 'client_id_malformed', 0)
    const token = tokenOf(connect.password)
    this.waiting.push({ c, connect, deviceId, token })
    if (this.scheduled) return
    this.scheduled = true
    setTimeout(this.check, GATHER_MS)
  }

  private readonly check = (): void => {
    this.scheduled = false
    const asked = this.waiting.splice(0, MOST_AT_ONCE)
    if (this.waiting.length > 0) {
      this.scheduled = true
      setImmediate(this.check)
    }
    const questions = asked.map(({ c, deviceId, token }) => ({ deviceId, token, protocol: 'mqtt', address: c.address }))
    this.peers.devicemanager.connect({ node: this.instance, items: questions }).then(
      ({ items }) => {
        for (let i = 0; i < asked.length; i++) this.decided(asked[i]!, items[i]!)
      },
      (e: unknown) => {
        this.node().log.warn({ err: toPandoError(e), count: asked.length }, 'devices could not be checked')
        for (const { c } of asked) this.refused(c, UNAVAILABLE, 'server_busy', 0)
      },
    )
  }

  private decided(a: Asking, v: ConnectVerdict): void {
    if (v.device === undefined || v.epoch === undefined) {
      const cause = (v.refused ?? 'token_unknown') as Cause
      // a device that merely opened two sockets has no wrong password
      if (cause === 'taken_over') return this.refused(a.c, UNAVAILABLE, cause, 0)
      if (cause === 'plugin_refused') return this.refused(a.c, NOT_AUTHORIZED, cause, a.deviceId, { reason: v.reason })
      const told = cause === 'token_unknown' && a.token === '' ? 'token_malformed' : cause
      return this.refused(a.c, BAD_PASSWORD, told, a.deviceId, { was: v.was })
    }
    const { c, connect } = a
    c.deviceId = v.device.id
    c.productId = v.device.productId
    c.modelVersion = v.device.modelVersion
    c.frameFlags = v.codec === undefined ? 0 : recordFlag.foreign
    c.epoch = v.epoch
    c.token = Buffer.from(a.token, 'hex')
    if (!this.takePlace(c)) return this.refused(c, UNAVAILABLE, 'taken_over', 0)
    if (connect.clean) return this.admit(c, connect, false)
    this.stored(c.deviceId).then(
      ({ unreleased }) => {
        if (unreleased.length > 0) c.unreleased = new Set(unreleased)
        this.admit(c, connect, unreleased.length > 0)
      },
      (e: unknown) => {
        this.node().log.warn({ err: toPandoError(e), device: c.deviceId }, 'session could not be read')
        this.gone(c)
        this.refused(c, UNAVAILABLE, 'server_busy', 0)
      },
    )
  }

  /** What the log knows of the device's last session, that which it sent a moment ago included: its QoS 2 ids must not be forgotten. */
  private async stored(deviceId: number): Promise<{ unreleased: number[] }> {
    await this.node().uplink.drained()
    return this.peers.controller.session({ deviceId })
  }

  /**
   * From here on the node holds the device through this connection, so that a close for it (takeover, revocation) finds it even before it is
   * open. One connection a device: an older session ends, a newer one stays.
   */
  private takePlace(c: Session): boolean {
    const { devices } = this.node()
    const present = devices.get(c.deviceId)
    if (c.state !== 'asked' || (present && present.epoch > c.epoch)) {
      this.node().departures.add(c.deviceId, c.epoch)
      return false
    }
    present?.end('taken_over', undefined, 0x8e)
    devices.set(c.deviceId, c)
    return true
  }

  private admit(c: Session, connect: Connect, present: boolean): void {
    const node = this.node()
    if (c.state !== 'asked' || node.stopping) return this.gone(c)
    c.will = willOf(connect, c.frameFlags)
    c.receiveMaximum = connect.properties?.receiveMaximum ?? c.receiveMaximum
    c.maxPacketOut = connect.properties?.maximumPacketSize ?? c.maxPacketOut
    c.opened(connect)
    const about = {
      protocol: 'mqtt',
      version: c.dialect.version,
      address: c.address,
      keepalive: connect.keepAlive,
      ...(c.dialect.paced && { paced: true }),
    }
    node.uplink.note(recordKind.online, 'none', c, node.now(), about, undefined, undefined, connect.clean ? recordFlag.clean : 0)
    node.metrics.pando_connections.inc({ protocol: 'mqtt' })
    node.metrics.pando_connects_total.inc({ protocol: 'mqtt', result: 'accepted' })
    c.send(welcome(c, present || node.downlink.waiting(c.deviceId), node.limits))
    node.downlink.back(c)
    c.proceed()
  }

  /** The device was let in, but its connection has ended meanwhile. */
  private gone(c: Session): void {
    this.node().departures.add(c.deviceId, c.epoch)
    c.end('session_gone')
  }

  private refused(c: Session, reason: number, cause: Cause, deviceId: number, why: Why = {}): void {
    const node = this.node()
    node.metrics.pando_connects_total.inc({ protocol: 'mqtt', result: cause })
    if (deviceId > 0 && cause !== 'device_unknown')
      this.refusals.refused(deviceId, cause, {
        protocol: 'mqtt',
        address: c.address,
        ...(why.reason !== undefined && { reason: why.reason }),
        ...(why.was !== undefined && { was: why.was }),
      })
    this.refuse(c, c.dialect.version, reason, why.reason)
    c.end(cause)
  }

  /** Answers a CONNECT with a refusal; the connection is ended by the caller. */
  refuse(c: Session, version: Version, reason: number, text?: string): void {
    if (c.state === 'closed') return
    const properties = version === 5 && text !== undefined ? { reasonString: text.slice(0, 200) } : undefined
    c.send(encodePacket({ type: 'connack', sessionPresent: false, reason, ...(properties && { properties }) }, version))
  }
}

/** What is known beside the cause. */
interface Why {
  reason?: string | undefined
  was?: string | undefined
}

function idOf(clientId: string): number | undefined {
  try {
    return deviceIdOf(clientId)
  } catch {
    return undefined
  }
}

function tokenOf(password: Uint8Array | undefined): string {
  if (password?.length !== 32) return ''
  const text = Buffer.from(password).toString('latin1').toLowerCase()
  return /^[0-9a-f]{32}$/.test(text) ? text : ''
}
