/** Writes a backup: frozen files one after the other, each under a checksum, the manifest last. */
import { createReadStream } from 'node:fs'
import { PandoError } from '#lib/errors.ts'
import type { FrozenFile } from '#lib/frozen.ts'
import { type BackupFile, encodeManifest, FORMAT, MANIFEST, type Manifest, sha256 } from './manifest.ts'
import { padding, tarEnd, tarHeader } from './tar.ts'

const PIECE = 1 << 20
const zeros = Buffer.alloc(PIECE)

export interface Content {
  files: readonly FrozenFile[]
  version: string
  keys: Manifest['keys']
  now: number
}

/** The octets of the backup; → what is in it, when they are at an end. */
export async function* backupOf(c: Content): AsyncGenerator<Buffer, Manifest> {
  const files: BackupFile[] = []
  for (const f of c.files) {
    const size = f.size + (f.zeros ?? 0)
    yield tarHeader({ name: f.name, size }, c.now)
    const hash = sha256()
    for await (const piece of octets(f)) {
      hash.update(piece)
      yield piece
    }
    yield Buffer.alloc(padding(size))
    files.push({ name: f.name, size, sha256: hash.digest('hex') })
  }
  const manifest: Manifest = { format: FORMAT, version: c.version, createdAt: c.now, keys: c.keys, files }
  const text = encodeManifest(manifest)
  yield tarHeader({ name: MANIFEST, size: text.length }, c.now)
  yield text
  yield Buffer.alloc(padding(text.length))
  yield tarEnd
  return manifest
}

async function* octets(f: FrozenFile): AsyncGenerator<Buffer> {
  let got = 0
  if (f.size > 0) {
    for await (const piece of createReadStream(f.path, { end: f.size - 1, highWaterMark: PIECE })) {
      got += (piece as Buffer).length
      yield piece as Buffer
    }
  }
  if (got < f.size) throw new PandoError('store_damaged', `${f.path} is shorter than it was`, { file: f.path, offset: got })
  for (let left = f.zeros ?? 0; left > 0; left -= PIECE) yield zeros.subarray(0, Math.min(left, PIECE))
}
