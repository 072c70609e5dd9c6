/** After a start: what devices were owed is taken up again. */
import type { Current } from '#core/history/port.ts'
import type { Logger } from '#lib/log.ts'
import type { DownPeers } from './down.ts'

/** Something that knows of devices what must not be forgotten. */
export interface Owing {
  /** Takes up what the device is owed, without sending. */
  restore(device: number): void
  /** devices that are owed something */
  owed?(): number[]
  /** The device is there. */
  arrived?(device: number): void
}

const ROUTES_AT_ONCE = 500

/** Devices that were connected before this controller began get no new online record: they are looked for. */
export async function restoreAll(
  current: Current,
  owing: readonly Owing[],
  peers: Pick<DownPeers, 'devicemanager'>,
  log: Logger,
): Promise<void> {
  current.eachDevice((device) => {
    for (const o of owing) o.restore(device)
  })
  const devices = [...new Set(owing.flatMap((o) => o.owed?.() ?? []))]
  if (devices.length === 0) return
  log.info({ devices: devices.length }, 'devices are owed commands or desired state')
  try {
    for (let i = 0; i < devices.length; i += ROUTES_AT_ONCE) {
      const { items } = await peers.devicemanager.routes({ devices: devices.slice(i, i + ROUTES_AT_ONCE) })
      for (const { device } of items) for (const o of owing) o.arrived?.(device)
    }
  } catch (err) {
    log.warn({ err }, 'devices that are owed something could not be looked for')
  }
}
