/** Walks through the quarantined frames of devices, oldest first. */
import { recordFlag, recordKind } from '#core/devicelog/batch.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Model } from '#protocol/model.ts'
import type { Models } from '../models.ts'
import { type Fault, faultOf } from './faults.ts'
import { eachObject, type Marks } from './marks.ts'

export interface QuarantinedFrame {
  device: number
  /** its number among the frames of its time, in the order of arrival: stays, whatever is recorded later */
  place: number
  /** as it lies in history */
  raw: HistoryRecord
  /** as one of Pando's own, where it can be */
  record: HistoryRecord
  fault: Fault
  /** what of it was read again: numbers; [] = all of a frame that was undecodable; undefined = nothing */
  again: number[] | undefined
  /** not to be read any more */
  discarded: boolean
}

export interface ScanQuery {
  productId?: number
  deviceId?: number
  from?: number
  to?: number
  cursor?: string
}

export interface Scan {
  /** Visits frames until visit says false, or for long enough: → where to go on, undefined at the end. */
  run(q: ScanQuery, visit: (f: QuarantinedFrame) => boolean | Promise<boolean>): Promise<string | undefined>
}

const KINDS = [recordKind.status, recordKind.event, recordKind.undecodable]
const PAGE = 2000
/** Records that one call looks at. */
const MOST_RECORDS = 50_000

type Parts = { history: Pick<History, 'read'>; models: Models; marks: Marks; translator: Translator }

export function makeScan({ history, models, marks, translator }: Parts): Scan {
  async function modelOf({ product, version }: HistoryRecord): Promise<Model | undefined> {
    try {
      return await models.get(product, version)
    } catch {
      // a product that was removed
      return undefined
    }
  }

  /** Frames of one time that are in quarantine. */
  async function framesOf(device: number, raw: readonly HistoryRecord[]): Promise<QuarantinedFrame[]> {
    const native = await translator.records(raw)
    const originals = raw.flatMap((r, i) => (isAgain(r) ? [] : [{ raw: r, record: native[i]! }]))
    const found: QuarantinedFrame[] = []
    for (const [place, { raw: r, record }] of originals.entries()) {
      const fault = faultOf(record, await modelOf(record))
      if (!fault) continue
      const later = native.filter((n) => isAgain(n) && n.packetId === (place & 0xffff))
      const discarded = later.some((n) => n.kind === recordKind.undecodable)
      found.push({ device, place, raw: r, record, fault, again: againOf(later, fault), discarded })
    }
    return found
  }

  interface Walk {
    left: number
    visit: (f: QuarantinedFrame) => boolean | Promise<boolean>
  }

  /** → the time to go on at; undefined at the end. */
  async function device(id: number, from: number, to: number, w: Walk): Promise<number | undefined> {
    let cursor: string | undefined
    let group: HistoryRecord[] = []
    do {
      const query = { device: id, kinds: KINDS, from, to, limit: PAGE }
      const page = await history.read(cursor === undefined ? query : { ...query, cursor })
      for (const r of page.records) {
        if (group[0] && r.time !== group[0].time) {
          if (!(await visitAll(id, group, w)) || w.left <= 0) return r.time
          group = []
        }
        group.push(r)
        w.left--
      }
      cursor = page.next
    } while (cursor !== undefined)
    if (group[0] && !(await visitAll(id, group, w))) return group[0].time + 1
    return undefined
  }

  async function visitAll(id: number, group: readonly HistoryRecord[], w: Walk): Promise<boolean> {
    let going = true
    // all of one time, so that the place to go on is a time
    for (const f of await framesOf(id, group)) if (!(await w.visit(f))) going = false
    return going
  }

  return {
    async run(q, visit) {
      const start = readCursor(q.cursor)
      const w: Walk = { left: MOST_RECORDS, visit }
      for (const id of devicesOf(q, marks)) {
        if (start && id < start.device) continue
        const mark = marks.of(id)
        if (!mark || (q.productId !== undefined && mark.product !== q.productId)) continue
        const from = Math.max(mark.first, q.from ?? 0, start?.device === id ? start.time : 0)
        const time = await device(id, from, Math.min(mark.last + 1, q.to ?? Number.POSITIVE_INFINITY), w)
        if (time !== undefined) return `${id}.${time}`
        if (w.left <= 0) return `${id + 1}.0`
      }
      return undefined
    },
  }
}

function devicesOf({ productId, deviceId }: ScanQuery, marks: Marks): number[] {
  if (deviceId !== undefined) return [deviceId]
  if (productId !== undefined) return marks.devices(productId)
  throw new PandoError('invalid', 'productId or deviceId: one of them must be there', { field: 'productId' })
}

const isAgain = (r: HistoryRecord): boolean => (r.flags & recordFlag.redecoded) !== 0

/** What later records say that was read again of a frame. */
function againOf(records: readonly HistoryRecord[], fault: Fault): number[] | undefined {
  const again = records.filter((r) => r.kind !== recordKind.undecodable)
  if (again.length === 0) return undefined
  if (fault.kind === 'undecodable') return []
  if (fault.reason === 'event_unknown') return fault.numbers
  const numbers = new Set<number>()
  for (const r of again) eachObject(r.data, 0, r.data.length, (no) => numbers.add(no))
  return fault.numbers.filter((no) => numbers.has(no))
}

/** Nothing is to be done with it any more: it is wholly read, or discarded. */
export const isDone = (f: QuarantinedFrame): boolean => f.discarded || isRead(f)

/** It is wholly read by now. */
export const isRead = ({ fault, again }: QuarantinedFrame): boolean =>
  again !== undefined && fault.numbers.every((no) => again.includes(no))

function readCursor(cursor: string | undefined): { device: number; time: number } | undefined {
  if (cursor === undefined) return undefined
  const m = /^(\d{1,16})\.(\d{1,16})$/.exec(cursor)
  if (!m) throw new PandoError('invalid', 'cursor: not one that was given', { field: 'cursor' })
  return { device: Number(m[1]), time: Number(m[2]) }
}
