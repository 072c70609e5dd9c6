/** The device HTTP API on a real registry and device manager, with a log that remembers. */

import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { openPresence } from '#core/presence/open.ts'
import { openQueue } from '#core/queue/open.ts'
import { httpListeners } from '#lib/http.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { testClock } from '#lib/testclock.ts'
import { start as startManager } from '#logic/devicemanager/service.ts'
import type { Announced } from '../../src/access/httpaccess/accesspoints.ts'
import { start } from '../../src/access/httpaccess/service.ts'
import { type Registry, removeDir, startRegistry, tempDir } from './registry.ts'

export interface DeviceApi {
  base: string
  registry: Registry
  /** batches of the diary */
  batches: Buffer[]
  stop(): Promise<void>
}

export async function startDeviceApi(mqtt: readonly Announced[]): Promise<DeviceApi> {
  const dir = tempDir()
  const registry = await startRegistry(dir)
  const log = silentLog()
  const clock = testClock()
  const http = httpListeners()
  const stops: (() => Promise<void> | void)[] = []
  const batches: Buffer[] = []
  const common = {
    log,
    metrics: makeMetrics(),
    instance: 'test',
    http,
    clock,
    onStop: (f: () => Promise<void> | void) => void stops.push(f),
    onDrain() {},
    readiness() {},
  }
  const manager = await startManager({
    ...common,
    config: { tokenLife: 30 * 86_400_000 },
    ports: { presence: await openPresence('memory:', { clock }), queue: await openQueue('local:', {}) },
    peers: { registry: registry.face, access: () => undefined },
  })
  const accept: Face<typeof controller>['accept'] = async (batch) => {
    batches.push(Buffer.from(batch))
    return new Uint8Array()
  }
  const { listen } = await start({
    ...common,
    config: {
      httpaccessListen: { host: '127.0.0.1', port: 0 },
      mqttaccessListen: { host: '0.0.0.0', port: 1883 },
      failuresPerMinute: 300,
    },
    ports: {},
    peers: {
      registry: registry.face,
      devicemanager: manager.face,
      controller: { accept } as Face<typeof controller>,
      instances: async (service) => (service === 'mqttaccess' ? mqtt : []),
    },
  })
  return {
    base: listen!['httpaccess']!,
    registry,
    batches,
    async stop() {
      for (const f of stops.toReversed()) await f()
      await http.close()
      await registry.stop()
      removeDir(dir)
    },
  }
}
