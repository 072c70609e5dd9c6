/** Frames of the past (contracts/controller/frames.ts). */
import type { FrameRecord, FrameRecordKind } from '#contracts/controller.ts'
import { eachRecord, at as field, RECORD_HEADER, recordFlag, recordHead, recordKind } from '#core/devicelog/batch.ts'
import { readCommand } from '#core/devicelog/command.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'
import type { Model } from '#protocol/model.ts'
import { commandId } from '../commands/id.ts'
import type { Models } from '../models.ts'
import { faultOf, topicOf } from '../quarantine/faults.ts'
import { backwards, placeText, readPlace } from './backwards.ts'
import { frameIdOf, isNamed, readFrameId } from './id.ts'
import { namesIn } from './names.ts'

export interface FramesQuery {
  deviceId?: number
  productIds?: readonly number[]
  kinds?: readonly FrameRecordKind[]
  faulty?: boolean
  name?: string
  from?: number
  to?: number
  limit?: number
  cursor?: string
}

interface Page {
  items: FrameRecord[]
  next?: string
}

export interface Frames {
  frames(q: FramesQuery): Promise<Page>
  frame(i: { id: string }): Promise<{ frame?: FrameRecord }>
}

export interface Parts {
  devicelog: Pick<DeviceLog, 'read' | 'streams'>
  history: Pick<History, 'read'>
  models: Models
  translator: Pick<Translator, 'records'>
}

const kindNumbers: Record<FrameRecordKind, number> = {
  status: recordKind.status,
  event: recordKind.event,
  undecodable: recordKind.undecodable,
  command: recordKind.command,
}
const kindNames = new Map(Object.entries(kindNumbers).map(([name, no]) => [no, name as FrameRecordKind]))
const UP = [recordKind.status, recordKind.event, recordKind.undecodable]

const DEFAULT = 100
const MOST = 1000
/** Frames of a device that may have one time: history gives no more at once. */
const MOST_OF_A_TIME = 10_000
/** Records that one call looks at. */
const MOST_SEEN = 50_000

export function makeFrames(p: Parts): Frames {
  async function modelOf(r: HistoryRecord): Promise<Model | undefined> {
    try {
      return await p.models.get(r.product, r.version)
    } catch {
      // a product that was removed, or a record from before it was known
      return undefined
    }
  }

  /** undefined: it is not asked for. */
  async function shown(device: number, raw: HistoryRecord, q: FramesQuery): Promise<FrameRecord | undefined> {
    const again = (raw.flags & recordFlag.redecoded) !== 0
    // that somebody has discarded a frame is none
    if (again && raw.kind === recordKind.undecodable) return undefined
    const [native] = (await p.translator.records([raw])) as [HistoryRecord]
    const model = await modelOf(raw)
    const fault = raw.kind === recordKind.command || again ? undefined : faultOf(native, model)
    if (q.faulty && !fault) return undefined
    const names = model ? namesIn(native, model) : []
    if (q.name !== undefined && !names.includes(q.name)) return undefined
    const command = raw.kind === recordKind.command ? readCommand(raw.data, raw.flags) : undefined
    return {
      id: frameIdOf(device, raw),
      deviceId: device,
      productId: raw.product,
      at: raw.time,
      kind: kindNames.get(raw.kind)!,
      topic: command?.topic ?? topicOf(raw),
      version: raw.version,
      state: fault?.kind ?? 'ok',
      ...(fault && { reason: fault.reason }),
      names,
      ...(command && { command: commandId(device, raw.time, Buffer.from(command.id)).text }),
      ...(again && { redecoded: true }),
      frame: base64(command?.frame ?? raw.data),
      ...(native !== raw && native.kind !== recordKind.undecodable && { native: base64(native.data) }),
    }
  }

  async function ofDevice(device: number, kinds: number[], q: FramesQuery, limit: number): Promise<Page> {
    const items: FrameRecord[] = []
    let { cursor } = q
    const span = { ...(q.from !== undefined && { from: q.from }), ...(q.to !== undefined && { to: q.to }) }
    for (let seen = 0; seen < MOST_SEEN && items.length < limit; ) {
      const more = cursor !== undefined && { cursor }
      const page = await p.history.read({ device, kinds, ...span, limit: limit - items.length, newestFirst: true, ...more })
      for (const r of page.records) {
        if (q.productIds && !q.productIds.includes(r.product)) continue
        const item = await shown(device, r, q)
        if (item) items.push(item)
      }
      seen += page.records.length
      cursor = page.next
      if (cursor === undefined) break
    }
    return { items, ...(cursor !== undefined && { next: cursor }) }
  }

  async function ofAll(kinds: number[], q: FramesQuery, limit: number): Promise<Page> {
    const items: FrameRecord[] = []
    const products = q.productIds && new Set(q.productIds)
    const before = q.cursor === undefined ? undefined : readPlace(q.cursor)
    const [from, to] = [q.from ?? 0, q.to ?? Number.POSITIVE_INFINITY]
    const span = { from, ...(q.to !== undefined && { to: q.to }), ...(before && { before }) }
    let seen = 0
    for await (const { batch, place } of backwards(p.devicelog, span)) {
      const places: [at: number, size: number][] = []
      eachRecord(batch, 0, (at, size) => places.push([at, size]))
      for (let i = Math.min(place.records, places.length) - 1; i >= 0; i--) {
        const [at, size] = places[i]!
        seen++
        if (!kinds.includes(batch[at + field.kind]!)) continue
        const { device, ...head } = recordHead(batch, at)
        if (head.time < from || head.time >= to || (products && !products.has(head.product))) continue
        const item = await shown(device, { ...head, data: batch.subarray(at + RECORD_HEADER, at + size) }, q)
        if (item) items.push(item)
        if (items.length >= limit) return { items, next: placeText({ ...place, records: i }) }
      }
      if (seen >= MOST_SEEN) return { items, next: placeText({ ...place, records: 0 }) }
    }
    return { items }
  }

  return {
    frames(q) {
      const limit = Math.min(q.limit ?? DEFAULT, MOST)
      const kinds = q.kinds ? q.kinds.map((k) => kindNumbers[k]) : Object.values(kindNumbers)
      return q.deviceId === undefined ? ofAll(kinds, q, limit) : ofDevice(q.deviceId, kinds, q, limit)
    },
    async frame({ id }) {
      const named = readFrameId(id)
      if (!named) return {}
      const { device, time, place } = named
      const kinds = place === undefined ? Object.values(kindNumbers) : UP
      const { records } = await p.history.read({ device, kinds, from: time, to: time + 1, limit: MOST_OF_A_TIME })
      const originals = records.filter((r) => (r.flags & recordFlag.redecoded) === 0)
      const found = place === undefined ? records.find((r) => isNamed(named, r)) : originals[place]
      const frame = found && (await shown(device, found, {}))
      return frame ? { frame } : {}
    },
  }
}

const base64 = (b: Uint8Array): string => Buffer.from(b.buffer, b.byteOffset, b.byteLength).toString('base64')
