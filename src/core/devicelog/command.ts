/**
 * The data of records about commands (batch.ts):
 *
 *   command      : id 8 octets | topic byte | [flag terms: size u16 | until f64 | desired u32 | by UTF-8] | frame
 *   commandState : id 8 octets | detail UTF-8
 *
 * Numbers little endian; `size` counts what follows it in the terms.
 */
import { recordFlag } from './batch.ts'

export const COMMAND_ID = 8
const TOPIC_AT = COMMAND_ID
const TERMS_AT = TOPIC_AT + 1
const FIXED_TERMS = 12

/** What was agreed on when a command was accepted that nobody waits for. */
export interface CommandTerms {
  /** ms since 1970: not sent after this; 0 = only to the session that was there */
  until: number
  /** it carries desired state of this version; 0 = it does not */
  desired: number
  by: string
}

export interface CommandRecord {
  id: Uint8Array
  topic: 'c' | 's'
  terms: CommandTerms | undefined
  frame: Uint8Array
}

/** → the data, and the flags that say how it is to be read. */
export function writeCommand(
  id: Uint8Array,
  topic: 'c' | 's',
  frame: Uint8Array,
  terms?: CommandTerms,
): { data: Buffer; flags: number } {
  const by = terms && Buffer.from(terms.by)
  const size = by ? FIXED_TERMS + by.length : 0
  const frameAt = TERMS_AT + (by ? 2 + size : 0)
  const data = Buffer.allocUnsafe(frameAt + frame.length)
  data.set(id)
  data[TOPIC_AT] = topic.charCodeAt(0)
  if (terms && by) {
    data.writeUInt16LE(size, TERMS_AT)
    data.writeDoubleLE(terms.until, TERMS_AT + 2)
    data.writeUInt32LE(terms.desired, TERMS_AT + 10)
    data.set(by, TERMS_AT + 2 + FIXED_TERMS)
  }
  data.set(frame, frameAt)
  return { data, flags: terms ? recordFlag.terms : 0 }
}

/** Views of `data`, nothing is copied. */
export function readCommand(data: Uint8Array, flags: number): CommandRecord {
  const b = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const topic = b[TOPIC_AT] === 0x73 ? 's' : 'c'
  const id = b.subarray(0, COMMAND_ID)
  if ((flags & recordFlag.terms) === 0) return { id, topic, terms: undefined, frame: b.subarray(TERMS_AT) }
  const end = TERMS_AT + 2 + b.readUInt16LE(TERMS_AT)
  const terms = {
    until: b.readDoubleLE(TERMS_AT + 2),
    desired: b.readUInt32LE(TERMS_AT + 10),
    by: b.toString('utf8', TERMS_AT + 2 + FIXED_TERMS, end),
  }
  return { id, topic, terms, frame: b.subarray(end) }
}
