/** The platform's two keys: from the settings, or made once and kept in `<data dir>/keys.json`, readable by the owner only. */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { PandoError } from '#lib/errors.ts'

export interface PlatformKeys {
  /** of the key scheme: 16, 24 or 32 octets */
  aesKey: string
  /** at least 32 characters */
  masterKey: string
}

const crcOf = (k: PlatformKeys): number => crc32(`1|${k.aesKey}|${k.masterKey}`)

const damaged = (file: string, what: string): PandoError =>
  new PandoError('store_damaged', `${file} ${what}; restore it from a copy: without it no device secret can be read`, { file })

function read(file: string): PlatformKeys {
  const text = readFileSync(file, 'utf8')
  let content: Partial<PlatformKeys> & { format?: unknown; crc?: unknown }
  try {
    content = JSON.parse(text)
  } catch {
    throw damaged(file, 'is damaged (not JSON)')
  }
  const { aesKey, masterKey, format, crc } = content ?? {}
  if (typeof aesKey !== 'string' || typeof masterKey !== 'string') throw damaged(file, 'is damaged (a key is missing)')
  if (format !== 1 || crc !== crcOf({ aesKey, masterKey })) throw damaged(file, 'is damaged (checksum)')
  return { aesKey, masterKey }
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}

/** Whoever comes first makes it; it appears whole or not at all. */
function make(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const keys = { aesKey: randomBytes(24).toString('base64url'), masterKey: randomBytes(32).toString('base64url') }
  const mine = `${file}.${process.pid}.new`
  writeFileSync(mine, `${JSON.stringify({ format: 1, ...keys, crc: crcOf(keys) }, null, 2)}\n`, { mode: 0o600 })
  syncPath(mine)
  try {
    linkSync(mine, file)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e
  } finally {
    unlinkSync(mine)
  }
  syncPath(dataDir)
}

/**
 * `given`: the settings, which win. `needed`: why keys may not be made here, where that is so.
 * Throws `store_damaged` naming the file, `config_invalid` when it is missing.
 */
export function loadKeys(dataDir: string, given: Partial<PlatformKeys>, needed: string | undefined): PlatformKeys {
  const { aesKey, masterKey } = given
  if (aesKey !== undefined && masterKey !== undefined) return { aesKey, masterKey }
  const file = join(dataDir, 'keys.json')
  if (!existsSync(file)) {
    const missing = aesKey === undefined ? 'PANDO_AES_KEY' : 'PANDO_MASTER_KEY'
    const message = `${file} is missing and ${missing} is not set, but ${needed}; restore the file or set the key`
    if (needed !== undefined) throw new PandoError('config_invalid', message, { file, setting: missing })
    make(dataDir, file)
  }
  const kept = read(file)
  return { aesKey: aesKey ?? kept.aesKey, masterKey: masterKey ?? kept.masterKey }
}
