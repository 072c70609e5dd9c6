/** Makes the message of an answer: cuts it into blocks, and keeps what the peer will fetch with the next ones. */
import { crc32 } from 'node:zlib'
import { blockOf, blockOption, MOST_SZX, sizeOf, startOf } from '../message/block.ts'
import { type Content, messageSize, type Option } from '../message/message.ts'
import { answer, option } from '../message/numbers.ts'
import { find, uintOption } from '../message/options.ts'
import type { Carrier } from './carrier.ts'
import { failure, type Response } from './response.ts'

/** What was asked, as far as the answer depends on it. */
export interface Asked {
  token: Uint8Array
  path: string
  options: readonly Option[]
}

const none = new Uint8Array(0)
/** An answer in one piece over TCP is not larger either. */
const MOST_PIECE = 64 << 10

/** `last`: told when the last block has been made; at once if there is one only. */
export function shape(carrier: Carrier, asked: Asked, r: Response, room: number, last?: () => void): Content {
  if (r.code === answer.content && r.etag && knows(asked.options, r.etag)) r = { code: answer.valid, etag: r.etag }
  const payload = r.payload ?? none
  if (payload.length === 0) {
    last?.()
    return { code: r.code, token: asked.token, options: optionsOf(r), payload }
  }
  const value = find(asked, option.block2)
  const block = value && blockOf(value)
  const content = { code: r.code, token: asked.token, options: optionsOf(r), payload }
  const fits = messageSize(content) <= room
  if (block === undefined && fits && payload.length <= (carrier.szx > MOST_SZX ? MOST_PIECE : sizeOf(carrier.szx))) {
    last?.()
    return content
  }
  // an error's reason is no body: it is left out where there is no room
  if (r.code >= answer.badRequest) return { ...content, payload: fits ? payload : none }
  const start = block ? startOf(block) : 0
  if (start >= payload.length) return { ...content, ...failure(answer.badRequest, 'there is no such block'), options: [] }
  const piece = largest(content, start, Math.min(block?.szx ?? carrier.szx, carrier.szx, MOST_SZX), room)
  if (piece === undefined) return { ...content, code: answer.unauthorized, options: carrier.challenge(), payload: none }
  if (piece.more) carrier.bodies.keep(asked.path, { response: r, ...(last && { last }) })
  else last?.()
  return piece.content
}

/** The largest block from `start`, at most of size `most`, that makes a message that fits; undefined: none does. */
function largest(whole: Content, start: number, most: number, room: number): { content: Content; more: boolean } | undefined {
  const body = whole.payload
  // all blocks of a body or none: a client that finds it in some takes the body for changed
  const tag = whole.options.some((o) => o.no === option.etag) ? [] : [{ no: option.etag, value: tagOf(body) }]
  const size = start === 0 ? [uintOption(option.size2, body.length)] : []
  for (let szx = most; szx >= 0; szx--) {
    const end = Math.min(body.length, start + sizeOf(szx))
    const more = end < body.length
    const options = [...whole.options, ...tag, blockOption(option.block2, { num: start / sizeOf(szx), more, szx })]
    const content = { ...whole, options, payload: body.subarray(start, end) }
    const full = { ...content, options: [...options, ...size] }
    if (messageSize(full) <= room) return { content: full, more }
    // what is only good to know gives way
    if (messageSize(content) <= room) return { content, more }
  }
  return undefined
}

/** The client has this state already (RFC 7252 §5.10.6.2). */
const knows = (options: readonly Option[], etag: Uint8Array): boolean =>
  options.some((o) => o.no === option.etag && Buffer.compare(o.value, etag) === 0)

function optionsOf(r: Response): readonly Option[] {
  if (r.etag === undefined && r.format === undefined && r.maxAge === undefined) return r.options ?? []
  const options = [...(r.options ?? [])]
  if (r.etag) options.push({ no: option.etag, value: r.etag })
  if (r.format !== undefined) options.push(uintOption(option.contentFormat, r.format))
  if (r.maxAge !== undefined) options.push(uintOption(option.maxAge, r.maxAge))
  return options
}

function tagOf(payload: Uint8Array): Uint8Array {
  const tag = Buffer.alloc(4)
  tag.writeUInt32BE(crc32(payload))
  return tag
}
