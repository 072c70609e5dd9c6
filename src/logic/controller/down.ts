/** The way down: where a device is, and the node that holds it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { access, Delivery, DeliveryResult } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Device, registry } from '#contracts/registry.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { nodeNamed } from '#logic/shared/nodes.ts'
import { type Codecs, foreignFrame, isForeign } from '#protocol/codec.ts'
import { ProtocolError, protocolErrors } from '#protocol/errors.ts'
import type { Model } from '#protocol/model.ts'
import type { Models } from './models.ts'
import type { Moves, Outcome } from './moves.ts'
import type { Returning } from './returning.ts'

export interface DownPeers {
  registry: Face<typeof registry>
  devicemanager: Face<typeof devicemanager>
  access(node: string): Face<typeof access> | undefined
}

type Topic = 'c' | 's'

const nowhere: DeliveryResult = { delivered: false, error: 'device_offline' }

export interface Found {
  device: Device
  model: Model
}

export interface Target extends Found {
  origin: Origin
  node: string
}

export interface How {
  /** hex, of a command, whose steps the node records */
  id?: string
  again?: boolean
  /** Somebody waits: where the node does not have the device, it is looked for again. */
  patient: boolean
}

export interface WayDown {
  /** `device_unknown` */
  find(deviceId: number): Promise<Found>
  /** `device_offline`; one that the cloud itself has sent away is waited for, `within` ms at most, 0 unless told */
  locate(found: Found, within?: number): Promise<Target>
  /** The device, its model and where it is, as `locate`; `device_unknown`, `device_offline`. */
  reach(deviceId: number, within?: number): Promise<Target>
  /** Sends a frame; `deadline` in ms since 1970. */
  send(t: Target, topic: Topic, frame: Uint8Array, deadline: number, how: How): Promise<DeliveryResult>
  /** Throws `frame_invalid` where the codec of the product cannot express the frame. */
  expressible(found: Found, topic: Topic, frame: Uint8Array): void
  /** Sends a frame that need not be in the log (a question). */
  deliver(t: Target, topic: Topic, frame: Uint8Array, timeout: number): Promise<void>
}

interface Parts {
  peers: DownPeers
  models: Models
  codecs: Codecs
  clock: Clock
  moves: Moves
  returning: Returning
}

/** The node of a route has no session in the moment before the device is in, and in that after it has gone. */
const NOT_THERE_MS = 1000
const LOOK_MS = 50

export function wayDown({ peers, models, codecs, clock, moves, returning }: Parts): WayDown {
  /** What is sent: the log, and all but the device, know our own frames only. */
  const octetsFor = ({ model }: Found, topic: Topic, frame: Uint8Array): Uint8Array =>
    isForeign(model.codec) ? foreignFrame(codecs, model, topic === 's' ? 'status' : 'command', frame) : frame

  async function find(deviceId: number): Promise<Found> {
    const device = (await peers.registry.devicesById({ ids: [deviceId] })).items[0]
    if (!device) throw new PandoError('device_unknown', 'device not found.', { device: deviceId })
    return { device, model: await models.get(device.productId, device.modelVersion) }
  }

  async function locate({ device, model }: Found, within = 0): Promise<Target> {
    for (const until = clock.now() + within; ; ) {
      const route = (await peers.devicemanager.routes({ devices: [device.id] })).items[0]
      if (route) return { device, model, origin: { ...originOf(device), epoch: route.epoch }, node: route.node }
      if (!(await returning.back(device.id, until - clock.now()))) throw offline(device.id)
    }
  }

  function octetsOrNothing(t: Target, topic: Topic, frame: Uint8Array): Uint8Array | undefined {
    try {
      return octetsFor(t, topic, frame)
    } catch (e) {
      if (e instanceof ProtocolError) return undefined
      throw e
    }
  }

  async function deliverAt(node: string, delivery: Delivery): Promise<Outcome | 'gone'> {
    const face = peers.access(node) ?? (await nodeNamed(peers.access, node))
    if (!face) return 'gone'
    try {
      return await moves.during(
        delivery.device,
        node,
        face.deliver({ items: [delivery] }).then(({ items }) => items[0]!),
      )
    } catch (e) {
      // its lease may not be over yet
      if (isPandoError(e, 'unavailable') && e.params['sent'] === false && e.params['busy'] !== true) return 'gone'
      throw e
    }
  }

  const send: WayDown['send'] = async (t, topic, frame, deadline, { patient, ...command }) => {
    const octets = octetsOrNothing(t, topic, frame)
    if (!octets) return { delivered: false, error: 'codec_refused' }
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64')
    const delivery: Delivery = { device: t.device.id, topic, frame: text, deadline, ...command }
    for (let [to, looks] = [t, 0]; ; ) {
      const outcome = await deliverAt(to.node, delivery)
      if (typeof outcome === 'object' && (!patient || outcome.error !== 'device_offline')) return outcome
      if (outcome === 'moved') delivery.again = true
      const left = deadline - clock.now()
      if (left <= 0) return nowhere
      const now = await locate(t, patient ? left : 0)
      const same = now.node === to.node && now.origin.epoch === to.origin.epoch
      if (same && (outcome === 'gone' || ++looks > NOT_THERE_MS / LOOK_MS)) return nowhere
      if (same) await sleep(LOOK_MS)
      to = now
    }
  }

  return {
    find,
    locate,
    reach: async (deviceId, within) => locate(await find(deviceId), within),
    send,
    expressible: (found, topic, frame) => void fitting(() => octetsFor(found, topic, frame)),
    async deliver(t, topic, frame, timeout) {
      const result = await send(t, topic, frame, clock.now() + timeout, { patient: true })
      if (!result.delivered) throw refusal(result, t.device.id)
    },
  }
}

/** Of records that the controller makes for a device that need not be connected. */
export const originOf = (device: Device): Origin => ({
  deviceId: device.id,
  productId: device.productId,
  modelVersion: device.modelVersion,
  epoch: 0,
})

const offline = (device: number, node?: string): PandoError =>
  new PandoError('device_offline', 'device is not online.', { device, ...(node !== undefined && { node }) })

/** An error of the protocol's own as one that crosses services. */
export function frameError(e: unknown): unknown {
  return e instanceof ProtocolError
    ? new PandoError('frame_invalid', e.message, { ...e.params, reason: e.code, detail: e.detail }, e)
    : e
}

/** Runs `make`; what the protocol refuses is `frame_invalid`. */
export function fitting<T>(make: () => T): T {
  try {
    return make()
  } catch (e) {
    throw frameError(e)
  }
}

/** What a delivery that failed is to the caller. */
export function refusal(r: DeliveryResult, device: number): PandoError {
  if (r.error === 'frame_too_large') {
    return new PandoError(
      'frame_too_large',
      `the frame would make a packet above the ${r.limit} bytes that this device can take`,
      { device, limit: r.limit },
    )
  }
  if (r.error === 'codec_refused')
    return new PandoError('frame_invalid', protocolErrors.codec_refused, { device, reason: r.error })
  if (r.error === 'device_timeout') return new PandoError('device_timeout', 'timeout pushlishing message.', { device })
  return offline(device)
}
