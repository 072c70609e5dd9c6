/** One quarantined frame, read again with the decoder and the model of today. */
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { type Codecs, nativeFrame } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { checkFrame, FRAME_HEADER, frameKind } from '#protocol/frames.ts'
import { eventOf, type Model, objectOf } from '#protocol/model.ts'
import { reason } from '#protocol/reasons.ts'
import { topicOf } from './faults.ts'
import { eachObject } from './marks.ts'
import type { QuarantinedFrame } from './scan.ts'

/** What enters history: only what could not be read before. */
export interface Reread {
  kind: 1 | 2
  /** it is the codec's own form */
  foreign: boolean
  frame: Uint8Array
}

/** Undefined: it still can't be read, or no more of it than before. */
export function readAgain(f: QuarantinedFrame, model: Model, codecs: Codecs): Reread | undefined {
  if (f.fault.kind === 'undecodable') return whole(f, model, codecs)
  return f.fault.reason === 'event_unknown' ? event(f, model) : objects(f, model)
}

function whole({ raw }: QuarantinedFrame, model: Model, codecs: Codecs): Reread | undefined {
  const isEvent = topicOf(raw) === 'e'
  const kind = isEvent ? recordKind.event : recordKind.status
  if (raw.flags & recordFlag.foreign) {
    return translates(codecs, model, isEvent, raw.data) ? { kind, foreign: true, frame: raw.data } : undefined
  }
  // which topic it came on is not known
  if (raw.reason === reason.frame_kind_unknown) return undefined
  const ok = checkFrame(isEvent ? frameKind.event : frameKind.status, raw.data, 0, raw.data.length) === reason.ok
  return ok ? { kind, foreign: false, frame: raw.data } : undefined
}

function translates(codecs: Codecs, model: Model, isEvent: boolean, frame: Uint8Array): boolean {
  try {
    nativeFrame(codecs, model, isEvent ? 'event' : 'status', frame)
    return true
  } catch (e) {
    if (e instanceof ProtocolError) return false
    throw e
  }
}

function event({ record, fault }: QuarantinedFrame, model: Model): Reread | undefined {
  return eventOf(model, fault.numbers[0]!) ? { kind: recordKind.event, foreign: false, frame: record.data } : undefined
}

/** The objects that the model knows now, in a status of their own. */
function objects({ record, fault, again = [] }: QuarantinedFrame, model: Model): Reread | undefined {
  const parts: Uint8Array[] = []
  eachObject(record.data, 0, record.data.length, (no, from, to) => {
    if (fault.numbers.includes(no) && !again.includes(no) && objectOf(model, no)) parts.push(record.data.subarray(from, to))
  })
  if (parts.length === 0) return undefined
  return { kind: recordKind.status, foreign: false, frame: Buffer.concat([record.data.subarray(0, FRAME_HEADER), ...parts]) }
}
