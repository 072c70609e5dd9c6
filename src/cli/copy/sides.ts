/** Where data is, and where it goes: a data folder, or engines by URL. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { sqlitePath } from '#core/registrystore/sqlite.ts'
import { PandoError } from '#lib/errors.ts'
import type { Config } from '#src/config.ts'
import { UsageError } from '../usage.ts'

const ports = { registry: 'registryUrl', devicelog: 'devicelogUrl', history: 'historyUrl' } as const
const embedded = { registryUrl: 'sqlite:', devicelogUrl: 'file:', historyUrl: 'file:' }

export type Side = { -readonly [K in 'dataDir' | (typeof ports)[keyof typeof ports]]: Config[K] }

/** `text`: a folder, or `registry=<url> devicelog=<url> history=<url>`; relative places are in the data directory of the settings. */
export function sideOf(text: string, config: Config, command: string): Side {
  const words = text.split(/\s+/).filter((w) => w !== '')
  if (words.length === 1 && !words[0]!.includes('=')) return { dataDir: resolve(words[0]!), ...embedded }
  const side: Side = { dataDir: config.dataDir, ...embedded }
  const given = new Set<string>()
  for (const word of words) {
    const [, port = '', url = ''] = /^(\w+)=(.+)$/.exec(word) ?? []
    if (!Object.hasOwn(ports, port))
      throw new UsageError(`${word.split('=')[0]} is none of registry=, devicelog=, history=`, command)
    given.add(port)
    side[ports[port as keyof typeof ports]] = url
  }
  const missing = Object.keys(ports).find((p) => !given.has(p))
  if (missing !== undefined) throw new UsageError(`${missing}= is missing: all three move together`, command)
  return side
}

/** Opening an engine would make an empty one. */
export function expectData({ dataDir, registryUrl }: Side): void {
  if (!registryUrl.startsWith('sqlite:') || existsSync(sqlitePath(registryUrl, dataDir))) return
  const file = sqlitePath(registryUrl, dataDir)
  throw new PandoError('not_found', `there is no data to copy: ${file} is not there`, { file })
}
