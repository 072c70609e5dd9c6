/** The controller: see contracts/controller.ts for what it answers. */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { makeTranslator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { LogWriter } from '#core/devicelog/writer.ts'
import type { History } from '#core/history/port.ts'
import type { Queue } from '#core/queue/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { ServiceStart, Started } from '#lib/service.ts'
import { builtInCodecs } from '#protocol/codec.ts'
import { stringifyExact } from '#protocol/json.ts'
import { statusToJson } from '#protocol/model.ts'
import { asker } from './ask.ts'
import { commandLog } from './commandlog.ts'
import { currentProperties, unreleased } from './current.ts'
import { diary } from './diary.ts'
import { type DownPeers, wayDown } from './down.ts'
import { models } from './models.ts'
import { CONSUMER, housekeeping, type Limits, recover } from './recover.ts'
import { results } from './results.ts'
import { wayUp } from './up.ts'
import { makeWatchers, type Observer } from './watch.ts'

type Config = Limits & { uplinkMaxWaiting: number }
type Answered = 'accept' | 'latest' | 'ask' | 'setStatus' | 'command' | 'diary' | 'session'
type Ports = { devicelog: DeviceLog; history: History; queue: Queue }

export async function start(
  s: ServiceStart<Config, Ports, DownPeers>,
): Promise<Started & { face: Pick<Face<typeof controller>, Answered> }> {
  const { devicelog, history, queue } = s.ports
  const watchers = makeWatchers()
  const observers: Observer[] = []
  const translator = makeTranslator({
    codecs: s.codecs ?? builtInCodecs,
    registry: { model: (m) => s.peers.registry.model(m) },
    failed: (err, device) => {
      s.metrics.pando_codec_failures_total.inc({ service: 'controller', reason: err.code })
      s.log.debug({ err, device }, 'a frame of a codec cannot be read')
    },
  })
  const accepted = s.hooks?.accepted
  const up = wayUp({ devicelog, history, queue, observers, translator, accepted, metrics: s.metrics })
  await devicelog.consumers(CONSUMER, [CONSUMER])
  await recover(devicelog, history, up, s.log)
  const writer = new LogWriter({ accept: up.accept, log: s.log, maxWaiting: s.config.uplinkMaxWaiting })
  const log = commandLog(writer, s.clock)
  const parsed = models(s.peers.registry)
  const seen = results(log)
  const down = wayDown({ peers: s.peers, models: parsed, log, results: seen, metrics: s.metrics, clock: s.clock })
  const ask = asker(down, watchers, s.clock)
  const keeping = housekeeping({
    devicelog,
    history,
    up,
    log: s.log,
    clock: s.clock,
    limits: s.config,
    onSizes: (log, kept) => {
      s.metrics.pando_log_bytes.set(log)
      s.metrics.pando_history_bytes.set(kept)
      s.metrics.pando_current_devices.set(history.current.devices)
    },
  })
  observers.push(watchers, seen)
  s.onStop(async () => {
    await writer.drained()
    writer.stop()
    await keeping.stop()
  })

  async function latest(deviceId: number): Promise<string> {
    const device = (await s.peers.registry.devicesById({ ids: [deviceId] })).items[0]
    if (!device) throw new PandoError('device_unknown', 'device not found.', { device: deviceId })
    const model = await parsed.get(device.productId, device.modelVersion)
    return stringifyExact(statusToJson(model, { properties: currentProperties(history.current, deviceId) }).data)
  }

  return {
    face: {
      accept: up.accept,
      latest: async ({ deviceId }) => ({ json: await latest(deviceId) }),
      ask: async ({ deviceId, timeout }) => ({ json: await ask(deviceId, timeout) }),
      setStatus: ({ deviceId, body, timeout }) => down.setStatus(deviceId, body, timeout),
      command: ({ deviceId, body, timeout }) => down.command(deviceId, body, timeout),
      diary: async ({ deviceId, limit }) => ({ items: await diary(history, deviceId, limit) }),
      session: async ({ deviceId }) => ({ unreleased: unreleased(history.current, deviceId) }),
    },
  }
}
