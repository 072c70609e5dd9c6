/**
 * What all access services that hold devices have in common, whichever protocol they speak: the node, and a device that is in. What is done
 * with both is in the files beside this one; adding a protocol adds how it is spoken, nothing else.
 */
import { type Cause, causeNumber } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock, ServiceStart } from '#lib/service.ts'
import { type Counts, nodeCounts } from './counts.ts'
import { Departures } from './departures.ts'
import { Doubts } from './doubts.ts'
import type { EnrolDiary } from './enrol.ts'
import { Ghosts } from './ghosts.ts'
import { RefusalDiary } from './refusals.ts'
import { type Origin, Uplink } from './uplink.ts'

/** new: nothing read yet · asked: its credentials are being checked · open · closed */
export type State = 'new' | 'asked' | 'open' | 'closed'

/** A device at this node, from the moment when it asks to come in. */
export interface DeviceSession extends Origin {
  readonly state: State
  /** host:port of the device */
  readonly address: string
  /** names that the certificate vouches for that it has shown; '' as token is good then */
  readonly vouched?: readonly string[] | undefined
  /** flags that records of its frames begin with: `foreign` where they are a codec's */
  frameFlags: number
  /** the 16 octets that frames to the device carry */
  token: Uint8Array
  /** The cloud ends it, for this cause: a device that can be told is told. Repeating it is harmless. */
  dismiss(cause: Cause): void
}

export interface DeviceNode<S extends DeviceSession = DeviceSession> extends Counts {
  /** as routes, the diary and metrics name it: mqtt */
  readonly protocol: string
  readonly log: Logger
  readonly clock: Clock
  readonly metrics: Metrics
  readonly uplink: Uplink
  readonly refusals: RefusalDiary
  readonly departures: Departures
  readonly doubts: Doubts
  readonly ghosts: Ghosts
  /** device id → its one session here, from when it was let in */
  readonly devices: Map<number, S>
  /** device → epoch: sessions up to this one are not let in, whatever the verdict that is on its way */
  readonly closedAhead: Map<number, number>
  stopping: boolean
  /** Resolves when all that sessions have sent, and that they have ended, is durable. */
  drained(): Promise<void>
  /** ms since 1970 */
  now(): number
}

export interface AccessPeers {
  devicemanager: Face<typeof devicemanager>
  controller: Face<typeof controller>
}

/** A start of a service whose devices send to the log. */
export type AccessStart<Config = object, Peers extends AccessPeers = AccessPeers> = ServiceStart<
  Config & { uplinkMaxWaiting: number },
  object,
  Peers
>

/** `onSealed`: another node has taken over the log stream; all sessions must go. */
export function deviceNode<S extends DeviceSession>(s: AccessStart, protocol: string, onSealed: () => void): DeviceNode<S> {
  const { clock, log, metrics } = s
  const service = `${protocol}access`
  const counts = nodeCounts(metrics, protocol)
  const uplink: Uplink = new Uplink({
    accept: (batch) => s.peers.controller.accept(batch),
    log,
    maxWaiting: s.config.uplinkMaxWaiting,
    onSealed,
    onEnd: (end) => doubts.add(end),
    onBatch: (result) => {
      counts.flush()
      metrics.pando_uplink_appends_total.inc({ service, result })
      metrics.pando_uplink_waiting_bytes.set({ service }, uplink.waiting)
    },
  })
  const doubts = new Doubts({ peer: () => s.peers.controller, uplink: () => uplink, clock, log })
  const refusals = new RefusalDiary(uplink, clock)
  s.onStop(() => {
    refusals.stop()
    doubts.stop()
    uplink.stop()
  })
  const drained = async (): Promise<void> => {
    await doubts.settled()
    await uplink.drained()
  }
  const devices = new Map<number, S>()
  const peer = () => s.peers.devicemanager
  const departures = new Departures(peer, drained, () => ghosts.want(), log)
  const gone = (device: number, epoch: number) => departures.add(device, epoch)
  const ghosts = new Ghosts({ instance: s.instance, clock, peer, devices, gone })
  s.readiness('log', () => (uplink.full ? 'the device log does not accept' : undefined))
  return {
    ...counts,
    protocol,
    log,
    clock,
    metrics,
    uplink,
    refusals,
    departures,
    ghosts,
    doubts,
    drained,
    devices,
    closedAhead: new Map(),
    stopping: false,
    now: () => clock.now(),
  }
}

/** The device is in: from here on it is online. `about`: what the diary tells of the connection. */
export function entered(node: DeviceNode, c: DeviceSession, about: object, flags = 0): void {
  node.uplink.note(recordKind.online, 'none', c, node.now(), { protocol: node.protocol, ...about }, undefined, undefined, flags)
  node.entered()
}

/** The session of a device that was in has ended. */
export function left(node: DeviceNode, c: DeviceSession, cause: Cause, detail?: string): void {
  const about = detail === undefined ? {} : { detail }
  if (cause === 'stream_sealed' || node.doubts.expects(c)) node.doubts.add(endOf(c, cause, node.now(), about))
  else node.uplink.note(recordKind.offline, cause, c, node.now(), about)
  node.left(cause)
  node.departures.add(c.deviceId, c.epoch)
}

const endOf = ({ deviceId, productId, modelVersion, epoch }: DeviceSession, cause: Cause, time: number, about: object) => ({
  origin: { deviceId, productId, modelVersion, epoch },
  reason: causeNumber(cause),
  time,
  data: Buffer.from(JSON.stringify(about)),
})

/** The diary of registrations and logins at this node; while the log does not take more, they go untold. */
export const enrolDiary = (node: DeviceNode): EnrolDiary => ({
  note(cause, { id: deviceId, productId, modelVersion }, params) {
    if (node.uplink.full) return
    node.uplink.note(recordKind.diary, cause, { deviceId, productId, modelVersion, epoch: 0 }, node.now(), params)
  },
  refused(cause, deviceId, params) {
    if (!node.uplink.full) node.refusals.refused(deviceId, cause, params)
  },
})

/** The node forgets the session, unless the device has another one by now. */
export function forget<S extends DeviceSession>(node: DeviceNode<S>, c: S): void {
  if (node.devices.get(c.deviceId) === c) node.devices.delete(c.deviceId)
}
