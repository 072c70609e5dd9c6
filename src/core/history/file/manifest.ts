/**
 * The list of all runs, and up to where each stream of the log is in them. It is what counts: a run that it does not name does
 * not exist. Two equal copies, so that damage to one file loses nothing; each is `pando-history <crc32 of the rest, hex>\n`
 * and JSON.
 */
import { crc32 } from 'node:zlib'
import { type Disk, readWhole, withFile } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { ifThere } from './disk.ts'
import type { RunInfo } from './run.ts'

/** Of everything in the folder; a program refuses what a newer one wrote. */
export const FORMAT = 1

export interface Manifest {
  format: number
  /** grows with each change */
  generation: number
  /** the next run's number */
  next: number
  cursors: [stream: number, seq: number][]
  runs: RunInfo[]
  /** records of days before this one have been dropped; absent: none */
  dropped?: number
}

export const copies = ['manifest', 'manifest.2'] as const

export const emptyManifest = (): Manifest => ({ format: FORMAT, generation: 0, next: 1, cursors: [], runs: [] })

const HEAD = /^pando-history ([0-9a-f]{8})\n$/
const HEAD_SIZE = 23

export function encodeManifest(m: Manifest): Buffer {
  const body = Buffer.from(JSON.stringify(m))
  return Buffer.concat([Buffer.from(`pando-history ${crc32(body).toString(16).padStart(8, '0')}\n`), body])
}

/** undefined if damaged */
export function decodeManifest(b: Buffer): Manifest | undefined {
  const head = HEAD.exec(b.toString('latin1', 0, HEAD_SIZE))
  const body = b.subarray(HEAD_SIZE)
  if (!head || Number.parseInt(head[1]!, 16) !== crc32(body)) return undefined
  return JSON.parse(body.toString()) as Manifest
}

export interface Loaded {
  /** the newest whole copy; none in a new folder */
  manifest?: Manifest
  damaged: string[]
  missing: string[]
  /** the copies are not the same */
  uneven: boolean
}

export async function loadManifest(disk: Disk, folder: string): Promise<Loaded> {
  const found: Loaded = { damaged: [], missing: [], uneven: false }
  for (const name of copies) {
    const b = await ifThere(readWhole(disk, `${folder}/${name}`))
    const m = b && decodeManifest(b)
    if (m) refuseNewer(m.format, `${folder}/${name}`)
    if (!b) found.missing.push(`${folder}/${name}`)
    else if (!m) found.damaged.push(`${folder}/${name}`)
    else if (!found.manifest) found.manifest = m
    else {
      found.uneven = m.generation !== found.manifest.generation
      if (m.generation > found.manifest.generation) found.manifest = m
    }
  }
  const { manifest, damaged } = found
  const [file] = damaged
  if (!manifest && file)
    throw new PandoError('store_damaged', `${damaged.join(' and ')}: wrong checksum, and no whole copy is left`, {
      file,
      offset: 0,
    })
  return found
}

export function refuseNewer(format: number, file: string): void {
  if (format <= FORMAT) return
  throw new PandoError('version_mismatch', `${file} has format ${format}, made by a newer version; this one knows ${FORMAT}`, {
    file,
    format,
  })
}

/** First step of replacing both copies: nothing has changed yet if it fails. */
export async function stageManifest(disk: Disk, folder: string, m: Manifest): Promise<void> {
  const content = encodeManifest(m)
  for (const name of copies) {
    await withFile(disk, `${folder}/${name}.tmp`, 'create', async (fd) => {
      await disk.write(fd, content, 0)
      await disk.sync(fd)
    })
  }
}

/** Second step: after a failure either state may be found at the next start. */
export async function publishManifest(disk: Disk, folder: string): Promise<void> {
  for (const name of copies) await disk.rename(`${folder}/${name}.tmp`, `${folder}/${name}`)
  await disk.syncDir(folder)
}
