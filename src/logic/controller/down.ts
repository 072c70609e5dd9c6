/**
 * The way down: a command is in the log before it is sent; then the node that holds the device delivers it, and the
 * device's confirmation answers the caller.
 */
import type { access, DeliveryResult } from '#contracts/access.ts'
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import type { Device, registry } from '#contracts/registry.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import { PandoError } from '#lib/errors.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { encodeCommand, encodeStatus } from '#protocol/frames.ts'
import { commandFromJson, type Model, statusFromJson } from '#protocol/model.ts'
import type { CommandId, CommandLog, Topic } from './commandlog.ts'
import type { Models } from './models.ts'
import type { Results } from './results.ts'

export interface DownPeers {
  registry: Face<typeof registry>
  devicemanager: Face<typeof devicemanager>
  access(node: string): Face<typeof access> | undefined
}

export interface WayDown {
  /** The device, its model and where it is; `device_unknown`, `device_offline`. */
  reach(deviceId: number): Promise<Target>
  /** Sends a frame that need not be in the log (a question). */
  deliver(t: Target, topic: Topic, frame: Uint8Array, timeout: number): Promise<void>
  setStatus(deviceId: number, body: string, timeout: number): Promise<{ id: string; state: string }>
  command(deviceId: number, body: string, timeout: number): Promise<{ id: string; state: string }>
}

export interface Target {
  device: Device
  model: Model
  origin: Origin
  node: string
}

type Parts = { peers: DownPeers; models: Models; log: CommandLog; results: Results; metrics: Metrics; clock: Clock }

export function wayDown({ peers, models, log, results, metrics, clock }: Parts): WayDown {
  let lastTime = 0

  /** ms since 1970, different for each frame: devices name a command by it in event 65534. */
  const frameTime = () => (lastTime = Math.max(clock.now(), lastTime + 1))

  async function find(deviceId: number): Promise<{ device: Device; model: Model }> {
    const device = (await peers.registry.devicesById({ ids: [deviceId] })).items[0]
    if (!device) throw new PandoError('device_unknown', 'device not found.', { device: deviceId })
    return { device, model: await models.get(device.productId, device.modelVersion) }
  }

  async function locate({ device, model }: { device: Device; model: Model }): Promise<Target> {
    const route = (await peers.devicemanager.routes({ devices: [device.id] })).items[0]
    if (!route) throw new PandoError('device_offline', 'device is not online.', { device: device.id })
    const origin = { deviceId: device.id, productId: device.productId, modelVersion: device.modelVersion, epoch: route.epoch }
    return { device, model, origin, node: route.node }
  }

  async function send(t: Target, topic: Topic, frame: Uint8Array, timeout: number): Promise<DeliveryResult> {
    const node = peers.access(t.node)
    if (!node) throw new PandoError('device_offline', 'device is not online.', { device: t.device.id, node: t.node })
    const text = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('base64')
    const { items } = await node.deliver({
      items: [{ device: t.device.id, topic, frame: text, deadline: clock.now() + timeout }],
    })
    return items[0]!
  }

  async function logged(
    t: Target,
    topic: Topic,
    time: number,
    frame: Uint8Array,
    timeout: number,
  ): Promise<{ id: string; state: string }> {
    const started = clock.now()
    const id = await log.accepted(t.origin, topic, frame)
    let result: DeliveryResult
    try {
      result = await send(t, topic, frame, Math.max(1, timeout - (clock.now() - started)))
    } catch (e) {
      ended(id, t, 'failed', e instanceof PandoError ? e.code : 'internal')
      throw e
    }
    if (!result.delivered) {
      ended(id, t, result.error === 'device_timeout' ? 'timedOut' : 'failed', result.error)
      throw refusal(result, t.device.id)
    }
    results.expect(t.device.id, time, id, t.origin)
    ended(id, t, 'delivered')
    metrics.pando_command_seconds.observe((clock.now() - started) / 1000)
    return { id: id.text, state: 'delivered' }
  }

  function ended(id: CommandId, t: Target, step: 'delivered' | 'failed' | 'timedOut', detail?: string): void {
    log.step(id, t.origin, step, detail)
    metrics.pando_commands_total.inc({ result: step })
  }

  return {
    reach: async (deviceId) => locate(await find(deviceId)),
    async deliver(t, topic, frame, timeout) {
      const result = await send(t, topic, frame, timeout)
      if (!result.delivered) throw refusal(result, t.device.id)
    },
    async setStatus(deviceId, body, timeout) {
      const found = await find(deviceId)
      const timestamp = frameTime()
      const frame = encoded(() => encodeStatus({ timestamp, properties: statusFromJson(found.model, body) }))
      return logged(await locate(found), 's', timestamp, frame, timeout)
    },
    async command(deviceId, body, timeout) {
      const found = await find(deviceId)
      const timestamp = frameTime()
      const frame = encoded(() => encodeCommand({ timestamp, ...commandFromJson(found.model, body) }))
      return logged(await locate(found), 'c', timestamp, frame, timeout)
    },
  }
}

function encoded(make: () => Uint8Array): Uint8Array {
  try {
    return make()
  } catch (e) {
    throw frameError(e)
  }
}

/** An error of the protocol's own as one that crosses services. */
export function frameError(e: unknown): unknown {
  return e instanceof ProtocolError
    ? new PandoError('frame_invalid', e.message, { ...e.params, reason: e.code, detail: e.detail }, e)
    : e
}

function refusal(r: DeliveryResult, device: number): PandoError {
  if (r.error === 'frame_too_large') {
    return new PandoError(
      'frame_too_large',
      `the frame would make a packet above the ${r.limit} bytes that this device can take`,
      { device, limit: r.limit },
    )
  }
  if (r.error === 'device_timeout') return new PandoError('device_timeout', 'timeout pushlishing message.', { device })
  return new PandoError('device_offline', 'device is not online.', { device })
}
