/**
 * The desired state of a device: one JSON text in its current state, made of log records alone. A `desired` record holds the whole of it
 * when it is set; reached and stuck name the version that they are about. Tries are commands that carry the version.
 */
import { desiredStep, at as field, RECORD_HEADER } from '#core/devicelog/batch.ts'
import type { Current } from '#core/history/port.ts'
import { DESIRED } from '../slots.ts'

export interface Wanted {
  /** of the object */
  no: number
  label: string
  /** JSON text `[v, …]` as in commands/values.ts */
  values: string
  /** the same as it stands in a status frame (`sub-device u16 | object u16 | count u16 | TLVs`), base64 */
  property: string
  /** the device has not reported it since it was wanted */
  held: boolean
}

export interface DesiredDocument {
  /** grows with each change; 0: nothing was ever wanted */
  version: number
  setAt: number
  by: string
  objects: Wanted[]
  /** since it was set */
  tries: number
  /** ms since 1970; 0 = never */
  triedAt: number
  sentAt: number
  /** of the last try: '' = not known yet, delivered, or why not */
  outcome: string
  /** why it was given up; '' = it was not */
  stuck: string
}

export type SetRecord = Pick<DesiredDocument, 'version' | 'by' | 'objects'>
export interface ReachedRecord {
  version: number
  /** numbers of objects */
  objects: number[]
}
export interface StuckRecord {
  version: number
  reason: string
}

const nothing: DesiredDocument = {
  version: 0,
  setAt: 0,
  by: '',
  objects: [],
  tries: 0,
  triedAt: 0,
  sentAt: 0,
  outcome: '',
  stuck: '',
}

export function readDesired(current: Current, device: number): DesiredDocument {
  const value = current.get(device, DESIRED)
  return value ? (JSON.parse(Buffer.from(value.bytes).toString()) as DesiredDocument) : nothing
}

/** A `desired` record. */
export function applyDesired(current: Current, b: Buffer, p: number, size: number): void {
  const device = b.readDoubleLE(p + field.device)
  const time = b.readDoubleLE(p + field.time)
  const json: unknown = JSON.parse(b.toString('utf8', p + RECORD_HEADER, p + size))
  const doc = readDesired(current, device)
  switch (b[p + field.reason]) {
    case desiredStep.set:
      if ((json as SetRecord).version > doc.version) write(current, device, { ...nothing, ...(json as SetRecord), setAt: time })
      return
    case desiredStep.reached: {
      const { version, objects } = json as ReachedRecord
      if (version !== doc.version) return
      const left = doc.objects.map((w) => (objects.includes(w.no) ? { ...w, held: false } : w))
      return write(current, device, { ...doc, objects: left, stuck: left.some((w) => w.held) ? doc.stuck : '' })
    }
    case desiredStep.stuck: {
      const { version, reason } = json as StuckRecord
      if (version === doc.version) write(current, device, { ...doc, stuck: reason })
    }
  }
}

/** A command that carries this version was accepted. */
export function tried(current: Current, device: number, version: number, time: number): void {
  change(current, device, version, (doc) => ({ ...doc, tries: doc.tries + 1, triedAt: time, outcome: '' }))
}

/** A step in the life of such a command. */
export function stepped(
  current: Current,
  device: number,
  version: number,
  time: number,
  step: { sent?: boolean; outcome?: string },
): void {
  change(current, device, version, (doc) => ({
    ...doc,
    sentAt: step.sent || doc.sentAt < doc.triedAt ? time : doc.sentAt,
    outcome: step.outcome ?? doc.outcome,
  }))
}

function change(current: Current, device: number, version: number, f: (doc: DesiredDocument) => DesiredDocument): void {
  const doc = readDesired(current, device)
  if (doc.version === version) write(current, device, f(doc))
}

function write(current: Current, device: number, doc: DesiredDocument): void {
  const bytes = Buffer.from(JSON.stringify(doc))
  current.put(device, DESIRED, doc.setAt, bytes, 0, bytes.length)
}
