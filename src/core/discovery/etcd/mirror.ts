/** What all have announced, kept up to date by a watch, and read again now and then: a watch may break without a word. */
import { jittered } from '#core/remote/backoff.ts'
import type { Instance } from '../port.ts'
import { b64, type Gateway, text64 } from './gateway.ts'

export interface Mirror {
  /** undefined: it was never read */
  readonly instances: ReadonlyMap<string, Instance> | undefined
  /** Reads it now. */
  read(): Promise<void>
  close(): void
}

const AGAIN_MS = 3000

interface Range {
  kvs?: { key: string; value: string }[]
}

export interface MirrorOptions {
  gateway: Gateway
  changed(): void
  onAnswer(): void
  onFailure(e: unknown): void
}

export function etcdMirror({ gateway, changed, onAnswer, onFailure }: MirrorOptions): Mirror {
  const from = `${gateway.prefix}/`
  const range = { key: b64(from), range_end: b64(`${gateway.prefix}0`) }
  const stop = new AbortController()
  let known: Map<string, Instance> | undefined
  let said = ''
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let begun = 0
  let taken = 0
  let reading = false
  let changedMeanwhile = false

  async function read(): Promise<void> {
    const mine = ++begun
    const { kvs = [] } = await gateway.call<Range>('/v3/kv/range', range)
    const found = kvs.map(({ key, value }) => [text64(key), text64(value)] as const)
    onAnswer()
    // one that was asked for later has been answered before
    if (mine < taken) return
    taken = mine
    const now = JSON.stringify(found)
    if (now === said && known) return
    said = now
    known = new Map(found.flatMap(([key, value]) => instanceOf(key, value)))
    changed()
  }

  /** What changes while it is being read may not be in it. */
  function look(): void {
    if (reading) changedMeanwhile = true
    else again(0)
  }

  function again(ms: number): void {
    clearTimeout(timer)
    if (stop.signal.aborted) return
    timer = setTimeout(() => void readAndAgain(), ms)
    timer.unref()
  }

  async function readAndAgain(): Promise<void> {
    reading = true
    changedMeanwhile = false
    try {
      await read()
      failures = 0
    } catch (e) {
      onFailure(e)
      failures++
    } finally {
      reading = false
    }
    if (failures > 0) again(jittered(failures))
    else again(changedMeanwhile ? 0 : AGAIN_MS * (0.75 + Math.random() / 2))
  }

  /** An event means only: read; so does a watch that has begun, before which something may have changed. */
  async function watch(): Promise<void> {
    for (let attempt = 0; !stop.signal.aborted; ) {
      try {
        for await (const _ of gateway.stream('/v3/watch', { create_request: range }, stop.signal)) {
          attempt = 0
          look()
        }
      } catch {
        // told by the next reading
      }
      await pause(jittered(++attempt), stop.signal)
    }
  }

  again(0)
  void watch()
  return {
    get instances() {
      return known
    },
    read,
    close() {
      stop.abort()
      clearTimeout(timer)
    },
  }
}

function instanceOf(key: string, value: string): [string, Instance][] {
  try {
    return [[key, JSON.parse(value) as Instance]]
  } catch {
    return []
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) return done()
    const timer = setTimeout(done, ms)
    timer.unref()
    signal.addEventListener('abort', () => done(), { once: true })
  })
