/** What devices say, as it comes: the log is read behind a cursor that the caller keeps. */
import { type TailItem, type TailKind, tailKinds } from '#contracts/controller.ts'
import { batchHead, eachRecord, RECORD_HEADER, recordHead, recordKind } from '#core/devicelog/batch.ts'
import type { Translator } from '#core/devicelog/foreign.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { Found } from './down.ts'
import { commandItem } from './history/commanditems.ts'
import { isSaid, itemOf, kindNumbers } from './history/items.ts'
import { modelOf } from './history/records.ts'
import type { Models } from './models.ts'
import type { Observer } from './watch.ts'

/** Of one answer. */
const MOST_ITEMS = 1000
const READ_BYTES = 1 << 20
/** Batches of a stream behind which what came before is left out. */
const MOST_BEHIND = 5000

interface Asked {
  cursor?: string
  deviceIds?: number[]
  productId?: number
  kinds?: TailKind[]
  wait: number
}

interface Answer {
  items: TailItem[]
  cursor: string
  skipped: number
}

type Positions = Map<number, number>

const numbers: Record<TailKind, number> = {
  ...kindNumbers,
  command: recordKind.command,
  commandState: recordKind.commandState,
}

export interface Parts {
  devicelog: Pick<DeviceLog, 'read'>
  /** stream → last seq that observers were shown */
  applied: ReadonlyMap<number, number>
  translator: Pick<Translator, 'native'>
  models: Models
  find(deviceId: number): Promise<Found>
  clock: Pick<Clock, 'after'>
}

export function makeTail(p: Parts): { observer: Observer; tail(asked: Asked): Promise<Answer> } {
  const waiting = new Set<() => void>()
  const observer: Observer = {
    get size() {
      return waiting.size
    },
    see() {
      for (const wake of waiting) wake()
      waiting.clear()
    },
  }

  const something = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = p.clock.after(ms, () => {
        waiting.delete(wake)
        resolve()
      })
      // a batch is shown record by record: all of it has been when others have their turn
      const wake = () => {
        cancel()
        setImmediate(resolve)
      }
      waiting.add(wake)
    })

  return {
    observer,
    async tail(asked) {
      if (asked.cursor === undefined) return { items: [], cursor: textOf(p.applied), skipped: 0 }
      const positions = positionsOf(asked.cursor)
      if (!isBehind(positions, p.applied)) await something(asked.wait)
      return { ...(await read(p, positions, asked)), cursor: textOf(positions) }
    },
  }
}

const textOf = (positions: ReadonlyMap<number, number>): string => JSON.stringify([...positions])

function positionsOf(cursor: string): Positions {
  try {
    const parsed: unknown = JSON.parse(cursor)
    if (Array.isArray(parsed) && parsed.every((e) => Array.isArray(e) && e.length === 2 && e.every(Number.isSafeInteger)))
      return new Map(parsed as [number, number][])
  } catch {
    // told below
  }
  throw new PandoError('invalid', 'cursor is none that was answered before', { field: 'cursor' })
}

const isBehind = (positions: Positions, applied: ReadonlyMap<number, number>): boolean =>
  [...applied].some(([stream, seq]) => seq > (positions.get(stream) ?? 0))

/** Moves the positions behind what was read. Streams that are not there any more are forgotten. */
async function read(p: Parts, positions: Positions, asked: Asked): Promise<Omit<Answer, 'cursor'>> {
  const items: TailItem[] = []
  let skipped = 0
  for (const stream of positions.keys()) if (!p.applied.has(stream)) positions.delete(stream)
  for (const [stream, last] of p.applied) {
    let at = positions.get(stream) ?? 0
    if (last - at > MOST_BEHIND) {
      skipped += last - at
      at = last
    }
    while (at < last && items.length < MOST_ITEMS) {
      const batches = await p.devicelog.read(stream, at, READ_BYTES)
      if (batches.length === 0) break
      for (const b of batches) {
        at = batchHead(b).seq
        await itemsOf(p, await p.translator.native(b), asked, items)
        if (items.length >= MOST_ITEMS) break
      }
    }
    positions.set(stream, at)
  }
  return { items, skipped }
}

async function itemsOf(p: Parts, b: Buffer, { deviceIds, productId, kinds }: Asked, into: TailItem[]): Promise<void> {
  const wanted = new Set((kinds ?? tailKinds).map((k) => numbers[k]))
  const places: [number, number][] = []
  eachRecord(b, 0, (at, size) => places.push([at, size]))
  for (const [at, size] of places) {
    const head = recordHead(b, at)
    const { device, product, version } = head
    if (!wanted.has(head.kind) || !isSaid(head) || (deviceIds && !deviceIds.includes(device))) continue
    if (productId !== undefined && product !== productId) continue
    const record = { ...head, data: b.subarray(at + RECORD_HEADER, at + size) }
    try {
      const model =
        product > 0 && version > 0 ? await p.models.get(product, version) : await modelOf(p.models, await p.find(device), head)
      into.push({ deviceId: device, productId: product, ...(commandItem(record, model) ?? itemOf(record, model)) })
    } catch {
      // the device or its product was removed meanwhile
    }
  }
}
