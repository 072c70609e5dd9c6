/** Backups by the management API: files in `backups` of the data directory, made one at a time. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backup, backupRoutes } from '#contracts/admin/backups.ts'
import type { Face } from '#contracts/contract.ts'
import type { freezeMethods } from '#contracts/frozen.ts'
import { makeBackup } from '#lib/backup/make.ts'
import { PandoError } from '#lib/errors.ts'
import type { Freezable } from '#lib/frozen.ts'
import type { Handlers, Parts } from './call.ts'
import type { DiskLimits } from './system.ts'

const KEPT = 7
const NAME = /^pando-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.tar$/

type Frozen = Face<{ service: string; methods: typeof freezeMethods }>

const source = (face: () => Frozen): Required<Freezable> => ({
  freeze: async (by) => (await face().freeze({ by })).files,
  thaw: async (by) => void (await face().thaw({ by })),
})

export function backups({ peers, clock, log, about, limits }: Parts & { limits: DiskLimits }): Handlers<typeof backupRoutes> {
  const { dataDir } = limits
  const folder = join(dataDir, 'backups')
  /** the one that is being made, or that failed last */
  let latest: Backup | undefined

  async function whole(): Promise<Backup[]> {
    const names = (await readdir(folder).catch(() => []))
      .filter((name) => NAME.test(name))
      .sort()
      .toReversed()
    const all = await Promise.all(
      names.map(async (id) => {
        const s = await stat(join(folder, id)).catch(() => undefined)
        return s && { id, state: 'whole' as const, at: timeOf(id), bytes: s.size }
      }),
    )
    return all.filter((b) => b !== undefined)
  }

  async function make(b: Backup, withoutKeys: boolean): Promise<void> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const options = {
        // the log before the registry: of devices that this knows more than that, nothing is missing
        sources: [source(() => peers.controller), source(() => peers.registry)],
        dataDir,
        withoutKeys,
        version: about?.version ?? '',
        now: b.at,
      }
      await makeBackup(options, join(folder, b.id), (bytes) => {
        b.bytes = bytes
      })
      for (const old of (await whole()).slice(KEPT)) await rm(join(folder, old.id), { force: true })
      b.state = 'whole'
    } catch (err) {
      log.warn({ err }, 'a backup failed')
      b.state = 'failed'
      b.error = (err as Error).message
    }
  }

  return {
    'GET /backups': async () => {
      const all = await whole()
      const now = latest
      return { items: now && now.state !== 'whole' ? [{ ...now }, ...all.filter((b) => b.id !== now.id)] : all }
    },
    'POST /backups': async ({ body, by }) => {
      if (latest?.state === 'making') throw new PandoError('conflict', 'a backup is being made', { id: latest.id })
      const at = clock.now()
      const made: Backup = { id: `pando-${new Date(at).toISOString().replaceAll(':', '')}.tar`, state: 'making', at, bytes: 0 }
      latest = made
      try {
        const after = { without_keys: body.without_keys === true }
        await peers.registry.auditAppend({ audit: by, action: 'backup.make', object: `backup/${made.id}`, after })
      } catch (e) {
        latest = undefined
        throw e
      }
      void make(made, body.without_keys === true)
      return { ...made }
    },
  }
}

/** The name is its time. */
const timeOf = (id: string): number => Date.parse(id.slice(6, -4).replace(/T(\d\d)(\d\d)/, 'T$1:$2:'))
