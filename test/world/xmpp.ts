/** An XMPP client for tests: a user of a server, stanza by stanza. It answers nothing by itself. */
import { connect, type Socket } from 'node:net'
import { type Element, element, elementsOf, textOf, written } from '#access/xmppaccess/xml/element.ts'
import { Reader, STREAMS } from '#access/xmppaccess/xml/reader.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import type { Device } from './device.ts'
import { within } from './wait.ts'

const CLIENT = 'jabber:client'
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
export const PANDO = 'urn:pando:device:1'
export const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas'

export { type Element, elementsOf, textOf }
export const pando = (name: string, said = '', attrs: Record<string, string> = {}): Element =>
  element(name, PANDO, attrs, said === '' ? [] : [said])
export const el = element

export class XmppLink {
  readonly got: Element[] = []
  /** with its resource */
  jid = ''
  closed = false
  /** answers queries that come: `result` by itself, unless false */
  obeys = true
  private readonly socket: Socket
  private reader: Reader
  private readonly wakers: (() => void)[] = []
  private lastId = 0

  private constructor(socket: Socket) {
    this.socket = socket
    this.reader = this.newReader()
    socket.on('data', (b) => this.reader.read(b))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.wake()
    })
  }

  /** Signs in as a user and is bound. Rejects with the condition when it is refused. */
  static async open(at: string, o: { user: string; domain?: string; password?: string; resource?: string }): Promise<XmppLink> {
    const { user, domain = 'localhost', password = 'pando', resource = 'here' } = o
    const link = new XmppLink(connect(Number(at.split(':')[1]), '127.0.0.1'))
    await link.stream(domain)
    link.send(el('auth', SASL, { mechanism: 'PLAIN' }, [Buffer.from(`\0${user}\0${password}`).toString('base64')]))
    const said = await link.next('the end of SASL', (e) => e.ns === SASL)
    if (said.name !== 'success') throw new Error(elementsOf(said)[0]?.name ?? said.name)
    await link.stream(domain)
    const bound = await link.ask('set', undefined, el('bind', BIND, {}, [el('resource', BIND, {}, [resource])]))
    link.jid = textOf(elementsOf(elementsOf(bound)[0]!)[0]!)
    return link
  }

  /** As an address that shows the token of a device, in. */
  static async device(at: string, d: Device, o: { user?: string; format?: string; resource?: string } = {}): Promise<XmppLink> {
    const { user = 'alice', format, resource } = o
    const link = await XmppLink.open(at, { user, ...(resource && { resource }) })
    const answer = await link.login(d, { ...(format && { format }) })
    if (answer.attrs['type'] !== undefined) throw new Error(errorOf(answer))
    return link
  }

  async login(d: Device, o: { token?: string; format?: string } = {}): Promise<Element> {
    const { token = d.token, format } = o
    const to = addressOf(d)
    this.send(el('presence', CLIENT, { to }, [pando('login', '', { token, ...(format && { format }) })]))
    return this.next('the answer to a login', (e) => e.name === 'presence' && e.attrs['from'] === to)
  }

  ask(type: 'get' | 'set', to: string | undefined, child: Element): Promise<Element> {
    const id = `q${++this.lastId}`
    this.send(el('iq', CLIENT, { type, id, to }, [child]))
    return this.next(`the answer to ${id}`, (e) => e.name === 'iq' && e.attrs['id'] === id && e.attrs['type'] !== 'set')
  }

  async report(d: Device, kind: 'status' | 'event', said: unknown): Promise<Element> {
    return this.ask('set', addressOf(d), pando(kind, JSON.stringify(said)))
  }

  send(e: Element): void {
    this.raw(written(e, CLIENT))
  }

  raw(text: string): void {
    this.socket.write(text)
  }

  async next(what: string, fits: (e: Element) => boolean): Promise<Element> {
    return within(10_000, what, async () => {
      for (;;) {
        const at = this.got.findIndex(fits)
        if (at >= 0) return this.got.splice(at, 1)[0]!
        if (this.closed) throw new Error(`closed before ${what}`)
        await new Promise<void>((wake) => this.wakers.push(wake))
      }
    })
  }

  close(): void {
    this.socket.destroy()
  }

  private async stream(domain: string): Promise<void> {
    this.reader = this.newReader()
    this.raw(`<?xml version="1.0"?><stream:stream xmlns="${CLIENT}" xmlns:stream="${STREAMS}" to="${domain}" version="1.0">`)
    await this.next('the features of a stream', (e) => e.name === 'features')
  }

  private newReader(): Reader {
    return new Reader(
      { most: 1 << 20, end: 1 << 24 },
      { opened() {}, element: (e) => this.read(e), closed: () => void this.socket.end() },
    )
  }

  private read(e: Element): void {
    if (e.name === 'iq' && e.attrs['type'] === 'set' && this.obeys) {
      const { id, from: to } = e.attrs
      this.send(el('iq', CLIENT, { type: 'result', id, to }))
    }
    if (e.name === 'iq' && e.attrs['type'] === 'get' && this.obeys) {
      const { id, from: to } = e.attrs
      this.send(el('iq', CLIENT, { type: 'result', id, to }))
      return
    }
    this.got.push(e)
    this.wake()
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake()
  }
}

export const addressOf = (d: Device, domain = 'pando.localhost'): string => `${clientIdOf(d.id)}@${domain}`

/** `condition cause` of an error stanza. */
export function errorOf(e: Element): string {
  const error = elementsOf(e).find((c) => c.name === 'error')
  const parts = error ? elementsOf(error) : elementsOf(e)
  const condition = parts.find((c) => c.ns === STANZAS && c.name !== 'text')?.name
  const cause = parts.find((c) => c.name === 'cause')
  return [condition, cause && textOf(cause)].filter(Boolean).join(' ')
}
