/** Which device a request is of: by id and token in its query, or by the handshake of its connection. */
import { idOf, tokenOf } from '#access/shared/credentials.ts'
import type { Door } from '#access/shared/door.ts'
import type { Failures } from '#access/shared/failures.ts'
import { entered } from '#access/shared/node.ts'
import type { Cause } from '#contracts/causes.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { challenged, failed } from './challenge.ts'
import { answer } from './message/numbers.ts'
import { queryOf } from './message/options.ts'
import type { Exchange } from './server/exchange.ts'
import { failure } from './server/response.ts'
import { type CoapNode, CoapSession } from './session.ts'

/** Requests of a device that may wait while its token is checked. */
const MOST_WAITING = 16
/** seconds after which it may ask again */
const BUSY = 2
const SHUT_OUT = 60
const busy: readonly Cause[] = ['server_busy', 'taken_over', 'session_gone']

export class Sessions {
  private readonly byKey = new Map<string, CoapSession>()
  private readonly node: CoapNode
  private readonly door: Door<CoapSession>
  private readonly failures: Failures

  constructor(node: CoapNode, door: Door<CoapSession>, failures: Failures) {
    this.node = node
    this.door = door
    this.failures = failures
  }

  /** Calls `next` when the device of the request is in, and has `ex.subject` set to its session; else answers. */
  admit(ex: Exchange, next: () => void): void {
    const shown = ex.carrier.device ?? credentials(ex)
    if (typeof shown === 'string') return this.refuse(ex, shown)
    if (this.node.stopping) return ex.respond(failure(answer.unavailable, 'server_stopping', BUSY))
    const key = `${shown.id}/${shown.token}`
    const present = this.byKey.get(key)
    if (present && this.again(ex, present)) return next()
    if (present === undefined && challenged(ex, this.failures)) return
    const session = present ?? this.ask(ex, key, shown)
    if (session.waiting.length >= MOST_WAITING) return ex.respond(failure(answer.unavailable, 'server_busy', BUSY))
    session.waiting.push({ ex, next })
  }

  /** A request that shows the same as one of this session before: it is of the device, unless the session has ended. */
  again(ex: Exchange, session: CoapSession): boolean {
    if (session.state !== 'open' || this.node.stopping) return false
    session.carrier = ex.carrier
    session.touch()
    ex.subject = session
    return true
  }

  *all(): Iterable<CoapSession> {
    yield* this.byKey.values()
  }

  private ask(ex: Exchange, key: string, { id, token }: { id: number; token: string }): CoapSession {
    const session = new CoapSession(this.node, key, ex.carrier)
    this.byKey.set(key, session)
    session.onEnd = () => {
      if (this.byKey.get(key) === session) this.byKey.delete(key)
    }
    this.door.ask(session, id, token, {
      admitted: () => this.admitted(session),
      refused: (cause, reason) => {
        for (const { ex: waiting } of session.waiting.splice(0)) this.refuse(waiting, cause, reason)
        session.end(cause)
      },
    })
    return session
  }

  private admitted(session: CoapSession): void {
    if (session.state !== 'asked' || this.node.stopping) {
      this.door.gone(session)
      return session.end('server_stopping')
    }
    session.opened()
    entered(this.node, session, { address: session.address, lease: this.node.limits.lease }, recordFlag.clean)
    for (const { ex, next } of session.waiting.splice(0)) {
      ex.subject = session
      next()
    }
  }

  private refuse(ex: Exchange, cause: Cause, reason?: string): void {
    if (busy.includes(cause)) return ex.respond(failure(answer.unavailable, cause, BUSY))
    if (cause === 'address_blocked') return ex.respond(failure(answer.tooMany, cause, SHUT_OUT))
    failed(ex, this.failures)
    const code = cause === 'plugin_refused' ? answer.forbidden : answer.unauthorized
    ex.respond(failure(code, reason === undefined ? cause : `${cause}: ${reason}`))
  }
}

/** What a request shows in its query, or why that is none. */
function credentials(ex: Exchange): { id: number; token: string } | Cause {
  const id = idOf(queryOf(ex, 'id') ?? '')
  if (id === undefined) return 'client_id_malformed'
  return { id, token: tokenOf(queryOf(ex, 'token')) }
}
