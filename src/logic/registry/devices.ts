import type { Device, DeviceDetail } from '#contracts/registry.ts'
import type { DeviceRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { change } from './changes.ts'
import * as check from './checks.ts'
import type { Context } from './context.ts'
import { type Page, page } from './page.ts'
import { deviceOf } from './records.ts'

interface Edit {
  id: number
  name?: string
  description?: string
  permitRegistration?: boolean
}

async function deviceRow(tx: Transaction, id: number): Promise<DeviceRow> {
  const [row] = check.validId(id) ? await tx.select('device', { where: { id } }) : []
  if (!row) throw new PandoError('device_unknown', `there is no device ${id}`, { id })
  return row
}

async function permit(tx: Transaction, id: number, permitted: boolean): Promise<void> {
  const rows = await tx.select('device_credential', { where: { device_id: id } })
  await tx.update(
    'device_credential',
    rows.map((r) => ({ ...r, permit: permitted ? 1 : 0 })),
  )
}

export const makeDevices = (ctx: Context) => ({
  async list({ productId, ...p }: Page & { productId?: number }): Promise<Device[]> {
    const where = productId === undefined ? {} : { where: { product_id: productId } }
    const rows = await ctx.store.select('device', { ...page(p), ...where })
    return Promise.all(rows.map(async (r) => deviceOf(r, await ctx.lookups.product(r.product_id))))
  },

  async edit(d: Edit): Promise<DeviceDetail> {
    await change(ctx, async (tx) => {
      const row = { ...(await deviceRow(tx, d.id)), updated_at: ctx.clock.now() }
      if (d.name !== undefined) row.name = check.name('name', d.name)
      if (d.description !== undefined) row.description = check.description(d.description)
      await tx.update('device', [row])
      if (d.permitRegistration !== undefined) await permit(tx, d.id, d.permitRegistration)
      return { result: undefined, bell: { what: 'device', id: d.id, change: 'changed' } }
    })
    const device = await ctx.lookups.deviceById(d.id)
    return { ...device, tags: [], groups: [], loggedInAt: 0, tokenIssuedAt: 0, revision: 1 }
  },

  /** With its credential, token and dead letters. Its id is never given again. */
  remove: (id: number): Promise<void> =>
    change(ctx, async (tx) => {
      await deviceRow(tx, id)
      await tx.remove('device_token', 'device_id', [id])
      await tx.remove('device_credential', 'device_id', [id])
      await tx.remove('dead_letter', 'device_id', [id])
      await tx.remove('device', 'id', [id])
      return { result: undefined, bell: { what: 'device', id, change: 'removed' } }
    }),
})
