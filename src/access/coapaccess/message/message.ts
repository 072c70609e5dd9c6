/**
 * CoAP messages as octets: RFC 7252 §3, strictly. Nothing is copied: token, values and payload are views of the datagram. Own code because
 * `coap-packet` takes cut options and a marker without payload for messages, and knows no framing for TCP; tests compare both.
 */
import { EMPTY } from './numbers.ts'

export const CON = 0
export const NON = 1
export const ACK = 2
export const RST = 3
export type Type = 0 | 1 | 2 | 3

export interface Option {
  no: number
  value: Uint8Array
}

/** What messages over UDP and TCP have in common. */
export interface Content {
  code: number
  token: Uint8Array
  options: readonly Option[]
  payload: Uint8Array
}

export interface Message extends Content {
  type: Type
  id: number
}

/** It has a head, but breaks the format: whoever asked for a confirmation is told (§4.2). */
export interface Malformed {
  type: Type
  id: number
  malformed: string
}

const VERSION = 1
const HEAD = 4
const MARKER = 0xff
export const MOST_TOKEN = 8
/** Options that a message may have: none of ours has a tenth, and each costs memory. */
const MOST_OPTIONS = 64
const none = new Uint8Array(0)
const noOptions: readonly Option[] = []

/** undefined: no CoAP of this version; it is ignored in silence. */
export function parseMessage(b: Uint8Array): Message | Malformed | undefined {
  if (b.length < HEAD || b[0]! >> 6 !== VERSION) return undefined
  const type = ((b[0]! >> 4) & 3) as Type
  const id = (b[2]! << 8) | b[3]!
  const code = b[1]!
  const tokenLength = b[0]! & 15
  if (code === EMPTY) {
    if (b.length > HEAD) return { type, id, malformed: 'an empty message has a token or more' }
    return { type, id, code, token: none, options: noOptions, payload: none }
  }
  const content = parseContent(b, HEAD, b.length, code, tokenLength)
  return typeof content === 'string' ? { type, id, malformed: content } : { ...content, type, id }
}

/** Token, options and payload of b[at, end) → the content, or what is wrong with it. */
export function parseContent(b: Uint8Array, at: number, end: number, code: number, tokenLength: number): Content | string {
  const class_ = code >> 5
  if (class_ === 1 || class_ === 6) return `the code class ${class_} is reserved`
  if (tokenLength > MOST_TOKEN) return `a token of ${tokenLength} octets or more`
  if (at + tokenLength > end) return 'the token is cut off'
  const token = b.subarray(at, at + tokenLength)
  const options: Option[] = []
  at = readOptions(b, at + tokenLength, end, options)
  if (at < 0) return problems[-at]!
  if (at === end) return { code, token, options, payload: none }
  return at + 1 === end ? 'a payload marker without payload' : { code, token, options, payload: b.subarray(at + 1, end) }
}

const [CUT, RESERVED, TOO_MANY] = [1, 2, 3] as const
const problems = ['', 'an option is cut off', 'an option has a reserved delta or length', `more than ${MOST_OPTIONS} options`]

/** → where the payload's marker or the end is, or the negative number of a problem. */
function readOptions(b: Uint8Array, at: number, end: number, found: Option[]): number {
  let no = 0
  while (at < end && b[at] !== MARKER) {
    const first = b[at++]!
    let delta = first >> 4
    let length = first & 15
    if (delta === 15 || length === 15) return -RESERVED
    if (delta > 12) {
      const size = delta - 12
      if (at + size > end) return -CUT
      delta = size === 1 ? b[at]! + 13 : ((b[at]! << 8) | b[at + 1]!) + 269
      at += size
    }
    if (length > 12) {
      const size = length - 12
      if (at + size > end) return -CUT
      length = size === 1 ? b[at]! + 13 : ((b[at]! << 8) | b[at + 1]!) + 269
      at += size
    }
    no += delta
    if (at + length > end) return -CUT
    if (no > 0xffff) return -RESERVED
    if (found.length === MOST_OPTIONS) return -TOO_MANY
    found.push({ no, value: b.subarray(at, at + length) })
    at += length
  }
  return at
}

/** Octets of the message over UDP. */
export const messageSize = (c: Omit<Content, 'code'>): number => HEAD + c.token.length + sizeOfContent(c)

/** Octets of options and payload. */
export function sizeOfContent({ options, payload }: Pick<Content, 'options' | 'payload'>): number {
  let size = payload.length > 0 ? 1 + payload.length : 0
  let last = 0
  for (const { no, value } of inOrder(options)) {
    size += 1 + extra(no - last) + extra(value.length) + value.length
    last = no
  }
  return size
}

const extra = (n: number): number => (n < 13 ? 0 : n < 269 ? 1 : 2)

/** Options in any order, those of one number in the order given. */
export function writeMessage(type: Type, id: number, c: Content): Buffer {
  const out = Buffer.allocUnsafe(messageSize(c))
  out[0] = (VERSION << 6) | (type << 4) | c.token.length
  out[1] = c.code
  out[2] = id >> 8
  out[3] = id
  writeContent(out, HEAD, c)
  return out
}

/** ACK without an answer, RST, and the CON that asks whether somebody is there. */
export function writeEmpty(type: Type, id: number): Buffer {
  return Buffer.from([(VERSION << 6) | (type << 4), EMPTY, id >> 8, id & 0xff])
}

/** → where it ends. */
export function writeContent(out: Uint8Array, at: number, { token, options, payload }: Content): number {
  // it is short, and a call of the runtime dearer than a loop
  for (let i = 0; i < token.length; i++) out[at++] = token[i]!
  let last = 0
  for (const o of inOrder(options)) {
    at = writeOption(out, at, o.no - last, o.value)
    last = o.no
  }
  if (payload.length === 0) return at
  out[at++] = MARKER
  out.set(payload, at)
  return at + payload.length
}

function inOrder(options: readonly Option[]): readonly Option[] {
  for (let i = 1; i < options.length; i++) {
    if (options[i]!.no < options[i - 1]!.no) return options.toSorted((a, b) => a.no - b.no)
  }
  return options
}

const nibble = (n: number): number => (n < 13 ? n : n < 269 ? 13 : 14)

function extended(out: Uint8Array, at: number, n: number): number {
  if (n < 13) return at
  if (n < 269) {
    out[at] = n - 13
    return at + 1
  }
  out[at] = (n - 269) >> 8
  out[at + 1] = n - 269
  return at + 2
}

function writeOption(out: Uint8Array, at: number, delta: number, value: Uint8Array): number {
  out[at] = (nibble(delta) << 4) | nibble(value.length)
  at = extended(out, extended(out, at + 1, delta), value.length)
  out.set(value, at)
  return at + value.length
}
