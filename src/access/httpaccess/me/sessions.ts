/** Which device a request is of: by its token, or by the certificate of its connection. */
import type { IncomingMessage } from 'node:http'
import { hostPort, unmapped } from '#access/shared/addresses.ts'
import { tokenOf } from '#access/shared/credentials.ts'
import type { Door } from '#access/shared/door.ts'
import type { Receiver } from '#access/shared/downlink.ts'
import { entered } from '#access/shared/node.ts'
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { vouchedNames } from '#lib/tls.ts'
import { causeRefusal } from './answer.ts'
import type { HttpNode } from './node.ts'
import { HttpSession } from './session.ts'

type Registry = Pick<Face<typeof registry>, 'deviceOfToken' | 'deviceByIdentifier'>

/** What a request shows of who sends it. */
export type Shown = Pick<IncomingMessage, 'headers' | 'socket'>

/** Names of a certificate that are looked up. */
const MOST_NAMES = 4

export class Sessions {
  private readonly byKey = new Map<string, { session: HttpSession; in: Promise<HttpSession> }>()
  private readonly node: HttpNode
  private readonly door: Door<Receiver>
  private readonly registry: () => Registry

  constructor(node: HttpNode, door: Door<Receiver>, registry: () => Registry) {
    this.node = node
    this.door = door
    this.registry = registry
  }

  *all(): Iterable<HttpSession> {
    for (const { session } of this.byKey.values()) yield session
  }

  /** → the session of the request's device, which is in. Throws a Refusal. */
  async of(req: Shown): Promise<HttpSession> {
    if (this.node.stopping) throw causeRefusal('server_stopping')
    const shown = tokenIn(req)
    const vouched = vouchedNames(req.socket)
    if (shown === undefined && vouched === undefined)
      throw causeRefusal('unauthenticated', 'send `Authorization: Bearer <token>`')
    const token = tokenOf(shown)
    if (shown !== undefined && token === '') throw causeRefusal('token_malformed', 'a token has 32 hex digits')
    const key = vouched === undefined ? token : JSON.stringify([token, ...vouched])
    const address = hostPort(unmapped(req.socket.remoteAddress), req.socket.remotePort ?? 0)
    const found = this.byKey.get(key) ?? this.enter(key, token, vouched, address)
    const session = await found.in
    session.address = address
    session.touch()
    return session
  }

  private enter(key: string, token: string, vouched: readonly string[] | undefined, address: string) {
    const onEnd = () => {
      if (this.byKey.get(key)?.session === session) this.byKey.delete(key)
    }
    const session = new HttpSession(this.node, { address, vouched, onEnd })
    const entry = { session, in: this.ask(session, token) }
    this.byKey.set(key, entry)
    entry.in.catch(() => session.end('session_gone'))
    return entry
  }

  private async ask(session: HttpSession, token: string): Promise<HttpSession> {
    const deviceId = await this.deviceOf(token, session.vouched ?? [])
    if (deviceId === undefined) throw causeRefusal(token === '' ? 'device_unknown' : 'token_unknown')
    return new Promise((done, failed) => {
      this.door.ask(session, deviceId, token, {
        admitted: () => {
          if (session.state !== 'asked' || this.node.stopping) {
            this.door.gone(session)
            return failed(causeRefusal('session_gone'))
          }
          session.opened()
          entered(this.node, session, { address: session.address, lease: this.node.limits.lease }, recordFlag.clean)
          done(session)
        },
        refused: (cause, reason) => failed(causeRefusal(cause, reason)),
      })
    })
  }

  private async deviceOf(token: string, names: readonly string[]): Promise<number | undefined> {
    if (token !== '') return (await this.registry().deviceOfToken({ token })).deviceId
    for (const identifier of names.slice(0, MOST_NAMES)) {
      try {
        return (await this.registry().deviceByIdentifier({ identifier })).id
      } catch (e) {
        if (!isPandoError(e, 'device_unknown') && !isPandoError(e, 'invalid')) throw e
      }
    }
    return undefined
  }
}

/** `Authorization: Bearer`, or the header of the old user API. */
function tokenIn({ headers }: Shown): string | undefined {
  if (headers.authorization !== undefined) return /^bearer +(\S+) *$/i.exec(headers.authorization)?.[1] ?? ''
  const old = headers['access-token']
  return typeof old === 'string' ? old : undefined
}
