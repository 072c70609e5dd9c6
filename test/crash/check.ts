/** What must be true of a data directory and a webhook receiver after any number of crashes (hard cases F-01, F-04; figure R1). */
import { recordKind } from '#core/devicelog/batch.ts'
import { decodeEvent, decodeStatus } from '#protocol/frames.ts'
import type { Hook } from '../support/hookreceiver.ts'
import { historyRecords, logRecords, type Place } from '../world/inspect.ts'
import { isEvent, type Publisher } from './publisher.ts'

/** What was sent, and what of it was confirmed. */
export type Published = Pick<Publisher, 'device' | 'qos' | 'confirmed'>

export interface Findings {
  /** confirmed and not there, by where they are missing */
  lost: string[]
  /** numbers whose first coming is behind a greater one */
  disordered: string[]
  /** QoS 2 numbers that are there more than once */
  duplicates: string[]
  /** records that log and history do not agree about */
  disagreeing: string[]
  confirmed: number
  records: number
}

interface Kept {
  kind: number
  data: Uint8Array
}

const counts = (r: Kept): boolean => r.kind === recordKind.status || r.kind === recordKind.event

function numberOf({ kind, data }: Kept): number {
  if (kind === recordKind.status) return Number(decodeStatus(data).properties[0]!.values[0])
  return Number(decodeEvent(data).values[0])
}

/** `many`: devices have been at several nodes, whose streams of the log have no order but that of time. */
export async function check(
  place: Place,
  publishers: readonly Published[],
  hooks: readonly Hook[],
  nodes: 'one' | 'many' = 'one',
): Promise<Findings> {
  const found: Findings = { lost: [], disordered: [], duplicates: [], disagreeing: [], confirmed: 0, records: 0 }
  const ids = publishers.map((p) => p.device.id)
  const records = (await logRecords(place)).filter(counts)
  if (nodes === 'many') records.sort((a, b) => a.time - b.time)
  const inLog = Map.groupBy(records, (r) => r.device)
  const inHistory = await historyRecords(place, ids)
  const told = Map.groupBy(hooks, (h) => h.json.identifier)
  for (const p of publishers) {
    const log = (inLog.get(p.device.id) ?? []).map(numberOf)
    const history = (inHistory.get(p.device.id) ?? []).filter(counts).map(numberOf)
    const webhooks = (told.get(p.device.identifier) ?? []).map((h) => Number(h.json.data['alarm']?.[0]))
    found.confirmed += p.confirmed.length
    found.records += log.length
    missing(found, p, 'log', log, p.confirmed)
    missing(found, p, 'history', history, p.confirmed)
    missing(found, p, 'webhooks', webhooks, p.confirmed.filter(isEvent))
    ordered(found, p, 'log', log)
    ordered(found, p, 'history', history)
    ordered(found, p, 'webhooks', webhooks)
    if (p.qos === 2) once(found, p, log)
    const same = nodes === 'one' ? log.join() === history.join() : log.toSorted().join() === history.toSorted().join()
    if (!same) found.disagreeing.push(`${p.device.identifier}: ${log.length} and ${history.length} records`)
  }
  return found
}

function missing(found: Findings, p: Published, where: string, have: readonly number[], want: readonly number[]): void {
  const there = new Set(have)
  for (const n of want) if (!there.has(n)) found.lost.push(`${p.device.identifier} ${n} is not in ${where}`)
}

function ordered(found: Findings, p: Published, where: string, numbers: readonly number[]): void {
  let greatest = 0
  const seen = new Set<number>()
  for (const n of numbers) {
    if (!seen.has(n) && n < greatest) found.disordered.push(`${p.device.identifier} ${n} behind ${greatest} in ${where}`)
    seen.add(n)
    greatest = Math.max(greatest, n)
  }
}

function once(found: Findings, p: Published, numbers: readonly number[]): void {
  const seen = new Set<number>()
  for (const n of numbers) {
    if (seen.has(n)) found.duplicates.push(`${p.device.identifier} ${n}`)
    seen.add(n)
  }
}
