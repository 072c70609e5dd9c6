/**
 * Connections to a database server. Nobody waits for ever: there are so many connections, so many callers that wait for one, and so
 * long that they wait. While the server can't be reached calls fail at once with its last error, but for one now and then that tries.
 */
import { jittered } from '#core/remote/backoff.ts'
import { PandoError } from '#lib/errors.ts'
import type { Session } from './session.ts'

export interface PoolOptions {
  /** the server, as it is named in errors */
  where: string
  /** Rejects if that takes too long. */
  connect(): Promise<Session>
  /** connections at most */
  size: number
  /** ms that a caller waits for a connection */
  waitMs: number
}

export interface Pool {
  acquire(): Promise<Session>
  release(session: Session): void
  close(): void
}

const MAX_WAITING = 1000
/** A connection that nobody needed for so long is closed; the server would do so by itself after IDLE_ENDS_S. */
const IDLE_MS = 10_000
/** After so long without a statement the server ends a connection, and with it the transaction of a process that hangs. */
export const IDLE_ENDS_S = 20

interface Waiter {
  take(session: Session): void
  fail(e: unknown): void
}

export function makePool({ where, connect, size, waitMs }: PoolOptions): Pool {
  const idle: { session: Session; since: number }[] = []
  const waiting = new Set<Waiter>()
  let open = 0
  let connecting = 0
  let closed = false
  /** attempts to connect that have failed since the last one that didn't */
  let failures = 0
  let notBefore = 0
  let lastError: unknown

  const unavailable = (why: string): PandoError => new PandoError('unavailable', `${where}: ${why}`, { where })

  const serve = (session: Session): void => {
    const [first] = waiting
    if (first) first.take(session)
    else if (closed) end(session)
    else idle.push({ session, since: performance.now() })
  }
  const end = (session: Session): void => {
    open--
    session.destroy()
  }
  const failed = (e: unknown): void => {
    lastError = e
    notBefore = performance.now() + jittered(++failures)
    for (const w of waiting) w.fail(e)
  }
  const openOne = async (): Promise<Session> => {
    open++
    connecting++
    try {
      const session = await connect()
      failures = 0
      return session
    } catch (e) {
      open--
      failed(e)
      throw e
    } finally {
      connecting--
    }
  }
  const wait = (): Promise<Session> => {
    if (waiting.size >= MAX_WAITING) return Promise.reject(unavailable(`${MAX_WAITING} calls wait for a connection`))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiter.fail(unavailable(`no connection was free for ${waitMs} ms`)), waitMs)
      const leave = (): void => {
        clearTimeout(timer)
        waiting.delete(waiter)
      }
      const waiter: Waiter = {
        take(session) {
          leave()
          resolve(session)
        },
        fail(e) {
          leave()
          reject(e)
        },
      }
      waiting.add(waiter)
    })
  }
  const trim = setInterval(() => {
    while (idle[0] && performance.now() - idle[0].since > IDLE_MS) end(idle.shift()!.session)
  }, IDLE_MS / 4)
  trim.unref()

  return {
    async acquire() {
      if (closed) throw unavailable('closed')
      for (let last = idle.pop(); last; last = idle.pop()) {
        if (last.session.broken === undefined) return last.session
        end(last.session)
      }
      if (failures > 0 && (connecting > 0 || performance.now() < notBefore)) throw lastError
      return open < size ? openOne() : wait()
    },
    release(session) {
      if (session.broken === undefined && !closed) return serve(session)
      end(session)
      // whoever waits would have got this one
      if (waiting.size > 0 && !closed && open < size) openOne().then(serve, () => undefined)
    },
    close() {
      closed = true
      clearInterval(trim)
      for (const { session } of idle.splice(0)) end(session)
      for (const w of waiting) w.fail(unavailable('closed'))
    },
  }
}
