/** Files that exports come in, packed or not. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PandoError } from '#lib/errors.ts'

const PIECE = 1 << 20

/** Throws `invalid` naming the file where it cannot be read. */
export function firstOctets(file: string, n: number): Buffer {
  try {
    const fd = openSync(file, 'r')
    try {
      const b = Buffer.alloc(n)
      return b.subarray(0, readSync(fd, b, 0, n, 0))
    } finally {
      closeSync(fd)
    }
  } catch (e) {
    throw new PandoError('invalid', `cannot read ${file}: ${(e as Error).message}`, { file }, e)
  }
}

const isPacked = (file: string): boolean => firstOctets(file, 2).equals(Buffer.from([0x1f, 0x8b]))

/** Its octets, piece by piece; those of a gzip file unpacked. */
export async function* octetsIn(file: string): AsyncGenerator<Buffer> {
  const packed = isPacked(file)
  const raw = createReadStream(file, { highWaterMark: PIECE })
  const source: Readable = packed ? raw.pipe(createGunzip({ chunkSize: PIECE })) : raw
  raw.on('error', (e) => source.destroy(e))
  try {
    for await (const piece of source) yield piece as Buffer
  } catch (e) {
    throw new PandoError('invalid', `cannot read ${file}: ${(e as Error).message}`, { file }, e)
  } finally {
    raw.destroy()
  }
}

/** Its text, piece by piece. `invalid` where it is not UTF-8; `advice`: what makes it so. */
export async function* textIn(file: string, advice = ''): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decoded = (piece?: Buffer): string => {
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode()
    } catch (e) {
      throw new PandoError('invalid', `${file} is not UTF-8${advice}`, { file }, e)
    }
  }
  for await (const piece of octetsIn(file)) yield decoded(piece)
  const rest = decoded()
  if (rest !== '') yield rest
}

/** Its lines that are not blank. */
export async function* linesIn(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of textIn(file)) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim() !== '') yield line.trim()
  }
  if (rest.trim() !== '') yield rest.trim()
}
