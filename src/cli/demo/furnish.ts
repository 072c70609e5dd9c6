/** What the demonstration needs in the registry: made once, found again at the next start. */
import type { Face } from '#contracts/contract.ts'
import type { Application, Product, registry } from '#contracts/registry.ts'
import { demoConfig } from '../device/product.ts'

type Registry = Face<typeof registry>

const NAMES = { vendor: 'Pando demo', product: 'demo lamp', application: 'demo application' }

/** The demo's product and an application that may reach everything. */
export async function furnish(r: Registry): Promise<{ product: Product; application: Application }> {
  const vendor =
    (await byName(r.vendors, NAMES.vendor)) ?? (await r.addVendor({ name: NAMES.vendor, description: 'Made by pando demo' }))
  const product =
    (await byName(r.products, NAMES.product)) ??
    (await r.addProduct({
      vendorId: vendor.id,
      name: NAMES.product,
      description: 'A lamp that measures the room',
      config: JSON.stringify(demoConfig),
    }))
  const application =
    (await byName(r.applications, NAMES.application)) ??
    (await r.addApplication({
      name: NAMES.application,
      description: 'May reach all devices',
      domain: '*',
      reportUrl: '',
      reportToken: '',
      tags: [],
    }))
  return { product, application }
}

type Listing<T> = (page: { after?: number; limit?: number }) => Promise<{ items: T[] }>

const PAGE = 1000

async function byName<T extends { id: number; name: string }>(list: Listing<T>, name: string): Promise<T | undefined> {
  for (let after = 0; ; ) {
    const { items } = await list({ after, limit: PAGE })
    const found = items.find((i) => i.name === name)
    if (found || items.length < PAGE) return found
    after = items.at(-1)!.id
  }
}
