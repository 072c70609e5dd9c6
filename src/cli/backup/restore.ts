/**
 * Puts a backup in the place of nothing. All of it is written beside, compared with what it must be and read through before anything
 * is moved; while the folder of that is there no cloud starts (lib/backup/restoring.ts), so a restore that was broken off at any
 * moment is repeated, and nothing runs on half of one.
 */
import { existsSync, statSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lock } from '#core/devicelog/file/lock.ts'
import type { Manifest } from '#lib/backup/manifest.ts'
import { readBackup } from '#lib/backup/read.ts'
import { restoringIn } from '#lib/backup/restoring.ts'
import { nodeDisk, withFile } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { checkFiles, type Files } from '../check.ts'
import { type Place, placesOf, stageOf, takenOutside } from './places.ts'

export interface Restored {
  manifest: Manifest
  /** what was damaged when the backup was made */
  damage: string[]
  /** where that was moved which was there before */
  aside?: string
}

export interface RestoreOptions {
  config: Parameters<typeof placesOf>[0]
  octets: AsyncIterable<Buffer>
  /** how the backup is called in errors */
  file: string
  /** moves aside what is there */
  force: boolean
  now: number
}

/** Of no cloud: they neither make a folder full nor stand in the way. */
const HARMLESS = /^(restoring|cache|lost\+found|backups|before-restore-.*)$/

export async function restore(o: RestoreOptions): Promise<Restored> {
  const { dataDir } = o.config
  const places = placesOf(o.config)
  const outside = takenOutside(dataDir, places)
  if (outside.length > 0) throw new PandoError('conflict', `${outside.join(', ')} is there already: move it away first`)
  await nodeDisk.mkdir(dataDir)
  const repeated = existsSync(restoringIn(dataDir))
  const unlock = await lock(restoringIn(dataDir))
  let half = repeated
  try {
    await clear(places)
    const there = (await readdir(dataDir)).filter((name) => !HARMLESS.test(name))
    if (there.length > 0 && !o.force && !repeated) throw notEmpty(dataDir, there)
    const manifest = await readBackup(o.octets, o.file, (name, octets) => put(stageOf(places, name), octets))
    const damage = await checkFiles(staged(places))
    half = true
    const aside = await setAside(dataDir, there, o.now)
    for (const place of places) await move(place)
    await nodeDisk.syncDir(dataDir)
    half = false
    return { manifest, damage: damage.map((e) => e.message), ...(aside !== undefined && { aside }) }
  } finally {
    await clear(places)
    await unlock()
    if (!half) await rm(restoringIn(dataDir), { recursive: true, force: true })
  }
}

function notEmpty(dataDir: string, there: readonly string[]): PandoError {
  const some = there.slice(0, 4).join(', ') + (there.length > 4 ? ', …' : '')
  const message = `${dataDir} is not empty (${some}): name a new folder by PANDO_DATA_DIR, or give --force, which moves aside what is there`
  return new PandoError('conflict', message, { dataDir })
}

async function clear(places: readonly Place[]): Promise<void> {
  for (const { stage } of places) await rm(stage, { recursive: true, force: true })
}

async function put(path: string, octets: AsyncIterable<Buffer>): Promise<void> {
  await nodeDisk.mkdir(dirname(path))
  await withFile(nodeDisk, path, 'create', async (fd) => {
    let at = 0
    for await (const piece of octets) {
      await nodeDisk.write(fd, piece, at)
      at += piece.length
    }
    await nodeDisk.sync(fd)
  })
}

function staged(places: readonly Place[]): Files {
  const at = (name: string): string => places.find((p) => p.name === name)!.stage
  return { log: at('log'), history: at('history'), registry: at('registry/registry.db') }
}

/** → where what was there is now */
async function setAside(dataDir: string, there: readonly string[], now: number): Promise<string | undefined> {
  if (there.length === 0) return undefined
  const aside = join(dataDir, `before-restore-${new Date(now).toISOString().replaceAll(':', '')}`)
  await nodeDisk.mkdir(aside)
  for (const name of there) await nodeDisk.rename(join(dataDir, name), join(aside, name))
  await nodeDisk.syncDir(aside)
  return aside
}

/** What was left out of the backup is not there. */
async function move({ stage, path }: Place): Promise<void> {
  if (!existsSync(stage)) return
  if (statSync(stage).isDirectory()) await nodeDisk.syncDir(stage)
  await nodeDisk.rename(stage, path)
  await nodeDisk.syncDir(dirname(path))
}
