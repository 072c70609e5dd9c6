/** What this process announces, under one lease. A lease that is lost is replaced, and all of it announced again. */
import { jittered } from '#core/remote/backoff.ts'
import { b64, type Gateway } from './gateway.ts'

export interface Announcer {
  /** → withdraws it, if it has not been announced anew meanwhile */
  announce(key: string, value: string): Promise<() => Promise<void>>
  close(): Promise<void>
}

interface Kept {
  value: string
}

/** A process that is gone is gone for the others after this. */
const TTL_S = 5
const BEAT_MS = (TTL_S * 1000) / 3

export function etcdAnnouncer(gateway: Gateway, onAnswer: () => void, onFailure: (e: unknown) => void): Announcer {
  const kept = new Map<string, Kept>()
  let lease: string | undefined
  let last: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let failures = 0
  let closed = false

  /** One after another: what is withdrawn must not be announced again by what is under way. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work)
    last = mine.then(
      () => {},
      () => {
        // whatever the server has of it ends with the lease
        lease = undefined
      },
    )
    return mine
  }

  async function granted(): Promise<string> {
    if (lease !== undefined) return lease
    const { ID } = await gateway.call<{ ID: string }>('/v3/lease/grant', { TTL: TTL_S })
    for (const [key, { value }] of kept) await put(key, value, ID)
    lease = ID
    return ID
  }

  const put = (key: string, value: string, id: string) =>
    gateway.call('/v3/kv/put', { key: b64(key), value: b64(value), lease: id })

  async function beat(): Promise<void> {
    if (kept.size === 0) return
    const id = await granted()
    const { result } = await gateway.call<{ result?: { TTL?: string } }>('/v3/lease/keepalive', { ID: id })
    if (Number(result?.TTL ?? 0) > 0) return
    lease = undefined
    await granted()
  }

  function next(ms: number): void {
    clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => {
      inTurn(beat).then(
        () => {
          failures = 0
          onAnswer()
          next(BEAT_MS)
        },
        (e: unknown) => {
          onFailure(e)
          next(jittered(++failures))
        },
      )
    }, ms)
    timer.unref()
  }

  return {
    async announce(key, value) {
      const mine: Kept = { value }
      kept.set(key, mine)
      try {
        await inTurn(async () => put(key, value, await granted()))
        next(BEAT_MS)
      } catch (e) {
        // it stays among what is kept, and goes out with the next lease
        onFailure(e)
        next(jittered(1))
      }
      return async () => {
        if (kept.get(key) !== mine) return
        kept.delete(key)
        await inTurn(() => gateway.call('/v3/kv/deleterange', { key: b64(key) })).catch(onFailure)
      }
    },
    async close() {
      closed = true
      clearTimeout(timer)
      kept.clear()
      await last
      if (lease !== undefined) await gateway.call('/v3/lease/revoke', { ID: lease })
    },
  }
}
