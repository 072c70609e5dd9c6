/** Registration: the same serial always gets the same identity (docs/device-protocol.md §1). Calls that come together share a transaction. */
import type { Device, Product } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { DeviceCredentialRow, DeviceRow, NewRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import type { Hooks } from '#lib/hooks.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { grouped } from './grouped.ts'
import { deviceOf } from './records.ts'
import { newSecret } from './secrets.ts'

export interface Registered {
  device: Device
  secret: string
  key: string
  created: boolean
}

interface Item {
  product: Product
  identifier: string
  code: string
  version: string
}

interface Known {
  device: NewRow<'device'>
  credential: NewRow<'device_credential'>
  product: Product
}

type Stage = { known: Map<string, Known>; bells: RegistryBell[]; changed: Set<number> }

/** Old firmware holds ids in 31 bits. */
const MAX_DEVICE_ID = 2 ** 31 - 1

async function readKnown(tx: Transaction, items: Item[]): Promise<Map<string, Known>> {
  const values = items.map((i) => i.identifier)
  const rows = await tx.select('device', { where: { tenant_id: TENANT }, in: { column: 'identifier', values } })
  const ids = rows.map((r) => r.id)
  const credentials = new Map<number, DeviceCredentialRow>()
  for (const c of await tx.select('device_credential', { in: { column: 'device_id', values: ids } }))
    credentials.set(c.device_id, c)
  const products = new Map(items.map((i) => [i.identifier, i.product]))
  return new Map(rows.map((device: DeviceRow) => [device.identifier, known(device, credentials, products)]))
}

function known(device: DeviceRow, credentials: Map<number, DeviceCredentialRow>, products: Map<string, Product>): Known {
  const credential = credentials.get(device.id)
  const product = products.get(device.identifier)
  if (credential && product) return { device, credential, product }
  throw new PandoError('store_damaged', `device ${device.id}: its credential is missing`, { id: device.id })
}

/** Rows of a new device. `conflict` when there are no ids left. */
export function makeDevice({ secrets, keys, clock }: Context, id: number, item: Item): Known {
  if (id > MAX_DEVICE_ID) throw new PandoError('conflict', 'no device ids are left', { max: MAX_DEVICE_ID })
  const at = clock.now()
  const { product, identifier, code, version } = item
  const key = keys.encode(id)
  const shown = { name: product.name, description: product.description, version }
  const times = { created_at: at, updated_at: at, revision: 1 }
  const device = { id, tenant_id: TENANT, product_id: product.id, identifier, code, ...shown, ...times }
  const sealed = {
    key_hash: secrets.keyHash('device.key', key),
    key_sealed: secrets.seal('device.key', id, key),
    secret_sealed: secrets.seal('device.secret', id, newSecret()),
  }
  return {
    device,
    credential: { device_id: id, tenant_id: TENANT, ...sealed, logged_in_at: 0, permit: 0, created_at: at },
    product,
  }
}

async function addNew(ctx: Context, tx: Transaction, items: Item[], stage: Stage): Promise<Set<string>> {
  const fresh = new Map<string, Item>()
  for (const item of items) if (!stage.known.has(item.identifier) && !fresh.has(item.identifier)) fresh.set(item.identifier, item)
  if (fresh.size === 0) return new Set()
  let id = await tx.next('device', fresh.size)
  const added: Known[] = []
  for (const item of fresh.values()) {
    const made = makeDevice(ctx, id++, item)
    added.push(made)
    stage.known.set(item.identifier, made)
    stage.bells.push({ what: 'device', id: made.device.id, change: 'added' })
  }
  await insertDevices(tx, added)
  return new Set(fresh.keys())
}

export async function insertDevices(tx: Transaction, added: readonly Known[]): Promise<void> {
  await tx.insert(
    'device',
    added.map((a) => a.device),
  )
  await tx.insert(
    'device_credential',
    added.map((a) => a.credential),
  )
}

/** `once`: the secret is told again until the first login, and once more for each permission. */
async function again(ctx: Context, tx: Transaction, item: Item, stage: Stage): Promise<PandoError | undefined> {
  const entry = stage.known.get(item.identifier)!
  const { credential, device } = entry
  if (item.product.registration === 'once' && credential.logged_in_at > 0) {
    if (credential.permit === 0) return new PandoError('registration_once', 'device has logged in before.', { id: device.id })
    entry.credential = { ...credential, permit: 0 }
    await tx.update('device_credential', [entry.credential])
  }
  if (device.version !== item.version) {
    entry.device = { ...device, version: item.version, updated_at: ctx.clock.now(), revision: device.revision + 1 }
    await tx.update('device', [entry.device])
    stage.changed.add(device.id)
  }
  return undefined
}

function answer({ secrets }: Context, { device, credential, product }: Known, created: boolean): Registered | PandoError {
  try {
    return {
      device: deviceOf(device, product),
      secret: secrets.open('device.secret', device.id, credential.secret_sealed),
      key: secrets.open('device.key', device.id, credential.key_sealed),
      created,
    }
  } catch (e) {
    if (e instanceof PandoError) return e
    throw e
  }
}

async function register(ctx: Context, items: Item[]): Promise<(Registered | PandoError)[]> {
  const done = await ctx.store.transaction(async (tx) => {
    const stage: Stage = { known: await readKnown(tx, items), bells: [], changed: new Set() }
    const created = await addNew(ctx, tx, items, stage)
    const results: (Registered | PandoError)[] = []
    for (const item of items) {
      // the first of several calls for a new serial is the one that made it
      const isNew = created.delete(item.identifier)
      const refused = isNew ? undefined : await again(ctx, tx, item, stage)
      results.push(refused ?? answer(ctx, stage.known.get(item.identifier)!, isNew))
    }
    const changed = [...stage.changed].map((id): RegistryBell => ({ what: 'device', id, change: 'changed' }))
    // also of new ones: other processes that search have all devices in memory
    const bells = [...stage.bells, ...changed]
    await ctx.changes.record(tx, bells)
    return { results, bells }
  })
  ctx.changes.publish(done.bells)
  return done.results
}

/** Throws `plugin_refused` with the plugin's reason. */
async function permitted(hook: Hooks['register'], { product, identifier, code, version }: Item): Promise<void> {
  const about = { productId: product.id, productName: product.name, vendorId: product.vendorId, identifier, code, version }
  const verdict = await hook(about)
  if (!verdict.allow) throw new PandoError('plugin_refused', verdict.reason, { productId: product.id })
}

/**
 * → the device, its secret and key. Errors: `key_invalid`, `product_unknown`, `key_mismatch`, `registration_closed`,
 * `registration_once`, `plugin_refused`, `invalid` (code or version too long), `store_damaged`, `disk_full`, `unavailable`.
 */
export function makeRegistration(ctx: Context) {
  const enqueue = grouped((items: Item[]) => register(ctx, items))
  return async (r: { productKey: string; code: string; version: string }): Promise<Registered> => {
    const product = await ctx.lookups.productByKey(r.productKey)
    if (product.registration === 'closed') {
      throw new PandoError('registration_closed', 'product does not register devices.', { productId: product.id })
    }
    const identifier = check.identifier(product.vendorId, product.id, r.code)
    const item = { product, identifier, code: r.code, version: check.version(r.version) }
    if (ctx.hooks?.register) await permitted(ctx.hooks.register, item)
    return enqueue(item)
  }
}
