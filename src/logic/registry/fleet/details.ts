/** A device with all that people see of it. */
import type { DeviceDetail } from '#contracts/registry.ts'
import type { DeviceRow, Reads } from '#core/registrystore/port.ts'
import { validId } from '../checks.ts'
import type { Context } from '../context.ts'
import { deviceOf, type OfProduct, pinsOf } from '../records.ts'

const ofDevices = (values: number[]) => ({ in: { column: 'device_id', values } }) as const

/** By device: what `value` makes of each row. */
function gathered<R extends { device_id: number }, V>(rows: readonly R[], value: (r: R) => V): Map<number, V[]> {
  const map = new Map<number, V[]>()
  for (const r of rows) map.set(r.device_id, [...(map.get(r.device_id) ?? []), value(r)])
  return map
}

/** Read with `tx`: a look-up outside would wait for the end of a transaction. */
async function productsOf(tx: Reads, rows: readonly DeviceRow[]): Promise<Map<number, OfProduct>> {
  const ids = [...new Set(rows.map((r) => r.product_id))]
  const products = await tx.select('product', { in: { column: 'id', values: ids } })
  const pins = await tx.select('product_pin', { in: { column: 'product_id', values: ids } })
  const ofProduct = products.map((p) => ({ vendorId: p.vendor_id, modelVersion: p.model_version, pins: pinsOf(pins, p.id) }))
  return new Map(products.map((p, i) => [p.id, ofProduct[i]!]))
}

/** In the order of the rows. */
export async function detailsOf(tx: Reads, rows: readonly DeviceRow[]): Promise<DeviceDetail[]> {
  const ids = rows.map((r) => r.id)
  const products = await productsOf(tx, rows)
  const tags = gathered(await tx.select('device_tag', ofDevices(ids)), (r) => r.tag)
  const groups = gathered(await tx.select('device_group_member', ofDevices(ids)), (r) => r.group_id)
  const logins = gathered(await tx.select('device_credential', ofDevices(ids)), (r) => r.logged_in_at)
  const tokens = gathered(await tx.select('device_token', ofDevices(ids)), (r) => r.issued_at)
  return rows.map((r) => ({
    ...deviceOf(r, products.get(r.product_id)!),
    tags: (tags.get(r.id) ?? []).sort(),
    groups: (groups.get(r.id) ?? []).sort((a, b) => a - b),
    loggedInAt: logins.get(r.id)?.[0] ?? 0,
    tokenIssuedAt: tokens.get(r.id)?.[0] ?? 0,
    revision: r.revision,
  }))
}

export const detailOf = async (tx: Reads, row: DeviceRow): Promise<DeviceDetail> => (await detailsOf(tx, [row]))[0]!

/** Those that exist, in the order of `ids`. */
export async function detailsById({ store }: Context, ids: readonly number[]): Promise<DeviceDetail[]> {
  const rows = await store.select('device', { in: { column: 'id', values: ids.filter(validId) } })
  const byId = new Map(rows.map((r) => [r.id, r]))
  return detailsOf(
    store,
    ids.flatMap((id) => byId.get(id) ?? []),
  )
}
