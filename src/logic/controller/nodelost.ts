/** The end of an access node that died (contracts/controller/up.ts). */
import { causeNumber } from '#contracts/causes.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { LogWriter } from '#core/devicelog/writer.ts'
import type { Current } from '#core/history/port.ts'
import type { Clock } from '#lib/service.ts'
import { conditionOf } from './connection.ts'
import { type DownPeers, originOf } from './down.ts'
import type { WayUp } from './up.ts'

const AT_ONCE = 500

interface Asked {
  node: string
  stream?: number
  sessions: readonly { device: number; epoch: number }[]
}

interface Parts {
  devicelog: Pick<DeviceLog, 'seal'>
  up: Pick<WayUp, 'catchUp'>
  current: Current
  writer: Pick<LogWriter, 'record' | 'drained'>
  peers: Pick<DownPeers, 'registry' | 'devicemanager'>
  clock: Clock
}

export function nodeEnder({ devicelog, up, current, writer, peers, clock }: Parts): (asked: Asked) => Promise<object> {
  const online = (device: number) => conditionOf(current, device).entries.find((e) => e.kind !== 'diary')?.kind === 'online'

  async function end(sessions: Asked['sessions']): Promise<void> {
    const devices = sessions.map((s) => s.device)
    const [{ items: known }, { items: routes }] = await Promise.all([
      peers.registry.devicesById({ ids: devices }),
      peers.devicemanager.routes({ devices }),
    ])
    const elsewhere = new Set(routes.map((r) => r.device))
    const epochs = new Map(sessions.map((s) => [s.device, s.epoch]))
    for (const device of known) {
      if (elsewhere.has(device.id) || !online(device.id)) continue
      const origin = { ...originOf(device), epoch: epochs.get(device.id)! }
      writer.record(recordKind.offline, causeNumber('node_lost'), 0, origin, clock.now(), Buffer.alloc(0))
    }
  }

  return async ({ stream, sessions }) => {
    if (stream !== undefined) {
      await devicelog.seal(stream)
      await up.catchUp(stream)
    }
    for (let i = 0; i < sessions.length; i += AT_ONCE) await end(sessions.slice(i, i + AT_ONCE))
    await writer.drained()
    return {}
  }
}
