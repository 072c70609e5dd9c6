/** The data directory: whose it is, what lies in it, and whether that is whole. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileLogOptions } from '#core/devicelog/file/open.ts'
import { historyFolder } from '#core/history/file/open.ts'
import { sqlitePath } from '#core/registrystore/sqlite.ts'
import { systemClock } from '#lib/clock.ts'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import type { Config } from '#src/config.ts'
import { loadPlugins } from '#src/plugins.ts'
import { checkFiles } from '../check.ts'
import { error, type Finding, fine, orFine, warning } from './finding.ts'

/** Whoever may read one of these has everything. */
const SECRET = ['keys.json', 'registry.db', 'rpc.json', 'admin-password']

export function permissions({ dataDir }: Pick<Config, 'dataDir'>): Finding[] {
  if (process.platform === 'win32') return []
  const found: Finding[] = []
  const { mode, uid } = statSync(dataDir)
  const me = process.getuid?.()
  if (me !== undefined && uid !== me)
    found.push(
      warning('permissions', `${dataDir} belongs to user ${uid}, and you are ${me}`, `run this, and the cloud, as user ${uid}`),
    )
  if (mode & 0o077) found.push(warning('permissions', `others may look into ${dataDir} (${octal(mode)})`, `chmod 700 ${dataDir}`))
  for (const file of SECRET.map((name) => join(dataDir, name)).filter(existsSync)) {
    const its = statSync(file).mode
    if (its & 0o077) found.push(error('permissions', `others may read ${file} (${octal(its)})`, `chmod 600 ${file}`))
  }
  return orFine(found, 'permissions', `${dataDir} is its owner's only`)
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0')

/** Everything is read through; of another engine than files nothing is known here. */
export async function engines(config: Config): Promise<Finding[]> {
  const { dataDir, registryUrl, devicelogUrl, historyUrl } = config
  const paths = {
    log: devicelogUrl.startsWith('file:') ? fileLogOptions(devicelogUrl, dataDir).dir : '',
    history: historyUrl.startsWith('file:') ? historyFolder(historyUrl, dataDir) : '',
    registry: registryUrl.startsWith('sqlite:') ? sqlitePath(registryUrl, dataDir) : '',
  }
  const wrong = await checkFiles(paths)
  const todo = 'put back a backup (pando restore); the cloud goes on with what is whole where it can'
  return orFine(
    wrong.map((e) => error('engines', e.message, todo)),
    'engines',
    'registry, device log and history were read through and are whole',
  )
}

/** They are set up as they would be: only what is wrong. */
export async function plugins(env: Record<string, string | undefined>): Promise<Finding[]> {
  try {
    const { stop } = await loadPlugins({ env, log: silentLog(), clock: systemClock })
    await stop()
    return []
  } catch (e) {
    if (!isPandoError(e, 'config_invalid')) throw e
    return [error('plugins', e.message, 'mend it, or take it out of PANDO_PLUGINS')]
  }
}

/** The registry opens with the keys that there are. */
export async function keys(config: Config, env: Record<string, string | undefined>): Promise<Finding[]> {
  const { startCloud } = await import('#src/cloud.ts')
  try {
    const cloud = await startCloud({ env, services: ['registry'], published: false })
    await cloud.stop()
    return [fine('keys', 'the keys are those that the data was written with')]
  } catch (e) {
    if (!isPandoError(e)) throw e
    const todo = isPandoError(e, 'config_invalid')
      ? `put back keys.json of ${config.dataDir}, or set PANDO_MASTER_KEY and PANDO_AES_KEY as they were`
      : 'put back a backup (pando restore)'
    return [error('keys', e.message, todo)]
  }
}
