/** Reads that every message, request or connect makes: from bounded caches, dropped exactly when the thing changes. */
import type { Application, Device, Product } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { ProductModelRow, Registrystore } from '#core/registrystore/port.ts'
import { type ErrorCode, PandoError } from '#lib/errors.ts'
import type { Keys } from '#protocol/keys.ts'
import { makeCache } from './cache.ts'
import { validId } from './checks.ts'
import { makeKeyLookup, unknown } from './keylookup.ts'
import { applicationOf, deviceOf, productOf } from './records.ts'
import type { Secrets } from './secrets.ts'
import { TENANT } from './tenant.ts'

const DEVICES = 16_384
const FEW = 4096
const MODELS = 256

interface Parts {
  store: Registrystore
  secrets: Secrets
  keys: Keys
  /** Waits until changes of other processes are known; rejects where the store does not answer. */
  fresh: () => Promise<void> | undefined
  /** The same, but goes on where the store does not answer. */
  freshIfThere: () => Promise<void> | undefined
}

export function makeLookups({ store, secrets, keys, fresh, freshIfThere }: Parts) {
  const devices = makeCache<number, Device>(DEVICES)
  const identifiers = makeCache<string, number>(DEVICES)
  const products = makeCache<number, Product>(FEW)
  const applications = makeCache<number, Application>(FEW)
  const models = makeCache<string, ProductModelRow>(MODELS)
  const byKey = makeKeyLookup({ keys, secrets, fresh })

  const product = async (id: number): Promise<Product | undefined> => {
    const cached = products.get(id)
    if (cached) return cached
    const epoch = products.epoch()
    const [row] = validId(id) ? await store.select('product', { in: { column: 'id', values: [id] } }) : []
    if (!row) return undefined
    const pins = await store.select('product_pin', { where: { product_id: id } })
    const found = Object.freeze(productOf(secrets, row, pins))
    products.fill(id, found, epoch)
    return found
  }

  const load = async (ids: number[], into: Map<number, Device>): Promise<void> => {
    const epoch = devices.epoch()
    for (const row of await store.select('device', { in: { column: 'id', values: ids } })) {
      const of = await product(row.product_id)
      if (!of) throw new PandoError('store_damaged', `device ${row.id}: its product ${row.product_id} is missing`, { id: row.id })
      const device = deviceOf(row, of)
      devices.fill(row.id, device, epoch)
      into.set(row.id, device)
    }
  }

  /** Those that exist, by id. Ids that can't exist are left out like those that don't. */
  const devicesById = async (ids: readonly number[]): Promise<Map<number, Device>> => {
    const looking = freshIfThere()
    if (looking !== undefined) await looking
    const found = new Map<number, Device>()
    const missing: number[] = []
    for (const id of ids) {
      const cached = devices.get(id)
      if (cached) found.set(id, cached)
      else if (validId(id)) missing.push(id)
    }
    if (missing.length > 0) await load(missing, found)
    return found
  }

  const deviceById = async (id: number): Promise<Device> => {
    await fresh()
    const device = devices.get(id) ?? (await devicesById([id])).get(id)
    if (!device) throw unknown('device_unknown')
    return device
  }

  const application = async (id: number): Promise<Application | undefined> => {
    const cached = applications.get(id)
    if (cached) return cached
    const epoch = applications.epoch()
    const [row] = await store.select('application', { where: { id } })
    if (!row) return undefined
    const found = Object.freeze(applicationOf(secrets, row))
    applications.fill(id, found, epoch)
    return found
  }

  const found = <T>(value: T | undefined, missing: ErrorCode): T => {
    if (value === undefined) throw unknown(missing)
    return value
  }

  return {
    product: async (id: number): Promise<Product> => {
      await fresh()
      return found(await product(id), 'product_unknown')
    },
    devicesById,
    deviceById,

    async deviceByIdentifier(identifier: string): Promise<Device> {
      await fresh()
      const known = identifiers.get(identifier)
      if (known !== undefined) return deviceById(known)
      const epoch = identifiers.epoch()
      if (!identifier.isWellFormed()) throw unknown('device_unknown')
      const [row] = await store.select('device', { where: { tenant_id: TENANT, identifier } })
      if (!row) throw unknown('device_unknown')
      identifiers.fill(identifier, row.id, epoch)
      return deviceById(row.id)
    },

    async deviceByKey(key: string): Promise<Device> {
      const hashOf = async (id: number) =>
        (await store.select('device_credential', { in: { column: 'device_id', values: [id] } }))[0]?.key_hash
      return deviceById(await byKey.idOf('device.key', key, 'device_unknown', hashOf))
    },

    async applicationByKey(key: string): Promise<Application> {
      const hashOf = async (id: number) => (await store.select('application', { where: { id } }))[0]?.key_hash
      const id = await byKey.idOf('application.key', key, 'application_unknown', hashOf)
      return found(await application(id), 'application_unknown')
    },

    async productByKey(key: string): Promise<Product> {
      const hashOf = async (id: number) => (await store.select('product', { where: { id } }))[0]?.key_hash
      const id = await byKey.idOf('product.key', key, 'product_unknown', hashOf)
      return found(await product(id), 'product_unknown')
    },

    async model(productId: number, version: number): Promise<ProductModelRow> {
      const name = `${productId}/${version}`
      const cached = models.get(name)
      if (cached) return cached
      const epoch = models.epoch()
      const [row] = await store.select('product_model', { where: { product_id: productId, version } })
      if (!row) throw new PandoError('not_found', `product ${productId} has no model version ${version}`, { productId, version })
      models.fill(name, row, epoch)
      return row
    },

    /** Forgets what a change makes wrong; everything when it isn't known. */
    drop(bell: RegistryBell | undefined): void {
      if (bell === undefined) {
        for (const cache of [devices, identifiers, products, applications, models]) cache.clear()
        byKey.drop()
        return
      }
      switch (bell.what) {
        case 'device':
          devices.drop(bell.id)
          // its identifier may be registered again, under another id
          if (bell.change === 'removed') identifiers.clear()
          break
        case 'product':
          products.drop(bell.id)
          devices.clear()
          break
        case 'application':
          applications.drop(bell.id)
          byKey.drop()
          break
        case 'vendor':
        case 'token':
        case 'rule':
        case 'desired':
        case 'user':
        case 'session':
        case 'apitoken':
        case 'view':
        case 'address':
        case 'alert':
          break
      }
    },
  }
}

export type Lookups = ReturnType<typeof makeLookups>
