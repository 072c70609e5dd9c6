import { resolve } from 'node:path'
import type { EngineHealth } from '#core/health.ts'
import { type Disk, nodeDisk } from '#lib/disk.ts'
import type { Logger } from '#lib/log.ts'
import { FileHistory } from './history.ts'
import { type KeeperOptions, keeperDefaults, lightDefaults } from './keeper.ts'
import { KeptCurrent } from './keptcurrent.ts'
import { lazyLink } from './lazylink.ts'
import { type Link, type Listener, localLink } from './link.ts'

export interface FileHistoryOptions extends Partial<Omit<KeeperOptions, 'folder'>> {
  dataDir: string
  log?: Pick<Logger, 'warn' | 'info'>
  /** another disk than this machine's; the work is then done in this thread */
  disk?: Disk
}

/** Opens history in files: `file:` is the folder `history` of the data directory, `file:<folder>` another one (relative: to it). */
export async function openFileHistory(url: string, options: FileHistoryOptions): Promise<FileHistory> {
  const { dataDir, log, disk } = options
  const rest = keeperOptions(options)
  const folder = historyFolder(url, dataDir)
  const onState = (h: EngineHealth) => {
    if (h.error === undefined) log?.info({ engine: 'history' }, 'history is well again')
    else log?.warn({ engine: 'history', state: h.state }, h.error)
  }
  const current = await KeptCurrent.open(folder, disk ?? nodeDisk)
  const heavy = { ...keeperDefaults, ...rest, folder }
  const light = { ...lightDefaults, ...rest, folder }
  const connect = (listener: Listener): Promise<Link> =>
    disk
      ? localLink(disk, heavy, listener)
      : lazyLink(nodeDisk, light, { ...heavy, lightBytes: keeperDefaults.lightBytes }, listener)
  return await FileHistory.open(current, connect, onState)
}

/** Only what the keeper knows: it is sent to a thread, and whoever opens engines gives them more (a clock). */
function keeperOptions(options: FileHistoryOptions): Partial<KeeperOptions> {
  const known = Object.keys(keeperDefaults)
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => known.includes(name) && value !== undefined))
}

/** Where the files of this setting lie. */
export const historyFolder = (url: string, dataDir: string): string =>
  resolve(dataDir, decodeURIComponent(url.replace(/^file:(\/\/)?/, '')) || 'history')
