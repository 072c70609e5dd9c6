/** Who may come in: devices that ask are checked a batch at a time with the device manager. */
import type { Cause } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { ConnectVerdict, devicemanager } from '#contracts/devicemanager.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { toPandoError } from '#lib/errors.ts'
import type { DeviceNode, DeviceSession } from './node.ts'

/** How a device that asks is answered. */
export interface Guest {
  /** It holds its place at the node. If it is gone by now, or the node stops, `Door.gone` must be told. */
  admitted(): void
  /** `reason`: what a plugin has said. The diary knows already. */
  refused(cause: Cause, reason?: string): void
}

interface Asking<S> {
  c: S
  deviceId: number
  token: string
  guest: Guest
}

/** What is known beside the cause. */
interface Why {
  reason?: string | undefined
  was?: string | undefined
}

/**
 * Devices in one question, how long they gather, and what is between two questions at least: a question costs as much as many devices in
 * it. Where devices come in one after the other (each TLS handshake takes its time) the second makes the crowd.
 */
const MOST_AT_ONCE = 500
const GATHER_MS = 4
const APART_MS = 25
const TOKEN_OCTETS = 16
/** Of these the device's diary says nothing: the device did nothing wrong, or there is none. */
const unsaid: readonly Cause[] = ['device_unknown', 'taken_over', 'server_busy']

export class Door<S extends DeviceSession> {
  private waiting: Asking<S>[] = []
  private scheduled = false
  private asked = 0
  private readonly node: () => DeviceNode<S>
  private readonly instance: string
  private readonly peers: { devicemanager: Face<typeof devicemanager> }

  constructor(node: () => DeviceNode<S>, instance: string, peers: { devicemanager: Face<typeof devicemanager> }) {
    this.node = node
    this.instance = instance
    this.peers = peers
  }

  /** `token`: '' if what the device showed is none; the diary of a device that exists says so. */
  ask(c: S, deviceId: number, token: string, guest: Guest): void {
    this.waiting.push({ c, deviceId, token, guest })
    if (this.scheduled) return
    this.scheduled = true
    setTimeout(this.check, Math.max(GATHER_MS, this.asked + APART_MS - performance.now()))
  }

  /** A refusal, in metrics and in the diary of a device that exists; `deviceId` 0: it is not known which. */
  refused(c: S, deviceId: number, cause: Cause, why: Why = {}): void {
    const { metrics, protocol, refusals } = this.node()
    metrics.pando_connects_total.inc({ protocol, result: cause })
    if (deviceId === 0 || unsaid.includes(cause)) return
    refusals.refused(deviceId, cause, {
      protocol,
      address: c.address,
      ...(why.reason !== undefined && { reason: why.reason }),
      ...(why.was !== undefined && { was: why.was }),
    })
  }

  /** The device was let in, but has gone meanwhile. */
  gone(c: S): void {
    this.node().departures.add(c.deviceId, c.epoch)
  }

  private readonly check = (): void => {
    this.scheduled = false
    this.asked = performance.now()
    const asked = this.waiting.splice(0, MOST_AT_ONCE)
    if (this.waiting.length > 0) {
      this.scheduled = true
      setImmediate(this.check)
    }
    const { protocol, log, uplink, ghosts } = this.node()
    const items = asked.map(({ c, deviceId, token }) => ({
      deviceId,
      token,
      protocol,
      address: c.address,
      ...(c.vouched && { vouched: [...c.vouched] }),
    }))
    this.peers.devicemanager.connect({ node: this.instance, stream: uplink.stream, items }).then(
      (verdicts) => {
        for (let i = 0; i < asked.length; i++) this.decided(asked[i]!, verdicts.items[i]!)
      },
      (e: unknown) => {
        log.warn({ err: toPandoError(e), count: asked.length }, 'devices could not be checked')
        // they may have been let in
        ghosts.want()
        for (const a of asked) this.refuse(a, 'server_busy')
      },
    )
  }

  private decided(a: Asking<S>, v: ConnectVerdict): void {
    if (v.device === undefined || v.epoch === undefined) {
      const cause = (v.refused ?? 'token_unknown') as Cause
      const told = cause === 'token_unknown' && a.token === '' ? 'token_malformed' : cause
      return this.refuse(a, told, v)
    }
    const { c, guest } = a
    c.deviceId = v.device.id
    c.productId = v.device.productId
    c.modelVersion = v.device.modelVersion
    c.frameFlags = v.codec === undefined ? 0 : recordFlag.foreign
    c.epoch = v.epoch
    // without one it has come by its certificate: its frames carry zeros
    c.token = a.token === '' ? Buffer.alloc(TOKEN_OCTETS) : Buffer.from(a.token, 'hex')
    if (this.takePlace(c)) guest.admitted()
    else this.refuse(a, 'taken_over')
  }

  private refuse({ c, deviceId, guest }: Asking<S>, cause: Cause, { reason, was }: Why = {}): void {
    this.refused(c, deviceId, cause, { reason, was })
    guest.refused(cause, reason)
  }

  /**
   * From here on the node holds the device by this session, so that a close for it (takeover, revocation) finds it even before it is
   * open. One session a device: an older one ends, a newer one stays.
   */
  private takePlace(c: S): boolean {
    const { devices, closedAhead } = this.node()
    const present = devices.get(c.deviceId)
    const closed = c.epoch <= (closedAhead.get(c.deviceId) ?? 0)
    if (c.state !== 'asked' || closed || (present && present.epoch > c.epoch)) {
      this.gone(c)
      return false
    }
    present?.dismiss('taken_over')
    devices.set(c.deviceId, c)
    return true
  }
}
