import type { Device, DeviceDetail } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from './edit.ts'
import { detailOf } from './fleet/details.ts'
import { deviceRow } from './fleet/rows.ts'
import { setTags } from './fleet/tags.ts'
import { type Page, page } from './page.ts'
import { deviceOf } from './records.ts'
import { insertDevices, makeDevice } from './registration.ts'
import { removeRules } from './rules/remove.ts'
import { newSecret } from './secrets.ts'

interface Edit extends Asked {
  id: number
  name?: string
  description?: string
  tags?: string[]
  permitRegistration?: boolean
}

interface Addition extends Asked {
  productId: number
  code: string
  name?: string
  description?: string
  version?: string
  tags?: string[]
}

async function permit(tx: Transaction, id: number, permitted: boolean): Promise<void> {
  const rows = await tx.select('device_credential', { where: { device_id: id } })
  await tx.update(
    'device_credential',
    rows.map((r) => ({ ...r, permit: permitted ? 1 : 0 })),
  )
}

const changed = (id: number): RegistryBell => ({ what: 'device', id, change: 'changed' })
const revoked = (id: number): RegistryBell => ({ what: 'token', id, change: 'revoked' })

export const makeDevices = (ctx: Context) => ({
  async list({ productId, ...p }: Page & { productId?: number }): Promise<Device[]> {
    const where = productId === undefined ? {} : { where: { product_id: productId } }
    const rows = await ctx.store.select('device', { ...page(p), ...where })
    return Promise.all(rows.map(async (r) => deviceOf(r, await ctx.lookups.product(r.product_id))))
  },

  /** Errors: `product_unknown`, `invalid`, `conflict` (the serial is there). */
  async add(d: Addition): Promise<{ device: DeviceDetail; secret: string; key: string }> {
    const product = await ctx.lookups.product(d.productId)
    const identifier = check.identifier(product.vendorId, product.id, d.code)
    const version = check.version(d.version ?? '')
    return edit(ctx, d, async (tx) => {
      const [there] = await tx.select('device', { where: { tenant_id: TENANT, identifier } })
      if (there) throw new PandoError('conflict', `there is a device ${identifier}`, { id: there.id, identifier })
      const made = makeDevice(ctx, await tx.next('device', 1), { product, identifier, code: d.code, version })
      if (d.name !== undefined) made.device.name = check.name('name', d.name)
      if (d.description !== undefined) made.device.description = check.description(d.description)
      await insertDevices(tx, [made])
      if (d.tags) await setTags(tx, made.device.id, d.tags)
      const device = await detailOf(tx, await deviceRow(tx, made.device.id))
      const secret = ctx.secrets.open('device.secret', device.id, made.credential.secret_sealed)
      const key = ctx.secrets.open('device.key', device.id, made.credential.key_sealed)
      const bell: RegistryBell = { what: 'device', id: device.id, change: 'added' }
      return { result: { device, secret, key }, bell, deed: added('device', device) }
    })
  },

  edit: (d: Edit): Promise<DeviceDetail> =>
    edit(ctx, d, async (tx) => {
      const before = await deviceRow(tx, d.id)
      expectRevision(before, d)
      const was = await detailOf(tx, before)
      const row = revised(ctx, before)
      if (d.name !== undefined) row.name = check.name('name', d.name)
      if (d.description !== undefined) row.description = check.description(d.description)
      await tx.update('device', [row])
      if (d.tags) await setTags(tx, d.id, d.tags)
      if (d.permitRegistration !== undefined) await permit(tx, d.id, d.permitRegistration)
      const result = await detailOf(tx, row)
      const permission = d.permitRegistration === undefined ? {} : { permitRegistration: d.permitRegistration }
      return { result, bell: changed(d.id), deed: edited('device', was, result, 'edit', permission) }
    }),

  /** A new secret; what was known of the old one is good for nothing. */
  rotateSecret: (d: { id: number } & Asked): Promise<{ secret: string }> =>
    edit(ctx, d, async (tx) => {
      const before = await deviceRow(tx, d.id)
      expectRevision(before, d)
      const secret = newSecret()
      const credentials = await tx.select('device_credential', { where: { device_id: d.id } })
      await tx.update(
        'device_credential',
        credentials.map((r) => ({ ...r, secret_sealed: ctx.secrets.seal('device.secret', d.id, secret) })),
      )
      await tx.update('device', [revised(ctx, before)])
      await tx.remove('device_token', 'device_id', [d.id])
      const deed = { action: 'device.rotate_secret', object: `device/${d.id}` }
      return { result: { secret }, bells: [revoked(d.id), changed(d.id)], deed }
    }),

  secret: (d: { id: number } & Asked): Promise<{ secret: string; key: string }> =>
    edit(ctx, d, async (tx) => {
      await deviceRow(tx, d.id)
      const [row] = await tx.select('device_credential', { where: { device_id: d.id } })
      if (!row) throw new PandoError('store_damaged', `device ${d.id}: its credential is missing`, { id: d.id })
      const secret = ctx.secrets.open('device.secret', d.id, row.secret_sealed)
      const key = ctx.secrets.open('device.key', d.id, row.key_sealed)
      return { result: { secret, key }, deed: { action: 'device.show_secret', object: `device/${d.id}` } }
    }),

  /** With all that is its own. Its id is never given again. */
  remove: (d: { id: number } & Asked): Promise<void> =>
    edit(ctx, d, async (tx) => {
      const row = await deviceRow(tx, d.id)
      expectRevision(row, d)
      const deed = removed('device', await detailOf(tx, row))
      for (const table of belongings) await tx.remove(table, 'device_id', [d.id])
      const bells = await removeRules(tx, { device_id: d.id })
      await tx.remove('device', 'id', [d.id])
      return { result: undefined, bell: { what: 'device', id: d.id, change: 'removed' }, bells, deed }
    }),
})

const belongings = [
  'device_token',
  'device_credential',
  'device_tag',
  'device_group_member',
  'desired',
  'desired_head',
  'dead_letter',
] as const
