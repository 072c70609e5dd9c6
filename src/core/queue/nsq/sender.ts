/** What goes to nsqd: one publication under way at a time; what is rung meanwhile goes with the next. Whatever breaks is made anew. */
import { Writer } from 'nsqjs'
import { jittered } from '#core/remote/backoff.ts'
import type { NsqAddress, NsqSettings } from './settings.ts'

export interface SenderOptions extends Pick<NsqSettings, 'nsqds' | 'connection'> {
  /** what waits, by topic; called when it can go out */
  take(): { topic: string; body: string; failed: () => void } | undefined
  onUp(): void
  onDown(why: unknown): void
}

export interface Sender {
  /** there is something to take */
  wake(): void
  /** resolves at the first connection, rejects if none of the addresses answers */
  opened: Promise<void>
  close(): void
}

/** The library waits for ever: for a connection, and for an answer. */
const ANSWER_MS = 3000

export function nsqSender(o: SenderOptions): Sender {
  let current: Writer | undefined
  let busy = false
  let closed = false
  let attempt = 0
  let retry: NodeJS.Timeout | undefined
  const opened = Promise.withResolvers<void>()

  /** The addresses take turns. */
  const address = (): NsqAddress => o.nsqds[attempt % o.nsqds.length]!

  function connect(): void {
    const { host, port } = address()
    const writer = new Writer(host, port, o.connection)
    let why: unknown = new Error(`no answer from ${host}:${port} within ${ANSWER_MS} ms`)
    const late = setTimeout(() => dispose(writer), ANSWER_MS)
    writer.on('error', (e) => {
      why = e
    })
    writer.on('ready', () => {
      clearTimeout(late)
      current = writer
      attempt = 0
      o.onUp()
      opened.resolve()
      pump()
    })
    writer.on('closed', () => {
      clearTimeout(late)
      current = undefined
      busy = false
      if (closed) return
      attempt++
      o.onDown(why)
      if (attempt >= o.nsqds.length) opened.reject(why as Error)
      retry = setTimeout(connect, attempt < o.nsqds.length ? 0 : jittered(attempt - o.nsqds.length + 1))
    })
    writer.connect()
  }

  /** Its `closed` follows. */
  const dispose = (writer: Writer): void => void writer.close()

  function pump(): void {
    const writer = current
    if (busy || writer === undefined) return
    const next = o.take()
    if (next === undefined) return
    busy = true
    const late = setTimeout(() => dispose(writer), ANSWER_MS)
    writer.publish(next.topic, next.body, (e) => {
      clearTimeout(late)
      if (e) return next.failed()
      busy = false
      pump()
    })
  }

  connect()
  return {
    wake: pump,
    opened: opened.promise,
    close() {
      closed = true
      clearTimeout(retry)
      current?.close()
    },
  }
}
