/** Devices found by filter, in an order: 100 000 of them in well under 100 ms. */
import type { DeviceFilter, DeviceSearch } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import * as check from '../checks.ts'
import { background } from '../context.ts'
import type { Lookups } from '../lookups.ts'
import { type Entry, makeEntries } from './entries.ts'
import { makeOrders } from './order.ts'

type Test = (e: Entry) => boolean

const DEFAULT = 100
const AT_ONCE = 20_000
const MAX_TEXT = 1000
const MAX_PARTS = 16
const DEVICE_KEY = /^[0-9a-f]{64}$/
const HEX = /^[0-9a-f]{1,8}$/
/** Nobody searched for so long: the memory is given back. */
const IDLE = 15 * 60_000
/** The orders that are asked for first. */
const FIRST = ['id', 'name', 'code', 'identifier'] as const

/** Part of name, serial, identifier or client id. An identifier is a prefix of its product, a hyphen at its end, and the serial. */
function containing(part: string): Test {
  const whole = part.includes('-')
  const hex = HEX.test(part)
  return (e) =>
    e.nameFolded.includes(part) ||
    e.codeFolded.includes(part) ||
    e.of.prefix.includes(part) ||
    (hex && e.id.toString(16).includes(part)) ||
    (whole && (e.of.prefix + e.codeFolded).includes(part))
}

/** One of most values: asked for each device, so each test is made once. */
function testsOf(f: DeviceFilter, ofKey: number | undefined): Test[] {
  const tests: Test[] = []
  const { productId, vendorId, groupId, firmware, tags = [] } = f
  if (productId !== undefined) tests.push((e) => e.productId === productId)
  if (vendorId !== undefined) tests.push((e) => e.of.vendorId === vendorId)
  if (groupId !== undefined) tests.push((e) => e.groups.includes(groupId))
  if (firmware !== undefined) tests.push((e) => e.version === firmware)
  for (const tag of tags) tests.push((e) => e.tags.includes(tag))
  if (ofKey !== undefined) tests.push((e) => e.id === ofKey)
  else if (f.text !== undefined) tests.push(...partsOf(f.text).map(containing))
  return tests
}

function partsOf(text: string): string[] {
  const parts = check.text('text', text, MAX_TEXT).toLowerCase().split(/\s+/)
  return parts.filter((p) => p !== '').slice(0, MAX_PARTS)
}

const facet = {
  product: (e: Entry) => [String(e.productId)],
  vendor: (e: Entry) => [String(e.of.vendorId)],
  firmware: (e: Entry) => [e.version],
  tag: (e: Entry) => e.tags,
} as const

export type FacetField = keyof typeof facet

interface Parts {
  store: Registrystore
  log: Logger
  lookups: Lookups
  fresh: () => Promise<void> | undefined
}

export function makeSearch({ store, log, lookups, fresh }: Parts) {
  const entries = makeEntries({ store, log })
  const orders = makeOrders()
  let usedAt = 0
  let warming = false
  let stopped = false

  const readAll = async (): Promise<void> => {
    try {
      for (const column of FIRST) if (!stopped) await orders.sorted(await entries.get(), column)
    } catch (e) {
      if (!stopped) throw e
    } finally {
      warming = false
    }
  }
  const current = async () => {
    await fresh()
    usedAt = performance.now()
    return entries.get()
  }

  /** A text that is a device's key means that device; 0: no device. */
  const byKey = async (text: string | undefined): Promise<number | undefined> => {
    if (text === undefined || !DEVICE_KEY.test(text.trim())) return undefined
    try {
      return (await lookups.deviceByKey(text.trim())).id
    } catch (e) {
      if (isPandoError(e, 'device_unknown') || isPandoError(e, 'key_mismatch') || isPandoError(e, 'key_invalid')) return 0
      throw e
    }
  }

  /** In the order of the list; others get their turn in between. */
  const matching = async (list: readonly Entry[], tests: readonly Test[]): Promise<Entry[]> => {
    const found: Entry[] = []
    for (let at = 0; at < list.length; at++) {
      const e = list[at]!
      if (!e.gone && tests.every((test) => test(e))) found.push(e)
      if (at % AT_ONCE === AT_ONCE - 1) await new Promise(setImmediate)
    }
    return found
  }

  const found = async (s: DeviceSearch): Promise<Entry[]> => {
    const tests = testsOf(s, await byKey(s.text))
    const fleet = await current()
    return matching(await orders.sorted(fleet, s.sort?.column ?? 'id'), tests)
  }

  return {
    async search(s: DeviceSearch): Promise<{ total: number; ids: number[]; products?: number[] }> {
      const all = await found(s)
      const { offset = 0, limit = DEFAULT } = s
      if (s.sort?.descending) all.reverse()
      const page = all.slice(offset, offset + limit)
      return {
        total: all.length,
        ids: page.map((e) => e.id),
        ...(s.products && { products: page.map((e) => e.productId) }),
      }
    },

    async facets(f: DeviceFilter & { field: FacetField; prefix?: string; limit?: number }) {
      const counts = new Map<string, number>()
      const prefix = f.prefix?.toLowerCase() ?? ''
      for (const e of await found(f)) for (const value of facet[f.field](e)) counts.set(value, (counts.get(value) ?? 0) + 1)
      const wanted = [...counts].filter(([value]) => value.toLowerCase().startsWith(prefix))
      const most = wanted.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, f.limit ?? 50)
      return most.map(([value, count]) => ({ value, count }))
    },

    drop: (bell: RegistryBell | undefined): void => entries.drop(bell),
    /** People are there: the first search shall not have to wait. */
    warm(): void {
      usedAt = performance.now()
      if (warming || entries.isFilled()) return
      warming = true
      background(log, 'reading devices for searches', readAll())
    },
    stop: (): void => {
      stopped = true
    },
    /** Called now and then. */
    rest(): void {
      if (!entries.isFilled() || performance.now() - usedAt < IDLE) return
      entries.forget()
      orders.clear()
    },
  }
}

export type Search = ReturnType<typeof makeSearch>
