/** Reads closed segments through at an easy pace, so that damage is known before somebody needs what was there. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Disk } from '#lib/disk.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { buildIndex } from './rebuild.ts'
import type { Segment } from './segment.ts'

const CHUNK = 1 << 20
const DAY_MS = 24 * 3600 * 1000

export interface ScrubOptions {
  disk: Disk
  segments(): readonly Segment[]
  bytesPerSecond: number
  /** how long after the start it begins */
  firstMs: number
  damage(s: Segment, e: PandoError): void
  whole(s: Segment): void
}

/** Begins soon after the start and again each day → stop. */
export function startScrub(o: ScrubOptions): () => Promise<void> {
  const stopped = new AbortController()
  const pause = (ms: number) => wait(ms, undefined, { ref: false, signal: stopped.signal })
  let sinceRest = 0

  async function pace(bytes: number): Promise<void> {
    sinceRest += bytes
    if (sinceRest < CHUNK && !stopped.signal.aborted) return
    await pause((sinceRest / o.bytesPerSecond) * 1000)
    sinceRest = 0
  }

  async function look(s: Segment): Promise<void> {
    try {
      await buildIndex(o.disk, s, pace)
      o.whole(s)
    } catch (e) {
      if (isPandoError(e, 'log_damaged')) o.damage(s, e)
      else if (stopped.signal.aborted) throw e // any other: the segment was dropped, or cannot be read now; the next round tells
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      await pause(o.firstMs)
      for (const s of [...o.segments()]) await look(s)
      await pause(DAY_MS)
    }
  }

  const running = o.bytesPerSecond > 0 ? run().catch(() => {}) : Promise.resolve()
  return async () => {
    stopped.abort()
    await running
  }
}
