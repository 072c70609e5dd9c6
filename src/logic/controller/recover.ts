/** After a start: what the log holds beyond the snapshot and beyond history is read again; then the two are kept close to the log. */
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type Part, readInOrder } from './inorder.ts'
import type { WayUp } from './up.ts'

export const CONSUMER = 'controller'

/** → how many batches that were */
export async function recover(devicelog: DeviceLog, history: History, up: WayUp, log: Logger): Promise<number> {
  const began = performance.now()
  const absorbed = history.cursors()
  const saved = history.current.saved
  const parts: Part[] = []
  for (const { stream, first, last } of await devicelog.streams()) {
    const after = Math.min(absorbed.get(stream) ?? 0, saved.get(stream) ?? 0)
    const dropped = first <= last && after < first - 1
    if (dropped)
      log.error(
        { stream, after, first },
        'the device log has dropped batches that the current status lacks; it heals as devices report',
      )
    parts.push({ stream, after: dropped ? first - 1 : after, last })
  }
  const batches = await readInOrder(devicelog, parts, up.replaying())
  const ms = Math.round(performance.now() - began)
  if (batches > 0) log.info({ batches, ms }, 'read the device log again behind the last snapshot')
  return batches
}

export interface Housekeeping {
  /** Runs `f` while no snapshot is saved and nothing is dropped. */
  between<T>(f: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

export interface Limits {
  devicelogMaxBytes: number
  devicelogMaxAge: number
  historyMaxBytes: number
  historyMaxAge: number
  /** bytes that must stay free on the disk */
  diskReserve: number
}

const SNAPSHOT_BYTES = 64 << 20
const SNAPSHOT_MS = 5 * 60_000
/** A start that had to read so many batches again saves soon: starts that follow one another closely must not read ever more. */
const READ_MUCH = 1000
const CHECK_MS = 5000
const RETAIN_MS = 60_000

/** Snapshots of the current status, the log's cursor behind them, and retention. */
export function housekeeping(o: {
  devicelog: DeviceLog
  history: History
  up: WayUp
  log: Logger
  clock: Clock
  limits: Limits
  /** batches that the start has read again */
  readAgain: number
  onSizes: (log: number, history: number) => void
  /** false: another controller has begun, whose snapshots are newer */
  stillMine: () => boolean
}): Housekeeping {
  const { devicelog, history, up, clock, limits } = o
  let running: Promise<void> = Promise.resolve()
  let savedAt = o.readAgain >= READ_MUCH ? Number.NEGATIVE_INFINITY : clock.now()
  let retainedAt = clock.now()

  /** what the snapshot before the newest covers: if the newest is damaged, the log must still hold all behind the other */
  let covered: ReadonlyMap<number, number> = history.current.saved

  async function snapshot(): Promise<void> {
    if (up.sinceMark() === 0 || !o.stillMine()) return
    up.mark()
    savedAt = clock.now()
    const cursors = new Map(up.applied)
    await history.current.save(cursors)
    const kept = history.cursors()
    const both = new Map([...covered].map(([stream, seq]) => [stream, Math.min(seq, kept.get(stream) ?? 0)]))
    covered = cursors
    await devicelog.advance(CONSUMER, both)
  }

  async function retain(): Promise<void> {
    retainedAt = clock.now()
    const h = await history.retain({ maxBytes: limits.historyMaxBytes, maxAgeMs: limits.historyMaxAge })
    const l = await devicelog.retain({ maxBytes: limits.devicelogMaxBytes, maxAgeMs: limits.devicelogMaxAge })
    if (h.droppedBytes > 0 || l.droppedBytes > 0) o.log.info({ history: h, devicelog: l }, 'dropped old data')
    if (l.heldBackBy)
      o.log.warn({ consumer: l.heldBackBy, bytes: l.bytes }, 'a consumer that lags keeps the device log above its limit')
    o.onSizes(l.bytes, h.bytes)
    await makeRoom(h.bytes, l.bytes)
    const streams = new Set((await devicelog.streams()).map((s) => s.stream))
    for (const stream of up.applied.keys()) if (!streams.has(stream)) up.applied.delete(stream)
  }

  /** How far free space is below the reserve. */
  const missing = async () => Math.max(0, limits.diskReserve - ((await devicelog.free()) ?? limits.diskReserve))

  /** A disk that runs full: history gives way first, the log last, and only what everybody has read. */
  async function makeRoom(historyBytes: number, logBytes: number): Promise<void> {
    const first = await missing()
    if (first === 0) return
    const h = await history.retain({ maxBytes: Math.max(0, historyBytes - first), maxAgeMs: limits.historyMaxAge })
    const second = await missing()
    const l =
      second > 0
        ? await devicelog.retain({ maxBytes: Math.max(0, logBytes - second), maxAgeMs: limits.devicelogMaxAge })
        : undefined
    const about = {
      missing: first,
      reserve: limits.diskReserve,
      historyDropped: h.droppedBytes,
      logDropped: l?.droppedBytes ?? 0,
    }
    o.log.warn(about, 'the disk has less free space than PANDO_DISK_RESERVE; old data gave way')
  }

  /** stream → what was shown of it when the log was last looked at and held more */
  let behind = new Map<number, number>()

  /** What processes that are gone had appended and nobody confirmed: a batch that stays unseen from one look to the next. */
  async function lookForMore(): Promise<void> {
    const still = new Map<number, number>()
    for (const { stream, last } of await devicelog.streams()) {
      const seen = up.applied.get(stream) ?? 0
      if (last <= seen) continue
      if (behind.get(stream) !== seen) still.set(stream, seen)
      else if ((await up.catchUp(stream)) > 0) o.log.info({ stream }, 'the log held more than was confirmed; it is seen now')
    }
    behind = still
  }

  const tick = () => {
    const now = clock.now()
    lookForMore().catch((err: unknown) => o.log.debug({ err }, 'the log cannot be looked through'))
    const due = up.sinceMark() >= SNAPSHOT_BYTES || now - savedAt >= SNAPSHOT_MS
    const retention = now - retainedAt >= RETAIN_MS
    if (!due && !retention) return
    running = running
      .then(() => (due ? snapshot() : undefined))
      .then(() => (retention ? retain() : undefined))
      .catch((err: unknown) => o.log.error({ err }, 'housekeeping failed; it is tried again'))
  }
  const cancel = clock.every(CHECK_MS, tick)
  return {
    between(f) {
      const done = running.then(f)
      running = done.then(
        () => {},
        () => {},
      )
      return done
    },
    async stop() {
      cancel()
      await running
      await history.flush()
      await snapshot()
    },
  }
}
