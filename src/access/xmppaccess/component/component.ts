/** The component for as long as the service runs: one connection after the other, with growing pauses while the server is away. */

import { hostPort } from '#access/shared/addresses.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type Element, element } from '../xml/element.ts'
import { COMPONENT, Link, type LinkOptions } from './link.ts'

/** ms of pause; spread by a quarter, that the components of many clouds do not come all at once */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 30_000
/** A stream that has not begun by then is given up. */
const BEGIN_WITHIN = 10_000
/** After so long without a word the server is asked; after as long again it is gone. */
const ASK_AFTER = 30_000

export interface ComponentParts extends LinkOptions {
  clock: Clock
  log: Logger
  stanza(e: Element, whole: boolean, size: number): void
  /** stanzas go both ways from here on */
  online(): void
  offline(): void
}

export class Component {
  private link: Link | undefined
  private pause = FIRST_PAUSE
  private stopped = false
  private cancel = () => {}
  private holding = false
  /** why it is not connected */
  why: string | undefined = 'not connected yet'
  private readonly p: ComponentParts

  constructor(p: ComponentParts) {
    this.p = p
    this.open()
  }

  get online(): boolean {
    return this.link?.online === true
  }

  send(e: Element): void {
    this.link?.send(e)
  }

  /** The log takes no more: nothing is read until `release`. */
  hold(): void {
    this.holding = true
    this.link?.hold()
  }

  release(): void {
    this.holding = false
    this.link?.release()
  }

  async stop(): Promise<void> {
    this.stopped = true
    this.cancel()
    await this.link?.stop()
  }

  private open(): void {
    const { p } = this
    let began = false
    const link = new Link(p, {
      online: () => {
        began = true
        this.pause = FIRST_PAUSE
        this.why = undefined
        this.watch(link)
        p.log.info(
          { server: hostPort(p.server.host, p.server.port), domain: p.domain },
          'the XMPP server has taken the component',
        )
        p.online()
      },
      stanza: (e, whole, size) => p.stanza(e, whole, size),
      closed: (why) => {
        this.cancel()
        this.link = undefined
        this.why = why
        if (began) p.offline()
        if (this.stopped) return
        const wait = this.pause * (0.75 + Math.random() / 2)
        p.log.warn(
          { server: hostPort(p.server.host, p.server.port), why, again: Math.round(wait) },
          'no connection to the XMPP server',
        )
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
        this.cancel = p.clock.after(wait, () => this.open())
      },
    })
    this.link = link
    if (this.holding) link.hold()
    this.cancel = p.clock.after(BEGIN_WITHIN, () => link.giveUp('the server does not answer'))
  }

  /** A server that is gone without a word is noticed. */
  private watch(link: Link): void {
    const { clock, domain } = this.p
    this.cancel()
    let asked = false
    this.cancel = clock.every(ASK_AFTER, () => {
      if (link.heard) asked = false
      else if (asked) return link.giveUp('the server is silent')
      else {
        asked = true
        const ping = element('ping', 'urn:xmpp:ping')
        link.send(element('iq', COMPONENT, { type: 'get', from: domain, to: domain, id: 'alive' }, [ping]))
      }
      link.heard = false
    })
  }
}
