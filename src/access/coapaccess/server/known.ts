/** Options of a request that was let in: a device sends the same ones with each report, so they are read and judged once. */
import { type Content, parseContent } from '../message/message.ts'
import type { Exchange } from './exchange.ts'
import type { Handler } from './resource.ts'

const HEAD = 4
const MARKER = 0xff
const MOST_TOKEN = 8
const none = new Uint8Array(0)

export class Known {
  readonly handler: Handler
  readonly subject: object
  readonly path: string
  private readonly code: number
  private readonly octets: Uint8Array
  private readonly options: Content['options']

  /** `b`: the datagram of `m`, whose request `ex` was let in to `handler`. */
  constructor(b: Uint8Array, m: Content, ex: Exchange, handler: Handler) {
    this.handler = handler
    this.subject = ex.subject!
    this.path = ex.path
    this.code = m.code
    const end = m.payload.length === 0 ? b.length : b.length - m.payload.length - 1
    // a copy: views would keep the datagram, and a Buffer the memory that it shares with others
    this.octets = new Uint8Array(b.subarray(HEAD + m.token.length, end))
    this.options = (parseContent(this.octets, 0, this.octets.length, m.code, 0) as Content).options
  }

  /** The content of a message of the same code and options; undefined: it is another one, or none. */
  read(b: Uint8Array): Content | undefined {
    const { octets } = this
    const length = b[0]! & 15
    const from = HEAD + length
    const end = from + octets.length
    if (b[1] !== this.code || length > MOST_TOKEN || b.length < end) return undefined
    for (let i = 0; i < octets.length; i++) if (octets[i] !== b[from + i]) return undefined
    if (end < b.length && (b[end] !== MARKER || end + 1 === b.length)) return undefined
    const payload = end === b.length ? none : b.subarray(end + 1)
    return { code: this.code, token: b.subarray(HEAD, from), options: this.options, payload }
  }
}
