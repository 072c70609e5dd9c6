/** One receiver's HTTP: one POST a call, never a redirect, bounded in time and in what is read of the answer. */
import { Pool } from 'undici'
import type { Clock } from '#lib/service.ts'
import type { AddressGuard } from './addresses.ts'
import { type ConnectOptions, guardedConnector, Refused, type Target, targetOf } from './connect.ts'
import { type Signer, signer } from './sign.ts'
import { ANSWER_LIMIT, type Outcome, Try } from './try.ts'

export interface Message {
  id: string
  body: Buffer
}

export interface Sender {
  send(message: Message, done: (outcome: Outcome) => void): void
  /** cuts tries that take too long; called now and then */
  tick(): void
  close(): Promise<void>
}

export interface SenderOptions extends Pick<ConnectOptions, 'resolve' | 'ca'> {
  reportUrl: string
  reportToken: string
  signingSecret: string
  guard: AddressGuard
  /** ms for one try */
  timeout: number
  clock: Clock
}

const KEEP_ALIVE_MS = 15_000

/** Makes the sender of one application. A report URL that is no webhook gives a sender whose every try is refused. */
export function makeSender(o: SenderOptions): Sender {
  try {
    return httpSender(o, targetOf(o.reportUrl))
  } catch (e) {
    if (!(e instanceof Refused)) throw e
    const refused = { ok: false, status: 0, error: `refused: ${e.message}` }
    return { send: (_, done) => queueMicrotask(() => done(refused)), tick: () => {}, close: async () => {} }
  }
}

function httpSender(o: SenderOptions, target: Target): Sender {
  const pool = new Pool(target.origin, {
    connect: guardedConnector(o),
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: ANSWER_LIMIT,
  })
  const sign: Signer = signer(o)
  const underWay = new Set<Try>()
  const end = (t: Try, outcome: Outcome) => {
    underWay.delete(t)
    t.report(outcome)
  }
  return {
    send({ id, body }, done) {
      const now = o.clock.now()
      const attempt = new Try(now + o.timeout, end, done)
      underWay.add(attempt)
      const headers = sign.headers(id, Math.floor(now / 1000), body)
      pool.dispatch({ method: 'POST', path: target.path, headers, body }, attempt)
    },
    tick() {
      const now = o.clock.now()
      for (const t of underWay) {
        if (t.deadline > now) return
        t.expire(`no answer within ${o.timeout / 1000} s`)
      }
    },
    close: () => pool.destroy(new Error('the notifier stops')),
  }
}
