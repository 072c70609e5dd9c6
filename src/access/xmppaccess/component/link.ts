/**
 * One connection to the XMPP server as its external component (XEP-0114): the stream, the handshake, then stanzas both ways until it ends.
 * What the server sends is trusted no more than any other peer's: its size, its form and its silence have limits.
 */
import { createHash } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import type { Address } from '#lib/settings.ts'
import { type Element, element, elementsOf, escaped, textOf, written } from '../xml/element.ts'
import { StreamFault } from '../xml/fault.ts'
import { Reader, STREAMS } from '../xml/reader.ts'

export const COMPONENT = 'jabber:component:accept'
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams'
/** Octets that may wait for a server that does not read: above the first nothing more is read of it, above the second it is given up. */
const CROWDED = 4 << 20
const GIVEN_UP = 32 << 20
/** Characters of a stanza; a server's own limit for those of its clients is below. */
const LARGEST = 1 << 20
/** ms that the last words may take */
const LAST_WORDS = 500

export interface LinkOptions {
  server: Address
  domain: string
  secret: string
  /** characters of a stanza that is taken whole */
  most: number
}

export interface LinkEvents {
  online(): void
  /** `whole` false: too large or too deep, its content is not there */
  stanza(e: Element, whole: boolean, size: number): void
  /** It has ended, or never began. */
  closed(why: string): void
}

export class Link {
  private readonly socket: Socket
  private readonly reader: Reader
  private readonly o: LinkOptions
  private readonly events: LinkEvents
  private state: 'opening' | 'asked' | 'online' | 'closed' = 'opening'
  private held = false
  private corked = false
  /** something came since this was last set to false */
  heard = true

  constructor(o: LinkOptions, events: LinkEvents) {
    this.o = o
    this.events = events
    this.reader = new Reader(
      { most: o.most, end: LARGEST },
      {
        opened: (attrs) => this.opened(attrs),
        element: (e, whole, size) => this.element(e, whole, size),
        closed: () => this.end('the server closed the stream'),
      },
    )
    this.socket = connect({ ...o.server, noDelay: true, keepAlive: true })
    this.socket.on('connect', () =>
      this.socket.write(
        `<?xml version="1.0"?><stream:stream xmlns="${COMPONENT}" xmlns:stream="${STREAMS}" to="${escaped(o.domain)}">`,
      ),
    )
    this.socket.on('data', (bytes) => this.read(bytes))
    this.socket.on('drain', () => this.held || this.socket.resume())
    this.socket.on('error', (e) => this.end(e.message))
    this.socket.on('close', () => this.end('the connection was lost'))
  }

  get online(): boolean {
    return this.state === 'online'
  }

  /** Bytes that the server has not taken yet. */
  get waiting(): number {
    return this.socket.writableLength
  }

  /** Sends a stanza; those of one turn go out in one write. */
  send(e: Element): void {
    if (this.state !== 'online') return
    if (!this.corked) {
      this.corked = true
      this.socket.cork()
      setImmediate(() => {
        this.corked = false
        this.socket.uncork()
      })
    }
    this.socket.write(written(e, COMPONENT))
    if (this.socket.writableLength > GIVEN_UP) this.end('the server does not read')
    else if (this.socket.writableLength > CROWDED) this.socket.pause()
  }

  /** Reads nothing until `release`. */
  hold(): void {
    this.held = true
    this.socket.pause()
  }

  release(): void {
    this.held = false
    if (this.socket.writableLength <= CROWDED) this.socket.resume()
  }

  /** Ends the stream; what was sent still goes out. */
  stop(): Promise<void> {
    return new Promise((done) => {
      if (this.socket.destroyed) return done()
      this.socket.once('close', () => done())
      if (this.state !== 'closed') this.finish('</stream:stream>')
      this.state = 'closed'
    })
  }

  /** It is of no use any more. */
  giveUp(why: string): void {
    this.end(why)
  }

  private read(bytes: Uint8Array): void {
    if (this.state === 'closed') return
    this.heard = true
    try {
      this.reader.read(bytes)
    } catch (e) {
      const { condition, message } = e instanceof StreamFault ? e : new StreamFault('invalid-xml', String(e))
      const what = element('stream:error', COMPONENT, {}, [element(condition, STREAM_ERRORS)])
      this.end(message, `${written(what, COMPONENT)}</stream:stream>`)
    }
  }

  private opened({ id = '' }: Readonly<Record<string, string>>): void {
    if (this.state !== 'opening') return
    this.state = 'asked'
    const digest = createHash('sha1').update(id).update(this.o.secret).digest('hex')
    this.socket.write(`<handshake>${digest}</handshake>`)
  }

  private element(e: Element, whole: boolean, size: number): void {
    if (e.ns === STREAMS && e.name === 'error') return this.end(saidIn(e))
    if (this.state === 'online' && e.ns === COMPONENT) return this.events.stanza(e, whole, size)
    if (this.state !== 'asked' || e.name !== 'handshake') return
    this.state = 'online'
    this.events.online()
  }

  private end(why: string, last = ''): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.finish(last)
    this.events.closed(why)
  }

  /** What was written goes out, if the server takes it soon. */
  private finish(last: string): void {
    const { socket } = this
    if (socket.connecting || !socket.writable) return void socket.destroy()
    const enough = setTimeout(() => socket.destroy(), LAST_WORDS).unref()
    socket.once('close', () => clearTimeout(enough))
    socket.end(last, () => socket.destroy())
  }
}

/** What a stream error says: its condition, and its text. */
function saidIn(e: Element): string {
  const said = elementsOf(e)
    .map((c) => (c.name === 'text' ? textOf(c) : c.name))
    .join(': ')
  return `the server ends the stream: ${said.slice(0, 200)}`
}
