import type { DeviceLog } from '#core/devicelog/port.ts'
import type { EngineHealth } from '#core/health.ts'
import { PandoError } from '#lib/errors.ts'

export interface DeviceLogOptions {
  dataDir: string
  /** a pino logger fits */
  log?: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** called when health() changes */
  onState?: (h: EngineHealth) => void
}

export type DeviceLogOpener = (url: string, options: DeviceLogOptions) => Promise<DeviceLog>

/** scheme → the engine, imported when it is used */
export type DeviceLogEngines = Readonly<Record<string, () => Promise<DeviceLogOpener>>>

export const deviceLogEngines: DeviceLogEngines = {
  file: async () => {
    const { fileLogOptions, openFileLog } = await import('./file/open.ts')
    return (url, options) => openFileLog({ ...options, ...fileLogOptions(url, options.dataDir) })
  },
}

/** Opens the device log that `url` names, e.g. `file:`. Throws `config_invalid` listing the possible schemes, and what the engine throws. */
export async function openDeviceLog(
  url: string,
  options: DeviceLogOptions,
  engines: DeviceLogEngines = deviceLogEngines,
): Promise<DeviceLog> {
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(url)?.[1] ?? ''
  const engine = Object.hasOwn(engines, scheme) ? engines[scheme] : undefined
  if (!engine) {
    const possible = Object.keys(engines).map((s) => `${s}:`)
    throw new PandoError('config_invalid', `device log: ${url} is not possible; possible: ${possible.join(', ')}`, {
      url,
      possible,
    })
  }
  const open = await engine()
  return open(url, options)
}
