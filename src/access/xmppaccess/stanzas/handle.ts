/** Each stanza from the server: to whom it is, from whom, and what is done with it. */
import { idOf } from '#access/shared/credentials.ts'
import { toPandoError } from '#lib/errors.ts'
import { type Jid, jidOf, ns } from '../names.ts'
import type { XmppNode, XmppSession } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { childOf, type Element, elementsOf } from '../xml/element.ts'
import { answerable, causeRefusal, Refusal, refusalOf, refused, reply } from './answer.ts'
import { infoOf, isInfo } from './disco.ts'
import { messageOf } from './messages.ts'
import { type Query, queryOf } from './queries.ts'

export interface HandleParts {
  node: XmppNode
  sessions: Sessions
  /** of the component */
  domain: string
  /** whose users may be devices; empty: every domain's */
  domains: readonly string[]
  query: Query
  dropped(reason: string): void
}

export type Handle = (e: Element, whole: boolean, size: number) => void

export function makeHandle(p: HandleParts): Handle {
  const { node, sessions, domain, domains, dropped } = p

  function refuse(e: Element, why: unknown): void {
    const refusal = refusalOf(why)
    if (refusal.why === 'internal') node.log.error({ err: toPandoError(why) }, 'a stanza could not be handled')
    if (answerable(e)) node.wire.send(refused(e, refusal))
    else dropped('not_answerable')
  }

  /** Throws, or rejects with, what its sender is told. */
  function handle(e: Element, to: Jid, from: Jid): void | Promise<void> {
    if (to.local === '') return toComponent(e)
    const id = idOf(to.local)
    if (id === undefined) throw new Refusal('item-not-found')
    const session = sessions.of(e.attrs['from']!, id)
    const login = e.name === 'presence' && e.attrs['type'] === undefined && childOf(e, 'login', ns.pando)
    if (login) return sessions.enter(e, to, from, login, (waited, s) => again(waited, s))
    if (session?.state === 'asked') return e.name === 'presence' ? gone(e, session) : sessions.wait(session, e)
    if (session?.state === 'open') return known(e, session)
    if (answerable(e)) throw causeRefusal('session_gone', 'show the token of the device in your presence first')
  }

  function known(e: Element, s: XmppSession): void | Promise<void> {
    const { name, attrs } = e
    if (name === 'presence') return gone(e, s)
    if (attrs['type'] !== 'error') s.touch()
    if (name === 'message') return attrs['type'] === 'error' ? undefined : messageOf(p.query, s, e)
    if (attrs['type'] === 'result' || attrs['type'] === 'error') return answered(e, s)
    return queryOf(p.query, s, e)
  }

  function toComponent(e: Element): void {
    if (e.name !== 'iq') return
    const { type, id } = e.attrs
    if (type !== 'get' && type !== 'set') return
    const [child, ...more] = elementsOf(e)
    if (id === undefined || child === undefined || more.length > 0) throw new Refusal('bad-request')
    if (type === 'get' && isInfo(child)) return node.wire.send(reply(e, 'result', [infoOf(child, 'component')]))
    if (type === 'get' && child.ns === ns.ping) return node.wire.send(reply(e, 'result'))
    throw new Refusal('service-unavailable')
  }

  function run(e: Element, act: () => void | Promise<void>): void {
    try {
      const done = act()
      if (done instanceof Promise) done.catch((why: unknown) => refuse(e, why))
    } catch (why) {
      refuse(e, why)
    }
  }
  const again = (e: Element, s: XmppSession) => run(e, () => known(e, s))

  return (e, whole, size) => {
    node.read(size)
    const to = jidOf(e.attrs['to'])
    const from = jidOf(e.attrs['from'])
    if (!to || !from || to.domain !== domain || !stanzas.has(e.name)) return dropped('malformed')
    const ours = from.domain === domain
    if (!ours && domains.length > 0 && !domains.includes(from.domain)) return dropped('domain')
    // what we have asked ourselves: the server is there
    if (ours && !(from.local === '' && e.attrs['id'] === 'alive')) return dropped('own_address')
    if (!whole) return refuse(e, new Refusal('policy-violation', 'packet_too_large', 'the stanza is too large, or too deep'))
    run(e, () => handle(e, to, from))
  }
}

const stanzas = new Set(['iq', 'message', 'presence'])
/** Of a device that is asked, or told something: it is not there. */
const absences = new Set(['gone', 'item-not-found', 'recipient-unavailable', 'remote-server-not-found', 'remote-server-timeout'])

/** The answer to a query of ours. What is not there is said by its server, in the device's name. */
function answered(e: Element, s: XmppSession): void {
  const { type, id = '' } = e.attrs
  const error = childOf(e, 'error', ns.component)
  const condition = error && elementsOf(error).find((c) => c.ns === ns.stanzas && c.name !== 'text')?.name
  const absent = condition !== undefined && absences.has(condition)
  if (id === 'ping' && type === 'error') return s.end('closed_by_peer')
  if (absent) return s.ask()
  s.answered(id, type === 'result')
}

/** Its sender is available no more; a subscription is not needed, and not granted. */
function gone(e: Element, s: XmppSession): void {
  const { type } = e.attrs
  if (type === 'unavailable') s.end('disconnected')
  else if (type === 'error') s.end('closed_by_peer')
}
