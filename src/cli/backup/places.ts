/** Where the files of a backup belong, by the settings. */
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileLogOptions } from '#core/devicelog/file/open.ts'
import { historyFolder } from '#core/history/file/open.ts'
import { sqlitePath } from '#core/registrystore/sqlite.ts'
import { restoringIn } from '#lib/backup/restoring.ts'
import { PandoError } from '#lib/errors.ts'
import type { Config } from '#src/config.ts'

export interface Place {
  /** as it begins in the backup: `log`, `registry/registry.db` */
  name: string
  /** where it belongs */
  path: string
  /** where it is put until all is there: on the same file system */
  stage: string
}

const schemes = { registryUrl: 'sqlite:', devicelogUrl: 'file:', historyUrl: 'file:' } as const

/** In the order in which they are moved; the registry makes a cloud of them. Throws `config_invalid` where an engine is not of files. */
export function placesOf(config: Config): Place[] {
  const { dataDir } = config
  for (const [key, scheme] of Object.entries(schemes)) {
    const url = config[key as keyof typeof schemes]
    if (!url.startsWith(scheme))
      throw new PandoError(
        'config_invalid',
        `a backup holds files, and ${url} is an engine that has its own: restore it with its tools`,
      )
  }
  const registry = sqlitePath(config.registryUrl, dataDir)
  const place = (name: string, path: string): Place => {
    const inside = !relative(resolve(dataDir), path).startsWith('..')
    return {
      name,
      path,
      stage: inside ? join(restoringIn(dataDir), name) : join(dirname(path), `restoring-${name.replaceAll('/', '-')}`),
    }
  }
  return [
    place('log', fileLogOptions(config.devicelogUrl, dataDir).dir),
    place('history', historyFolder(config.historyUrl, dataDir)),
    place('keys.json', resolve(dataDir, 'keys.json')),
    place('disk-budget.json', resolve(dataDir, 'disk-budget.json')),
    place('registry/registry.db-mark', `${registry}-mark`),
    place('registry/registry.db', registry),
  ]
}

/** Where a file of the backup is put first. */
export function stageOf(places: readonly Place[], name: string): string {
  const place = places.find((p) => name === p.name || name.startsWith(`${p.name}/`))
  if (!place) throw new PandoError('store_damaged', `a backup may not hold ${name}`)
  return `${place.stage}${name.slice(place.name.length)}`
}

/** Those outside the data directory that are taken already. */
export const takenOutside = (dataDir: string, places: readonly Place[]): string[] =>
  places.map((p) => p.path).filter((path) => relative(resolve(dataDir), path).startsWith('..') && existsSync(path))
