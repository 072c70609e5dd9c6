/** What of a frame could not be read with the model of its time. */
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { HistoryRecord } from '#core/history/port.ts'
import { frameFields } from '#protocol/framefields.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import { eventOf, type Model, objectOf } from '#protocol/model.ts'
import { frameReasons, reason, reasonError } from '#protocol/reasons.ts'
import { eachObject } from './marks.ts'

export interface Fault {
  kind: 'undecodable' | 'unknown'
  reason: string
  text: string
  offset: number
  numbers: number[]
}

const EVENT_NO = FRAME_HEADER + 2

export const topicOf = ({ kind, flags }: Pick<HistoryRecord, 'kind' | 'flags'>): 's' | 'e' | 'd' => {
  if (kind === recordKind.event || flags & recordFlag.topicEvent) return 'e'
  return flags & recordFlag.topicOld ? 'd' : 's'
}

/** Undefined: all of it can be read. Without a model (the product was removed) no number is unknown. */
export function faultOf(r: HistoryRecord, model: Model | undefined): Fault | undefined {
  if (r.kind === recordKind.undecodable) return undecodable(r)
  if (!model) return undefined
  return r.kind === recordKind.event ? unknownEvent(r.data, model) : unknownObjects(r.data, model)
}

function undecodable(r: HistoryRecord): Fault {
  const code = frameReasons[r.reason] ?? 'frame_kind_unknown'
  const kind = topicOf(r) === 'e' ? 'event' : 'status'
  const offset = r.reason === reason.frame_kind_unknown ? 0 : frameFields(r.data, kind).offset
  return { kind: 'undecodable', reason: code, text: reasonError(r.reason).message, offset, numbers: [] }
}

function unknownEvent(b: Uint8Array, model: Model): Fault | undefined {
  const no = (b[EVENT_NO]! << 8) | b[EVENT_NO + 1]!
  if (eventOf(model, no)) return undefined
  const text = `the model has no event ${no}`
  return { kind: 'unknown', reason: 'event_unknown', text, offset: EVENT_NO, numbers: [no] }
}

function unknownObjects(b: Uint8Array, model: Model): Fault | undefined {
  const numbers = new Set<number>()
  let offset = -1
  eachObject(b, 0, b.length, (no, at) => {
    if (objectOf(model, no)) return
    numbers.add(no)
    if (offset < 0) offset = at + 2
  })
  if (offset < 0) return undefined
  const text = `the model has no object ${[...numbers].join(', ')}`
  return { kind: 'unknown', reason: 'object_unknown', text, offset, numbers: [...numbers] }
}
