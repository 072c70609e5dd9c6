/** The embedded device log: segment files in one folder. */
import { localHolders } from '#core/devicelog/holders.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import { replaceFile, withFile } from '#lib/disk.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { thawed } from '#lib/frozen.ts'
import { type CursorOptions, type Cursors, openCursors } from './cursors.ts'
import { type Faults, makeFaults } from './faults.ts'
import { freezeLog } from './freeze.ts'
import { readHandles } from './handles.ts'
import { encodeIndex } from './index-file.ts'
import type { FileLogOptions } from './options.ts'
import { makeReader } from './reader.ts'
import { buildIndex } from './rebuild.ts'
import { type Recovered, recover } from './recover.ts'
import { type RetainDeps, retain } from './retain.ts'
import { unload } from './run.ts'
import { startScrub } from './scrub.ts'
import { diskError, indexPath, newStreamState, type Segment, type StreamState } from './segment.ts'
import { createSegment, openTail } from './tail.ts'
import { Writer } from './writer.ts'

export type FileLogSetup = FileLogOptions &
  Required<Pick<FileLogOptions, 'disk' | 'segmentBytes' | 'stepBytes' | 'scrubBytesPerSecond' | 'now'>>

const READ_BYTES = 1 << 20

/** Opens what is there; `released` runs when the log has been closed. */
export async function fileLog(o: FileLogSetup, released: () => Promise<void>): Promise<DeviceLog> {
  try {
    await o.disk.mkdir(o.dir)
    const faults = makeFaults(o.now, o.onState)
    const newest = { number: 0 }
    const cursors = await openCursors(cursorOptions(o, faults, newest))
    const found = (await recover(o.disk, o.dir, cursors.segment)) ?? (await begin(o))
    newest.number = found.segments.at(-1)!.number
    if (found.cut > 0) o.log?.warn({ bytes: found.cut }, 'device log: a torn last commit, never acknowledged, was cut off')
    return await assemble(o, found, faults, cursors, newest, released)
  } catch (e) {
    throw diskError(e, `the device log in ${o.dir} cannot be opened`)
  }
}

async function begin(o: FileLogSetup): Promise<Recovered> {
  const first = await createSegment(o.disk, o.dir, o.stepBytes / 4, { number: 1, oldest: 1, previousEnd: 0, streams: [] })
  return { segments: [first], streams: new Map(), cut: 0, unindexed: [] }
}

function cursorOptions(o: FileLogSetup, faults: Faults, newest: { number: number }): CursorOptions {
  return {
    disk: o.disk,
    dir: o.dir,
    newest: () => newest.number,
    fault: (e) => (e ? faults.set('cursors', 'degraded', e.message) : faults.clear('cursors')),
    warn(text, fields) {
      faults.set('cursors', 'degraded', text)
      o.log?.warn(fields, text)
    },
  }
}

async function assemble(
  o: FileLogSetup,
  found: Recovered,
  faults: Faults,
  cursors: Cursors,
  newest: { number: number },
  released: () => Promise<void>,
): Promise<DeviceLog> {
  const { disk, dir } = o
  const { streams } = found
  const closed = found.segments.slice(0, -1)
  const handles = readHandles(disk)
  let background: Promise<unknown> = Promise.resolve()
  let end: Promise<void> | undefined

  /** Work that nobody waits for, one after another; the next start makes up for what fails. */
  function later(work: () => Promise<unknown>): void {
    background = background.then(work).catch((e: unknown) => o.log?.warn({ err: e }, 'device log: background work failed'))
  }

  function segmentClosed(s: Segment): void {
    closed.push(s)
    newest.number = s.number + 1
    later(() => putIndex(s))
    later(() => withFile(disk, s.path, 'write', (fd) => disk.truncate(fd, s.end))) // the room ahead is not needed any more
  }

  async function putIndex(s: Segment): Promise<void> {
    await replaceFile(disk, indexPath(dir, s.number), encodeIndex(s.index, s.end, s.salt))
    unload(s)
  }

  async function reindex(s: Segment): Promise<void> {
    const index = await buildIndex(disk, s)
    s.index = index
    const bytes = encodeIndex(index, s.end, s.salt)
    later(() => replaceFile(disk, indexPath(dir, s.number), bytes))
  }

  const reader = makeReader({ disk, dir, handles, rebuild: reindex })

  /** A damaged place is shown in health as long as it is there. */
  const shown = <T>(p: Promise<T>): Promise<T> =>
    p.catch((e: unknown) => {
      if (isPandoError(e, 'log_damaged')) damageFound(e)
      throw e
    })
  function damageFound(e: PandoError): void {
    faults.set(`damage ${String(e.params['file'])}`, 'degraded', e.message)
    o.log?.warn({ err: e }, e.message)
  }

  const tail = await openTail(found.segments.at(-1)!, {
    disk,
    dir,
    segmentBytes: o.segmentBytes,
    stepBytes: o.stepBytes,
    oldest: () => closed[0]?.number ?? newest.number,
    streams: () => [...streams.values()].filter((s) => s.last > 0 || s.sealed),
    closed: segmentClosed,
  })
  const writer = new Writer({
    disk,
    tail,
    streams,
    checksum: (state, seq) => shown(reader.checksum(state, seq)),
    fault: (e) => (e ? faults.set('write', 'down', e.message) : faults.clear('write')),
  })
  for (const s of found.unindexed) later(() => putIndex(s))
  const stopScrub = startScrub({
    disk,
    segments: () => closed,
    bytesPerSecond: o.scrubBytesPerSecond,
    firstMs: 5000,
    damage: (_, e) => damageFound(e),
    whole: (s) => faults.clear(`damage ${s.path}`),
  })

  const retention: RetainDeps = {
    disk,
    dir,
    closed,
    streams,
    cursors,
    handles,
    tail,
    removed: { unsynced: false },
    exclusive: (f) => writer.exclusive(f),
    now: o.now,
  }

  /** The head of a segment says where streams stand, so the next one makes it durable. */
  async function beginStreams(firsts: ReadonlyMap<number, number>): Promise<void> {
    const fresh = [...firsts].filter(([stream, first]) => first > 1 && !streams.has(stream))
    if (fresh.length === 0) return
    await writer.exclusive(async () => {
      for (const [stream, first] of fresh) streams.set(stream, { ...newStreamState(stream), last: first - 1 })
      await tail.roll()
    })
  }

  async function finish(): Promise<void> {
    try {
      await writer.close()
      await stopScrub()
      await cursors.close()
      await background
    } finally {
      await handles.close()
      await tail.close()
      await released()
    }
  }

  return {
    append: (batch) => writer.append(batch),
    async read(stream, after, maxBytes = READ_BYTES) {
      if (end !== undefined) throw new PandoError('log_unavailable', 'the device log is closed')
      const state = streams.get(stream)
      return state ? shown(reader.read(state, after, maxBytes)) : []
    },
    streams: () => Promise.resolve(listStreams(streams, cursors)),
    seal: (stream) => writer.seal(stream),
    cursor: (consumer, stream) => Promise.resolve(cursors.get(consumer, stream)),
    advance: async (consumer, positions) => cursors.advance(consumer, positions),
    positions: async () => cursors.all(),
    begin: (firsts) => beginStreams(firsts),
    consumers: async (owner, names) => cursors.register(owner, names),
    forget: async (consumer) => cursors.forget(consumer),
    retain: (limit) => retain(retention, limit),
    ...localHolders(),
    free: () => disk.free(dir),
    freeze: async (by) => freezeLog({ dir, closed, tail, cursors }, by),
    thaw: async (by) => thawed(dir, by),
    health: faults.health,
    close: () => (end ??= finish()),
  }
}

function listStreams(streams: ReadonlyMap<number, StreamState>, cursors: Cursors): StreamInfo[] {
  const out: StreamInfo[] = []
  for (const s of streams.values()) {
    if (s.last === 0 && !s.sealed) continue
    const first = s.segments[0]?.index.runs.get(s.stream)?.first ?? s.last + 1
    out.push({ stream: s.stream, first, last: s.last, sealed: s.sealed })
  }
  for (const stream of cursors.streams()) if (!streams.has(stream)) out.push({ stream, first: 1, last: 0, sealed: false })
  return out
}
