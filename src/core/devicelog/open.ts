import { type EngineTable, openEngine } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import type { DeviceLog } from './port.ts'

export interface DeviceLogOptions {
  dataDir: string
  /** a pino logger fits */
  log?: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** called when health() changes */
  onState?: (h: EngineHealth) => void
}

/** scheme → device log */
export const deviceLogEngines = {
  file: async (url, o) => {
    const { fileLogOptions, openFileLog } = await import('./file/open.ts')
    return openFileLog({ ...o, ...fileLogOptions(url, o.dataDir) })
  },
  mongodb: async (url, o) => (await import('./mongodb/mongolog.ts')).openMongoLog(url, o),
} satisfies EngineTable<DeviceLog, DeviceLogOptions>

/** Opens the device log that PANDO_DEVICELOG_URL names, e.g. `file:`. Throws `config_invalid` listing the possible schemes, and what the engine throws. */
export const openDeviceLog = (
  url: string,
  options: DeviceLogOptions,
  table: EngineTable<DeviceLog, DeviceLogOptions> = deviceLogEngines,
): Promise<DeviceLog> => openEngine('devicelog', table, url, options)
