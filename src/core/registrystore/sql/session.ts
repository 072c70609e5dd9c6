/** One connection, whatever the database: every statement has a deadline, after which the connection is given up. */
import { Socket } from 'node:net'
import type { QueryResult } from 'kysely'
import { reasonOf } from '#core/remote/health.ts'
import { TimedOut, within } from '#core/remote/within.ts'

/** The connection broke: whether a statement that was under way is done, nobody knows. */
export class Lost extends Error {}
/** There was no connection: nothing has been done. */
export class Unreached extends Error {}

export interface Session {
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>>
  /** Ends it at once, whatever is under way. */
  destroy(): void
  /** why it can't be used any more */
  readonly broken: Error | undefined
}

/** What a client of a database gives. */
export interface RawSession {
  query(sql: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>>
  socket: Socket
  /** Calls back when the connection breaks by itself. */
  onBroken(f: (e?: Error) => void): void
  /** the server said it, and not that it ends this connection or may not write any more */
  isAnswer(e: unknown): boolean
}

export const newSocket = (): Socket => new Socket().setNoDelay(true).setKeepAlive(true, 10_000)

export function makeSession(raw: RawSession, timeoutMs: number): Session {
  let broken: Error | undefined
  raw.onBroken((e) => (broken ??= new Lost(e ? reasonOf(e) : 'the connection was closed', { cause: e })))
  const giveUp = (e: Error): void => {
    broken ??= e
    raw.socket.destroy()
  }
  return {
    async query(sql, parameters) {
      if (broken !== undefined) throw broken
      try {
        return await within(timeoutMs, 'a statement', raw.query(sql, parameters))
      } catch (e) {
        if (raw.isAnswer(e)) throw e
        giveUp(e instanceof TimedOut ? e : new Lost(reasonOf(e), { cause: e }))
        throw broken
      }
    },
    destroy: () => giveUp(new Lost('the connection was given up')),
    get broken() {
      return broken
    },
  }
}
