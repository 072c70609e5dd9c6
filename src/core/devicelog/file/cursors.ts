/**
 * Cursors and registered consumers, in two files that take turns (`cursors.0`, `cursors.1`): each is replaced whole, so if one
 * cannot be read it was damaged, and the other, one step older, serves. An older cursor only means that something is handed out again.
 *
 *   crc32 of the rest, 8 hex digits | \n | JSON
 */
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Disk, readWhole, replaceFile } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { damaged, diskError, ifMissing } from './segment.ts'

const FORMAT = 1
/** Leaves room for the write within the second that the port promises. */
const FLUSH_MS = 500

export interface Stored {
  format: number
  generation: number
  /** the newest segment at that time: if it is gone, it was lost */
  segment: number
  consumers: string[]
  cursors: Record<string, Record<string, number>>
}

export interface CursorOptions {
  disk: Disk
  dir: string
  /** number of the newest segment */
  newest(): number
  fault(e: PandoError | undefined): void
  warn(text: string, fields: Record<string, unknown>): void
}

export interface Cursors {
  get(consumer: string, stream: number): number
  advance(consumer: string, positions: ReadonlyMap<number, number>): void
  /** who holds back retention */
  readonly consumers: readonly string[]
  register(owner: string, names: readonly string[]): void
  forget(consumer: string): void
  all(): ReadonlyMap<string, ReadonlyMap<number, number>>
  /** streams that some cursor names */
  streams(): Set<number>
  /** newest segment that was ever recorded */
  readonly segment: number
  drop(stream: number): void
  /** the file that says what they are now */
  frozen(): { name: string; content: Buffer }
  /** Makes all durable now. */
  flush(): Promise<void>
  close(): Promise<void>
}

const filePath = (dir: string, generation: number): string => join(dir, `cursors.${generation % 2}`)

function decode(b: Buffer): Stored | undefined {
  const crc = b.toString('latin1', 0, 8)
  const rest = b.subarray(9)
  if (b[8] !== 0x0a || crc !== crc32(rest).toString(16).padStart(8, '0')) return undefined
  return JSON.parse(rest.toString('utf8')) as Stored
}

function encode(s: Stored): Buffer {
  const rest = Buffer.from(JSON.stringify(s))
  return Buffer.concat([Buffer.from(`${crc32(rest).toString(16).padStart(8, '0')}\n`), rest])
}

/** The newer of the two files that can be read; names a damaged one, refuses when there is nothing but damage. */
export async function loadCursors(o: Pick<CursorOptions, 'disk' | 'dir' | 'warn'>): Promise<Stored> {
  const found: Stored[] = []
  const bad: string[] = []
  for (const generation of [0, 1]) {
    const path = filePath(o.dir, generation)
    const b = await readWhole(o.disk, path).catch(ifMissing)
    const s = b && decode(b)
    if (s) found.push(checkFormat(s, path))
    else if (b) bad.push(path)
  }
  const newest = found.sort((a, b) => b.generation - a.generation)[0]
  if (!newest && bad.length > 0) throw damaged(bad[0]!, 0, 'wrong checksum; without it, consumers begin anew')
  for (const file of bad) o.warn(`${file} is damaged; the cursors are taken from the other file`, { file })
  return newest ?? { format: FORMAT, generation: 0, segment: 0, consumers: [], cursors: {} }
}

function checkFormat(s: Stored, path: string): Stored {
  if (s.format === FORMAT) return s
  throw new PandoError('version_mismatch', `${path} has format ${s.format}; this version of Pando reads format ${FORMAT}`, {
    file: path,
    format: s.format,
    supported: FORMAT,
  })
}

export async function openCursors(o: CursorOptions): Promise<Cursors> {
  const stored = await loadCursors(o)
  const cursors = new Map<string, Map<number, number>>()
  for (const [consumer, positions] of Object.entries(stored.cursors)) {
    cursors.set(consumer, new Map(Object.entries(positions).map(([s, seq]) => [Number(s), seq])))
  }
  let { generation, consumers, segment } = stored
  let dirty = false
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let closed = false

  function changed(): void {
    dirty = true
    if (timer || closed) return
    timer = setTimeout(() => {
      timer = undefined
      flush().catch(() => changed()) // the fault is set; it is tried again
    }, FLUSH_MS)
    timer.unref()
  }

  const snapshot = (): Stored => ({
    format: FORMAT,
    generation: generation + 1,
    segment: Math.max(segment, o.newest()),
    consumers,
    cursors: Object.fromEntries([...cursors].map(([name, positions]) => [name, Object.fromEntries(positions)])),
  })

  async function write(): Promise<void> {
    if (!dirty && o.newest() <= segment) return
    dirty = false
    const s = snapshot()
    try {
      await replaceFile(o.disk, filePath(o.dir, s.generation), encode(s))
      ;({ generation, segment } = s)
      o.fault(undefined)
    } catch (e) {
      dirty = true
      const error = diskError(e, `${filePath(o.dir, s.generation)} cannot be written`)
      o.fault(error)
      throw error
    }
  }

  function flush(): Promise<void> {
    writing = writing.catch(() => {}).then(write)
    return writing
  }

  return {
    get: (consumer, stream) => cursors.get(consumer)?.get(stream) ?? 0,
    all: () => cursors,
    advance(consumer, positions) {
      let mine = cursors.get(consumer)
      if (!mine) cursors.set(consumer, (mine = new Map()))
      for (const [stream, seq] of positions) {
        if (seq <= (mine.get(stream) ?? 0)) continue
        mine.set(stream, seq)
        changed()
      }
    },
    get consumers() {
      return consumers
    },
    register(owner, names) {
      const next = [...consumers.filter((c) => c !== owner && !c.startsWith(`${owner}/`)), ...names]
      if (next.length === consumers.length && next.every((n) => consumers.includes(n))) return
      consumers = next
      changed()
    },
    forget(consumer) {
      if (!cursors.delete(consumer) && !consumers.includes(consumer)) return
      consumers = consumers.filter((c) => c !== consumer)
      changed()
    },
    streams: () => new Set([...cursors.values()].flatMap((positions) => [...positions.keys()])),
    get segment() {
      return segment
    },
    drop(stream) {
      for (const positions of cursors.values()) if (positions.delete(stream)) changed()
    },
    frozen() {
      const s = snapshot()
      return { name: basename(filePath(o.dir, s.generation)), content: encode(s) }
    },
    flush,
    async close() {
      closed = true
      clearTimeout(timer)
      await flush()
    },
  }
}
