import { resolve } from 'node:path'
import type { EngineHealth } from '#core/health.ts'
import { type Disk, nodeDisk } from '#lib/disk.ts'
import type { Logger } from '#lib/log.ts'
import { FileHistory } from './history.ts'
import { type KeeperOptions, keeperDefaults } from './keeper.ts'
import { KeptCurrent } from './keptcurrent.ts'
import { localLink, threadLink } from './link.ts'

export interface FileHistoryOptions extends Partial<Omit<KeeperOptions, 'folder'>> {
  dataDir: string
  log?: Pick<Logger, 'warn' | 'info'>
  /** another disk than this machine's; the work is then done in this thread */
  disk?: Disk
}

/** Opens history in files: `file:` is the folder `history` of the data directory, `file:<folder>` another one (relative: to it). */
export async function openFileHistory(url: string, options: FileHistoryOptions): Promise<FileHistory> {
  const { dataDir, log, disk, ...rest } = options
  const folder = folderOf(url, dataDir)
  const onState = (h: EngineHealth) => {
    if (h.error === undefined) log?.info({ engine: 'history' }, 'history is well again')
    else log?.warn({ engine: 'history', state: h.state }, h.error)
  }
  const keeper: KeeperOptions = { ...keeperDefaults, ...rest, folder }
  const current = await KeptCurrent.open(folder, disk ?? nodeDisk)
  return await FileHistory.open(
    current,
    (listener) => (disk ? localLink(disk, keeper, listener) : threadLink(keeper, listener)),
    onState,
  )
}

const folderOf = (url: string, dataDir: string): string =>
  resolve(dataDir, decodeURIComponent(url.replace(/^file:(\/\/)?/, '')) || 'history')
