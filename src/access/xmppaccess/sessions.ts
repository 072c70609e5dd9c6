/** Which address stands for which device: one that has shown the device's token in its presence, until it is unavailable or silent. */
import { idOf, tokenOf } from '#access/shared/credentials.ts'
import type { Door } from '#access/shared/door.ts'
import type { Failures } from '#access/shared/failures.ts'
import { entered } from '#access/shared/node.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { type Jid, ns } from './names.ts'
import { type XmppNode, XmppSession } from './session.ts'
import { causeRefusal, Refusal, refused } from './stanzas/answer.ts'
import { type Format, formats } from './stanzas/told.ts'
import { type Element, element } from './xml/element.ts'

/** Stanzas of one device that may wait while its token is checked, and devices that may be checked at once. */
const MOST_WAITING = 64
const MOST_ASKED = 20_000

export class Sessions {
  private readonly byKey = new Map<string, XmppSession>()
  private asking = 0
  /** the process is emptied: nobody comes in any more */
  private leaving = false
  private readonly node: XmppNode
  private readonly door: Door<XmppSession>
  private readonly failures: Failures
  private readonly domain: string

  constructor(node: XmppNode, door: Door<XmppSession>, failures: Failures, domain: string) {
    this.node = node
    this.door = door
    this.failures = failures
    this.domain = domain
  }

  close(): void {
    this.leaving = true
  }

  *all(): Iterable<XmppSession> {
    yield* this.byKey.values()
  }

  /** The session of this sender for this device, open or being checked. */
  of(from: string, deviceId: number): XmppSession | undefined {
    return this.byKey.get(keyOf(from, deviceId))
  }

  /** Presence with the token of a device. `resume` gets what has waited when the device is in. Throws a Refusal. */
  enter(stanza: Element, to: Jid, from: Jid, login: Element, resume: (e: Element, s: XmppSession) => void): void {
    const { failures, node } = this
    if (node.stopping || this.leaving) throw causeRefusal('server_stopping')
    if (failures.blocked(from.bare)) throw new Refusal('policy-violation', 'rate_limited', 'too many failures, try again later')
    const id = idOf(to.local)
    if (id === undefined) throw causeRefusal('client_id_malformed')
    const format = formatIn(login)
    const there = stanza.attrs['from']!
    const key = keyOf(there, id)
    const token = tokenOf(login.attrs['token'])
    const present = this.byKey.get(key)
    if (present?.state === 'open' && token !== '' && token === Buffer.from(present.token).toString('hex')) {
      present.touch()
      present.about.format = format
      return this.welcome(present)
    }
    if (present?.state === 'asked') return this.wait(present, stanza)
    if (this.asking >= MOST_ASKED) throw causeRefusal('server_busy')
    const here = `${to.local}@${this.domain}`
    const onEnd = () => this.byKey.get(key) === session && this.byKey.delete(key)
    const session = new XmppSession(node, { key, here, there, address: from.bare, format, onEnd })
    session.waiting.push(stanza)
    // one that has another token by now goes when the new one is good
    this.byKey.set(key, session)
    this.ask(session, id, token, present, resume)
  }

  /** Keeps a stanza until its sender is in. Throws a Refusal. */
  wait(session: XmppSession, stanza: Element): void {
    if (session.waiting.length >= MOST_WAITING) throw causeRefusal('server_busy')
    session.waiting.push(stanza)
  }

  private ask(
    s: XmppSession,
    id: number,
    token: string,
    before: XmppSession | undefined,
    resume: (e: Element, s: XmppSession) => void,
  ): void {
    this.asking++
    this.door.ask(s, id, token, {
      admitted: () => {
        this.asking--
        if (s.state !== 'asked' || this.node.stopping) {
          this.door.gone(s)
          return s.end('server_stopping')
        }
        s.opened()
        entered(this.node, s, { address: s.address, lease: this.node.limits.lease }, recordFlag.clean)
        this.welcome(s)
        for (const e of s.waiting.splice(1)) resume(e, s)
        s.waiting.length = 0
      },
      refused: (cause, reason) => {
        this.asking--
        if (cause !== 'server_busy' && cause !== 'taken_over') this.failures.failed(fromOf(s))
        for (const e of s.waiting.splice(0)) this.node.wire.send(refused(e, causeRefusal(cause, reason)))
        const present = before?.state === 'open' ? before : undefined
        s.end('closed_by_peer')
        if (present) this.byKey.set(s.about.key, present)
      },
    })
  }

  /** The device's address here is available to it from now on; what waits for it goes out. */
  private welcome(s: XmppSession): void {
    const { here: from, there: to } = s.about
    this.node.wire.send(element('presence', ns.component, { from, to }))
    this.node.downlink.back(s)
  }
}

const keyOf = (from: string, deviceId: number): string => `${from} ${deviceId}`
const fromOf = (s: XmppSession): string => s.about.address

function formatIn({ attrs }: Element): Format {
  const { format = 'json' } = attrs
  const known = formats.find((f) => f === format)
  if (known === undefined) throw new Refusal('bad-request', 'invalid', `format takes ${formats.join(', ')}`)
  return known
}
