/** A backup in one file: engines are frozen, copied while they go on, and what was written is read again. */
import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nodeDisk, withFile } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import type { Freezable, FrozenFile } from '#lib/frozen.ts'
import type { Manifest } from './manifest.ts'
import { drained, readBackup } from './read.ts'
import { backupOf } from './write.ts'

export interface BackupOptions {
  /** in the order in which they are frozen: what a later one knows more than an earlier one does no harm */
  sources: readonly Required<Freezable>[]
  /** holds the platform's keys, where the settings don't, and what people have set beside the settings */
  dataDir: string
  withoutKeys: boolean
  version: string
  now: number
}

const KEYS = 'keys.json'
/** Small files that are replaced as a whole. */
const OTHERS = ['disk-budget.json']

/** Where the octets go. */
export type Write = (octets: Buffer) => Promise<void>

/** Writes a backup piece by piece → what is in it. */
export async function writeBackup(o: BackupOptions, write: Write): Promise<Manifest> {
  const by = `${process.pid}-${randomUUID().slice(0, 8)}`
  const files: FrozenFile[] = []
  try {
    for (const source of o.sources) files.push(...(await source.freeze(by)))
    const keys = keysOf(o)
    const others = keys === 'inside' ? [KEYS, ...OTHERS] : OTHERS
    for (const name of others) files.push(...there(join(o.dataDir, name), name))
    const octets = backupOf({ files, keys, version: o.version, now: o.now })
    for (;;) {
      const next = await octets.next()
      if (next.done) return next.value
      await write(next.value)
    }
  } finally {
    for (const source of o.sources) await source.thaw(by)
  }
}

const there = (path: string, name: string): FrozenFile[] => (existsSync(path) ? [{ name, path, size: statSync(path).size }] : [])

function keysOf({ dataDir, withoutKeys }: BackupOptions): Manifest['keys'] {
  if (!existsSync(join(dataDir, KEYS))) return 'settings'
  return withoutKeys ? 'left out' : 'inside'
}

/** The same into a file, which appears when it is whole, durable and was read again. An error leaves nothing. */
export async function makeBackup(
  o: BackupOptions,
  file: string,
  progress: (bytes: number) => void = () => {},
): Promise<{ manifest: Manifest; bytes: number }> {
  const partial = `${file}.partial`
  let bytes = 0
  try {
    const manifest = await withFile(nodeDisk, partial, 'create', async (fd) => {
      const made = await writeBackup(o, async (octets) => {
        await nodeDisk.write(fd, octets, bytes)
        bytes += octets.length
        progress(bytes)
      })
      await nodeDisk.sync(fd)
      return made
    })
    await readBackup(createReadStream(partial), partial, drained)
    await nodeDisk.rename(partial, file)
    await nodeDisk.syncDir(dirname(file))
    return { manifest, bytes }
  } catch (e) {
    await nodeDisk.unlink(partial).catch(() => {})
    throw told(e, file)
  }
}

function told(e: unknown, file: string): unknown {
  const { code, message } = e as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new PandoError('disk_full', `there is no room for ${file}: ${message}`, { file }, e)
  return e
}
