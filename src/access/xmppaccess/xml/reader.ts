/**
 * A stream of XML as it comes, however it is cut: its beginning, then one element after the other. What XMPP forbids (document types,
 * entities, comments, instructions: RFC 6120 §11.1), and what is no XML, throws a StreamFault. An element that is larger or deeper than is
 * taken is read to its end and told without what is too much: it is one sender's, the stream is all senders'.
 */
import type { Element } from './element.ts'
import { StreamFault } from './fault.ts'
import { named, outermost, type Scope } from './scope.ts'
import { endOfTag, parseTag } from './tag.ts'
import { plain } from './text.ts'

export interface Limits {
  /** characters of an element that is told whole */
  most: number
  /** characters of any: above this the stream ends */
  end: number
}

export interface Events {
  opened(attrs: Readonly<Record<string, string>>): void
  /** `whole` false: it was too large or too deep, and its content is not there */
  element(e: Element, whole: boolean, size: number): void
  closed(): void
}

interface Open {
  /** as it was written */
  tag: string
  scope: Scope
  /** undefined: it is not kept */
  into: { name: string; ns: string; attrs: Record<string, string>; children: (Element | string)[] } | undefined
}

export const STREAMS = 'http://etherx.jabber.org/streams'
const DEEPEST = 32
const CDATA = '<![CDATA['
const DECLARATION = /^<\?xml\s[^<>]*\?>\s*/

export class Reader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private readonly limits: Limits
  private readonly events: Events
  private text = ''
  /** how far it has been looked through for the end of the tag that is at its beginning */
  private looked = 0
  private quote = ''
  private stack: Open[] = []
  private root: { tag: string; scope: Scope; ns: string } | undefined
  private size = 0
  private whole = true
  private over = false

  constructor(limits: Limits, events: Events) {
    this.limits = limits
    this.events = events
  }

  read(bytes: Uint8Array): void {
    if (this.over) return
    try {
      this.text += this.decoder.decode(bytes, { stream: true })
    } catch {
      throw new StreamFault('unsupported-encoding', 'it is not UTF-8')
    }
    let at = 0
    for (;;) {
      const next = this.step(at)
      if (next < 0 || this.over) break
      at = next
    }
    this.text = this.text.slice(at)
    if (this.size + this.text.length > this.limits.end) throw new StreamFault('policy-violation', 'an element without an end')
  }

  /** Takes what stands at `at` → where the next begins; -1: it is not there yet. */
  private step(at: number): number {
    const { text } = this
    if (at >= text.length) return -1
    if (text[at] !== '<') return this.characters(at)
    if (text.startsWith('<!', at) || text.startsWith('<?', at)) return this.special(at)
    const { at: end, quote } = endOfTag(text, at + Math.max(1, this.looked), this.quote)
    this.looked = end < 0 ? text.length - at : 0
    this.quote = end < 0 ? quote : ''
    if (end < 0) return -1
    this.tag(text.slice(at + 1, end), end + 1 - at)
    return end + 1
  }

  private characters(at: number): number {
    const { text } = this
    const found = text.indexOf('<', at)
    if (found < 0) return this.piece(at)
    this.content(text.slice(at, found))
    return found
  }

  /** Text whose end has not come: within an element that is not kept it need not wait. */
  private piece(at: number): number {
    if (this.whole && this.stack.length > 0 && this.size + this.text.length - at <= this.limits.most) return -1
    const said = this.text.slice(at)
    const kept = said.lastIndexOf('&') > said.lastIndexOf(';') ? said.slice(0, said.lastIndexOf('&')) : said
    if (kept === '') return -1
    this.content(kept)
    return at + kept.length
  }

  private content(said: string): void {
    this.size += said.length
    const open = this.stack.at(-1)
    if (open === undefined) {
      this.size = 0
      if (/[^ \t\r\n]/.test(said)) throw new StreamFault('not-well-formed', 'text outside of an element')
      return
    }
    const meant = plain(said)
    this.check()
    if (this.whole) open.into?.children.push(meant)
  }

  private special(at: number): number {
    const { text } = this
    if (text.startsWith(CDATA, at) && this.stack.length > 0) {
      const end = text.indexOf(']]>', at + Math.max(CDATA.length, this.looked - 2))
      this.looked = end < 0 ? text.length - at : 0
      if (end < 0) return -1
      this.content(text.slice(at + CDATA.length, end).replaceAll('&', '&amp;'))
      return end + 3
    }
    if (CDATA.startsWith(text.slice(at)) && this.stack.length > 0) return -1
    if (this.root === undefined && at === 0 && '<?xml'.startsWith(text.slice(0, 5))) {
      const declared = DECLARATION.exec(text)
      if (declared) return declared[0].length
      if (text.length < 200 && !text.includes('>')) return -1
    }
    throw new StreamFault('restricted-xml', 'a comment, an instruction or a document type')
  }

  private tag(inside: string, size: number): void {
    const tag = parseTag(inside)
    this.size += size
    if (this.root === undefined) return this.begin(tag.name, tag.attrs, tag.ends || tag.empty)
    if (tag.ends) return this.end(tag.name)
    const around = this.stack.at(-1)?.scope ?? this.root.scope
    const { scope, ...own } = named(tag.name, tag.attrs, around)
    this.check()
    if (this.stack.length >= DEEPEST) this.whole = false
    const kept = this.stack.length === 0 || this.whole
    this.stack.push({ tag: tag.name, scope, into: kept ? { ...own, children: [] } : undefined })
    if (tag.empty) this.end(tag.name)
  }

  private begin(name: string, attrs: Record<string, string>, ends: boolean): void {
    const { scope, ...own } = named(name, attrs, outermost)
    if (own.name !== 'stream' || own.ns !== STREAMS || ends)
      throw new StreamFault('invalid-namespace', 'it does not begin a stream')
    this.root = { tag: name, scope, ns: scope['']! }
    this.size = 0
    this.events.opened(own.attrs)
  }

  private end(name: string): void {
    const open = this.stack.pop()
    if (open === undefined && name === this.root!.tag) {
      this.over = true
      return this.events.closed()
    }
    if (open?.tag !== name) throw new StreamFault('not-well-formed', 'tags that do not fit')
    const around = this.stack.at(-1)
    if (around !== undefined) {
      if (open.into && this.whole) around.into?.children.push(open.into)
      return
    }
    const { size, whole } = this
    this.size = 0
    this.whole = true
    const { into } = open
    this.events.element(whole ? into! : { ...into!, children: [] }, whole, size)
  }

  /** Above what is taken nothing more of it is kept. */
  private check(): void {
    if (this.size > this.limits.end) throw new StreamFault('policy-violation', 'an element that is too large')
    if (this.size <= this.limits.most || !this.whole) return
    this.whole = false
    for (const open of this.stack) if (open.into) open.into.children = []
  }
}
