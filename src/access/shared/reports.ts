/**
 * What devices send by the names of their model, as JSON or what says the same (CBOR): one status `{"light": [1, 2]}`, one event
 * `{"alarm": [3]}`, or a list of them, each with the device's own time: `[{"timestamp": 1764…, "status": {…}}, …]`, `"event"` likewise.
 */
import { type FrameKind, type Report, reportFrame } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import type { Model } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'

/** Reports that one message may hold. */
export const MOST_REPORTS = 1000

/** → Pando's frames that say the same, in their order; all or nothing. Throws a ProtocolError that names what does not fit. */
export function framesOf(model: Model, kind: FrameKind, said: unknown): Uint8Array[] {
  const reports = Array.isArray(said) ? listed(kind, said) : [reportOf(kind, said)]
  return reports.map((r) => reportFrame(model, kind, r))
}

const wrong = (text: string, params: Record<string, unknown> = {}) => new ProtocolError('wrong_format', params, text)

function listed(kind: FrameKind, items: readonly unknown[]): Report[] {
  if (items.length === 0 || items.length > MOST_REPORTS) {
    throw wrong(`a list holds 1 to ${MOST_REPORTS} reports, got ${items.length}`, { max: MOST_REPORTS, got: items.length })
  }
  return items.map((item, i) => {
    if (!isObject(item)) throw wrong(`report ${i + 1} is no object`, { position: i + 1 })
    const { timestamp = 0, [kind]: said, ...rest } = item
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw wrong(`report ${i + 1} has the unknown key ${JSON.stringify(unknown)}`, { position: i + 1 })
    if (!Number.isSafeInteger(timestamp) || (timestamp as number) < 0) {
      throw wrong(`report ${i + 1}: timestamp is no time in ms since 1970`, { position: i + 1 })
    }
    return { ...reportOf(kind, said), timestamp: timestamp as number }
  })
}

function reportOf(kind: FrameKind, said: unknown): Report {
  if (!isObject(said)) throw wrong(`expected {"name": [value, …]}${kind === 'status' ? ' with one label or more' : ''}`)
  const entries = Object.entries(said)
  for (const [name, values] of entries) {
    if (!Array.isArray(values)) throw wrong(`${name} takes a list of values`, { label: name })
  }
  if (kind === 'status') {
    if (entries.length === 0) throw new ProtocolError('status_empty')
    return { status: said as Record<string, Value[]> }
  }
  const [name, values] = entries[0] ?? []
  if (entries.length !== 1) throw wrong(`an event has one name, got ${entries.length}`, { got: entries.length })
  return { event: { name: name!, values: values as Value[] } }
}

const isObject = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array)
