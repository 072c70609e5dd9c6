/** The old cloud's records into the registry, and all of them compared afterwards. */
import type { Face } from '#contracts/contract.ts'
import type { Adoption, OldDevice, OldProduct, OldToken, registry } from '#contracts/registry.ts'
import { byOperator } from '../people.ts'
import { mapped, pagesOf } from './pages.ts'
import type { Report } from './report.ts'
import { applicationOf, deviceOf, type OldDatabase, type OldRow, type OldTable, productOf, vendorOf } from './rows.ts'

export interface Records {
  database: OldDatabase | undefined
  tokens(): AsyncIterable<OldToken> | undefined
  /** the configuration in a product file */
  productFile(p: OldProduct): string | undefined
}

export interface Moving {
  registry: Face<typeof registry>
  /** told of each row */
  say: Report['say']
  /** nothing is changed */
  check: boolean
  /** ids that would be there: in a dry run records are looked for here too */
  known: Known
  /** told of each record that is there, or would be */
  seen?: (table: string, record: { id: number }, outcome: Adoption['outcome']) => void
}

export interface Known {
  vendors: Set<number>
  /** product → vendor */
  products: Map<number, number>
  /** device → product */
  devices: Map<number, number>
}

export const nothingKnown = (): Known => ({ vendors: new Set(), products: new Map(), devices: new Map() })

type Item = { id: number }
type Adopt<O> = (i: {
  items: O[]
  check: boolean
  next?: number
  audit: ReturnType<typeof byOperator>
}) => Promise<{ items: Adoption[] }>

const PAGE = 500
const MAX_ID = 2 ** 31 - 1
const wrongId: Adoption = { outcome: 'refused', why: 'its id is not one from 1 to 2147483647' }

/** `alike`: what refuses it here only because the records before it are not really there. */
async function moveAll<O extends Item>(
  m: Moving,
  table: string,
  items: AsyncIterable<O>,
  adopt: Adopt<O>,
  o: { next?: number | undefined; alike?: (item: O, a: Adoption) => Adoption; there: (item: O) => unknown },
): Promise<void> {
  const next = o.next === undefined ? {} : { next: Math.min(o.next, MAX_ID) }
  for await (const page of pagesOf(items, PAGE)) {
    const fit = page.filter((i) => i.id >= 1 && i.id <= MAX_ID)
    const results = (await adopt({ items: fit, check: m.check, ...next, audit: byOperator() })).items
    const byItem = new Map(fit.map((item, i) => [item, results[i]!]))
    for (const item of page) {
      const found = byItem.get(item) ?? wrongId
      const adoption = m.check && found.outcome === 'refused' ? (o.alike?.(item, found) ?? found) : found
      if (adoption.outcome !== 'refused') {
        o.there(item)
        m.seen?.(table, item, adoption.outcome)
      }
      m.say(table, item.id, adoption)
    }
  }
}

const MISSING = /^its (vendor|product) \d+ is not here$|^its device is not here$/
const unless = (known: boolean, a: Adoption): Adoption => (known && MISSING.test(a.why) ? { outcome: 'moved', why: '' } : a)

export async function moveRecords(m: Moving, source: Records): Promise<void> {
  const { registry, known } = m
  const { database } = source
  if (database) {
    const next = (table: OldTable) => database.next(table)
    const rows = <O>(table: OldTable, of: (row: OldRow) => O) => mapped(database.rows(table), of)
    await moveAll(m, 'vendor', rows('vendor', vendorOf), registry.adoptVendors, {
      next: await next('vendor'),
      there: (v) => known.vendors.add(v.id),
    })
    const configured = (p: OldProduct): OldProduct => ({ ...p, config: source.productFile(p) ?? p.config })
    await moveAll(m, 'product', mapped(rows('product', productOf), configured), registry.adoptProducts, {
      next: await next('product'),
      alike: (p, a) => unless(known.vendors.has(p.vendorId), a),
      there: (p) => known.products.set(p.id, p.vendorId),
    })
    await moveAll(m, 'application', rows('application', applicationOf), registry.adoptApplications, {
      next: await next('application'),
      there: () => {},
    })
    await moveAll<OldDevice>(m, 'device', rows('device', deviceOf), registry.adoptDevices, {
      next: await next('device'),
      alike: (d, a) => unless(known.products.has(d.productId), a),
      // in earnest the registry is asked, and of millions of devices nothing is kept here
      there: (d) => m.check && known.devices.set(d.id, d.productId),
    })
  }
  const tokens = source.tokens()
  if (!tokens) return
  await moveAll(m, 'token', tokens, registry.adoptTokens, {
    alike: (t, a) => unless(known.devices.has(t.id), a),
    there: () => {},
  })
}
