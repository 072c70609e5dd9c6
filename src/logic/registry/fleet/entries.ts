/**
 * All devices in memory, as far as searching needs them: about 250 octets each. Filled at the first search, kept right by bells,
 * forgotten when nobody searched for a while.
 */
import type { RegistryBell } from '#core/queue/port.ts'
import type { DeviceRow, Registrystore } from '#core/registrystore/port.ts'
import type { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import { apart } from '../apart.ts'
import { devicePage } from './pages.ts'

export interface OfProduct {
  vendorId: number
  /** `hex(vendor)-hex(product)-`, what identifiers of its devices begin with */
  prefix: string
}

export interface Entry {
  id: number
  productId: number
  of: OfProduct
  name: string
  code: string
  version: string
  /** in lower case */
  nameFolded: string
  codeFolded: string
  createdAt: number
  updatedAt: number
  tags: readonly string[]
  groups: readonly number[]
  gone: boolean
}

const PAGE = 1000
/** Changes that are remembered, beyond as many as there are devices. */
const MOST_TOUCHED = 10_000
const none: readonly never[] = []

export interface Fleet {
  byId: Map<number, Entry>
  /** those that came, changed or went since it was made, in turn */
  touched: Entry[]
}

export function makeEntries({ store, log }: { store: Registrystore; log: Logger }) {
  let fleet: Fleet | undefined
  /** everything may have changed while it was being read */
  let isVoid = false
  let stale = new Set<number>()
  let working: Promise<Fleet> | undefined
  const products = new Map<number, OfProduct>()
  const texts = new Map<string, string>()

  /** Most names and versions are those of many devices. */
  const shared = (text: string): string => {
    const known = texts.get(text)
    if (known !== undefined) return known
    if (texts.size < 10_000) texts.set(text, text)
    return text
  }
  const folded = (text: string): string => {
    const lower = text.toLowerCase()
    return lower === text ? text : lower
  }

  const loadProducts = async (): Promise<void> => {
    for (const p of await store.select('product', {})) {
      products.set(p.id, { vendorId: p.vendor_id, prefix: `${p.vendor_id.toString(16)}-${p.id.toString(16)}-` })
    }
  }

  const put = (into: Fleet, r: DeviceRow, tags: readonly string[], groups: readonly number[]): void => {
    const values = {
      id: r.id,
      productId: r.product_id,
      of: products.get(r.product_id)!,
      name: shared(r.name),
      code: r.code,
      version: shared(r.version),
      nameFolded: shared(folded(r.name)),
      codeFolded: folded(r.code),
      createdAt: r.created_at,
      updatedAt: r.updated_at,
      tags,
      groups,
      gone: false,
    }
    const known = into.byId.get(r.id)
    const entry = known ? Object.assign(known, values) : values
    into.byId.set(r.id, entry)
    into.touched.push(entry)
  }

  const extras = async (ids: number[]) => {
    const of = { in: { column: 'device_id', values: ids } } as const
    const tags = Map.groupBy(await store.select('device_tag', of), (r) => r.device_id)
    const groups = Map.groupBy(await store.select('device_group_member', of), (r) => r.device_id)
    return { tags, groups }
  }
  const take = async (into: Fleet, rows: DeviceRow[]): Promise<undefined[]> => {
    if (rows.some((r) => !products.has(r.product_id))) await loadProducts()
    const { tags, groups } = await extras(rows.map((r) => r.id))
    for (const r of rows) {
      const own = tags.get(r.id)?.map((t) => shared(t.tag)) ?? none
      put(into, r, own, groups.get(r.id)?.map((g) => g.group_id) ?? none)
    }
    return []
  }
  const damaged = (deviceId: number | undefined, err: PandoError): undefined => {
    log.error({ err, deviceId }, "a device's rows in the registry are damaged: it is not found by searches")
  }

  const build = async (): Promise<Fleet> => {
    const made: Fleet = { byId: new Map(), touched: [] }
    stale = new Set()
    isVoid = false
    await loadProducts()
    for (let after = 0; ; ) {
      const { rows, last } = await devicePage(store, after, PAGE, damaged)
      await apart(
        rows,
        (some) => take(made, some),
        (r, e) => damaged(r.id, e),
      )
      if (last === undefined) break
      after = last
      await new Promise(setImmediate)
    }
    // a list is not made of it yet
    made.touched = []
    return made
  }

  const renewSome = async (of: Fleet, ids: number[]): Promise<undefined[]> => {
    const rows = await store.select('device', { in: { column: 'id', values: ids } })
    const there = new Set(rows.map((r) => r.id))
    for (const id of ids) if (!there.has(id)) remove(of, id)
    return take(of, rows)
  }
  const renew = async (of: Fleet): Promise<void> => {
    const ids = [...stale]
    stale = new Set()
    for (let at = 0; at < ids.length; at += PAGE) {
      if (at > 0) await new Promise(setImmediate)
      await apart(
        ids.slice(at, at + PAGE),
        (some) => renewSome(of, some),
        (id, e) => damaged(id, e),
      )
    }
  }
  const remove = (from: Fleet, id: number): void => {
    const entry = from.byId.get(id)
    if (!entry) return
    entry.gone = true
    from.byId.delete(id)
    from.touched.push(entry)
  }

  const bringUp = async (): Promise<Fleet> => {
    let now = fleet ?? (await build())
    while (stale.size > 0 || isVoid) {
      if (isVoid) now = await build()
      await renew(now)
    }
    // another object: what was made of the one before is made anew
    if (now.touched.length > 2 * now.byId.size + MOST_TOUCHED) now = { byId: now.byId, touched: [] }
    fleet = now
    return now
  }

  return {
    /** As of now: what was changed before the call is in it. */
    async get(): Promise<Fleet> {
      while (working !== undefined) await working.catch(() => undefined)
      if (fleet && stale.size === 0) return fleet
      working = bringUp()
      try {
        return await working
      } catch (e) {
        // what was being read is not known to be right
        fleet = undefined
        throw e
      } finally {
        working = undefined
      }
    },
    drop(bell: RegistryBell | undefined): void {
      if (bell === undefined) {
        fleet = undefined
        isVoid = true
      } else if (bell.what === 'device' && (fleet !== undefined || working !== undefined)) stale.add(bell.id)
      else if (bell.what === 'product' && bell.change === 'removed') products.delete(bell.id)
    },
    forget(): void {
      fleet = undefined
      products.clear()
      texts.clear()
    },
    isFilled: (): boolean => fleet !== undefined,
  }
}

export type Entries = ReturnType<typeof makeEntries>
