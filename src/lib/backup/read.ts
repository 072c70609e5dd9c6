/** Reads a backup as it comes. Whatever is not as it was written is named; nothing is believed before the manifest was compared. */
import { PandoError } from '#lib/errors.ts'
import { type BackupFile, decodeManifest, FORMAT, MANIFEST, type Manifest, sha256 } from './manifest.ts'
import { type Octets, octetsOf } from './octets.ts'
import { BLOCK, padding, readTarHeader, type TarEntry, tarEnd } from './tar.ts'

const MAX_MANIFEST = 256 << 20
/** Below a part's folder, no way out of it. */
const NAME = /^(?:log|history|registry)\/[\w-][\w.-]*$|^(?:keys|disk-budget)\.json$/

/** What is done with a file's octets. */
export type Sink = (name: string, octets: AsyncIterable<Buffer>) => Promise<void>

/** Reads all of it → what is in it. `file`: how it is called in errors. Throws `store_damaged`, `version_mismatch`, or what `sink` throws. */
export async function readBackup(source: AsyncIterable<Buffer>, file: string, sink: Sink): Promise<Manifest> {
  const o = octetsOf(source)
  const found: (BackupFile & { offset: number })[] = []
  const wrong = (what: string, offset = o.at()): PandoError =>
    new PandoError('store_damaged', `${file} is damaged at offset ${offset}: ${what}`, { file, offset, what })
  const short = (name: string) => () => wrong(`it is cut short in ${name}`)
  for (;;) {
    const entry = await nextEntry(o, wrong)
    if (!entry) throw wrong('the list of its contents is missing')
    const offset = o.at()
    if (entry.name === MANIFEST) {
      if (entry.size > MAX_MANIFEST) throw wrong('the list of its contents is too long')
      const m = decodeManifest(await o.take(entry.size))
      if (!m) throw wrong('the list of its contents is not as it was written', offset)
      compare(m, found, wrong)
      await zeros(o, padding(entry.size) + tarEnd.length, () => wrong('its end is not as it was written'))
      return m
    }
    if (!NAME.test(entry.name) || found.some((f) => f.name === entry.name))
      throw wrong(`it may not hold ${JSON.stringify(entry.name)}`)
    const hash = sha256()
    await sink(entry.name, hashed(o.pieces(entry.size, short(entry.name)), hash))
    await zeros(o, padding(entry.size), () => wrong(`behind ${entry.name} there is more`))
    found.push({ ...entry, sha256: hash.digest('hex'), offset })
  }
}

async function nextEntry(o: Octets, wrong: (what: string, offset?: number) => PandoError): Promise<TarEntry | undefined> {
  const offset = o.at()
  const b = await o.take(BLOCK)
  if (b.length < BLOCK) throw wrong(offset === 0 ? 'this is no backup of Pando' : 'it is cut short')
  try {
    return readTarHeader(b)
  } catch (e) {
    throw wrong((e as Error).message, offset)
  }
}

async function* hashed(pieces: AsyncIterable<Buffer>, hash: ReturnType<typeof sha256>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
}

async function zeros(o: Octets, n: number, wrong: () => PandoError): Promise<void> {
  const b = await o.take(n)
  if (b.length < n || b.some((v) => v !== 0)) throw wrong()
}

function compare(
  m: Manifest,
  found: readonly (BackupFile & { offset: number })[],
  wrong: (what: string, offset?: number) => PandoError,
): void {
  if (m.format > FORMAT)
    throw new PandoError('version_mismatch', `the backup has format ${m.format}; this version of Pando reads format ${FORMAT}`)
  for (const [i, f] of m.files.entries()) {
    const there = found[i]
    if (there?.name !== f.name || there.size !== f.size) throw wrong(`${f.name} is missing`, there?.offset ?? 0)
    if (there.sha256 !== f.sha256) throw wrong(`${f.name} is not as it was written`, there.offset)
  }
  if (found.length > m.files.length) throw wrong(`${found.at(-1)!.name} does not belong to it`, found.at(-1)!.offset)
}

/** For whoever only wants to know whether it is whole. */
export const drained: Sink = async (_, octets) => {
  for await (const _ of octets);
}
