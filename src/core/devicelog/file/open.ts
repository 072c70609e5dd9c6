import { resolve } from 'node:path'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { nodeDisk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { removeFrozen } from '#lib/frozen.ts'
import { fileLog } from './file-log.ts'
import { lock } from './lock.ts'
import type { FileLogOptions } from './options.ts'

export type { EngineLog, FileLogOptions } from './options.ts'

/**
 * Opens the log in a folder, making it if need be. Throws `conflict` when another process has it (its pid is named), `log_damaged`
 * naming file and offset, `version_mismatch` when a newer version wrote it, `disk_full` or `log_unavailable` when the disk refuses.
 */
export async function openFileLog(options: FileLogOptions): Promise<DeviceLog> {
  const unlock = options.lock === false ? async () => {} : await locked(options.dir)
  const defaults = { disk: nodeDisk, segmentBytes: 64 << 20, stepBytes: 4 << 20, scrubBytesPerSecond: 8 << 20, now: Date.now }
  try {
    return await fileLog({ ...defaults, ...options }, unlock)
  } catch (e) {
    await unlock()
    throw e
  }
}

/** Nobody else has it then: what was left behind there is nobody's. */
async function locked(dir: string): Promise<() => Promise<void>> {
  const unlock = await lock(dir)
  removeFrozen(dir)
  return unlock
}

/** Reads `file:`, `file:<folder>` (seen from the data folder), `?segmentBytes=`. */
export function fileLogOptions(url: string, dataDir: string): { dir: string; segmentBytes?: number } {
  const [path, query] = url.replace(/^file:(\/\/)?/, '').split('?')
  const known = new URLSearchParams(query)
  const out: { dir: string; segmentBytes?: number } = { dir: resolve(dataDir, decodeURIComponent(path!) || 'log') }
  for (const [name, value] of known) {
    const n = Number(value)
    if (name !== 'segmentBytes')
      throw new PandoError('config_invalid', `device log: unknown option ${name} in ${url}; possible: segmentBytes`)
    if (!(n >= 1 << 20 && n <= 1 << 30))
      throw new PandoError('config_invalid', `device log: segmentBytes must be 1048576…1073741824, not ${value}`)
    out.segmentBytes = n
  }
  return out
}
