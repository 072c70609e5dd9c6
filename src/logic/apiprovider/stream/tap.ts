/** The hub as long as somebody needs it, and a while longer: who comes back finds it running. Without listeners it costs nothing. */
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import { makeDirectory } from '#logic/shared/directory.ts'
import type { Codecs } from '#protocol/codec.ts'
import { Hub } from './hub.ts'

export interface TapOptions {
  ports: { devicelog: Pick<DeviceLog, 'read' | 'streams'>; queue: Pick<Queue, 'listen'> }
  /** looked up at each call */
  peers: { registry: Pick<Face<typeof registry>, 'devicesById' | 'model'> }
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'pando_stream_records_total' | 'pando_stream_behind_total'>
  codecs: Codecs | undefined
}

export interface Tap {
  /** The hub, running; call `release` once for each. Rejects where the log does not answer. */
  take(): Promise<Hub>
  release(): void
  stop(): void
}

const KEEP_MS = 60_000
const COUNT_MS = 1000

export function makeTap(o: TapOptions): Tap {
  const { clock, metrics } = o
  let running: Promise<Hub> | undefined
  let stops: (() => void)[] = []
  let users = 0
  let notYet = () => {}

  function open(): Promise<Hub> {
    const registry: TapOptions['peers']['registry'] = {
      devicesById: (i) => o.peers.registry.devicesById(i),
      model: (i) => o.peers.registry.model(i),
    }
    const directory = makeDirectory(registry, clock, o.codecs)
    let told = 0
    const count = () => {
      metrics.pando_stream_records_total.inc(told)
      told = 0
    }
    const hub = new Hub({
      ...o.ports,
      directory,
      clock,
      log: o.log,
      told: (n) => {
        told += n
      },
      fellBehind: () => metrics.pando_stream_behind_total.inc(),
    })
    stops = [
      o.ports.queue.listen('registry', 'apiprovider streams', (bell) => {
        if (bell.what === 'device') directory.forgetDevice(bell.id)
      }),
      clock.every(COUNT_MS, count),
      count,
      () => hub.stop(),
    ]
    return hub.begin().then(() => hub)
  }

  function close(): void {
    for (const stop of stops) stop()
    stops = []
    running = undefined
  }

  return {
    async take() {
      notYet()
      users++
      running ??= open()
      const mine = running
      try {
        return await mine
      } catch (e) {
        users--
        if (running === mine) close()
        throw e
      }
    },
    release() {
      users--
      notYet()
      if (users === 0) notYet = clock.after(KEEP_MS, () => users === 0 && close())
    },
    stop: close,
  }
}
