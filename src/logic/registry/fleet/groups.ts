/** Groups of devices, made by hand. */
import type { DeviceGroup } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { DeviceGroupRow, NewRow, Reads, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { type Asked, added, edit, edited, expectRevision, removed } from '../edit.ts'
import { type Page, page } from '../page.ts'

async function groupRow(tx: Reads, id: number): Promise<DeviceGroupRow> {
  const [row] = check.validId(id) ? await tx.select('device_group', { where: { id } }) : []
  if (!row) throw new PandoError('not_found', `there is no group ${id}`, { id })
  return row
}

const members = async (tx: Reads, id: number): Promise<number[]> =>
  (await tx.select('device_group_member', { where: { group_id: id } })).map((r) => r.device_id)

const groupOf = (r: NewRow<'device_group'>, devices: number): DeviceGroup => ({
  id: r.id,
  name: r.name,
  devices,
  revision: r.revision,
  createdAt: r.created_at,
})

/** Those that exist and aren't in it yet. */
async function join(tx: Transaction, id: number, devices: readonly number[]): Promise<number[]> {
  const values = devices.filter(check.validId)
  const known = await tx.select('device', { in: { column: 'id', values } })
  const there = await tx.select('device_group_member', { where: { group_id: id }, in: { column: 'device_id', values } })
  const already = new Set(there.map((r) => r.device_id))
  const joining = known.map((r) => r.id).filter((device) => !already.has(device))
  await tx.insert(
    'device_group_member',
    joining.map((device_id) => ({ group_id: id, device_id, tenant_id: TENANT })),
  )
  return joining
}

const bell = (id: number): RegistryBell => ({ what: 'device', id, change: 'changed' })

export const makeGroups = (ctx: Context) => ({
  async list(p: Page): Promise<DeviceGroup[]> {
    const rows = await ctx.store.select('device_group', page(p))
    return Promise.all(rows.map(async (r) => groupOf(r, (await members(ctx.store, r.id)).length)))
  },

  add: (g: { name: string } & Asked): Promise<DeviceGroup> =>
    edit(ctx, g, async (tx) => {
      const id = await tx.next('device_group', 1)
      const row = { id, tenant_id: TENANT, name: check.name('name', g.name), revision: 1, created_at: ctx.clock.now() }
      await tx.insert('device_group', [row])
      const result = groupOf(row, 0)
      return { result, deed: added('group', result) }
    }),

  edit: (g: { id: number; name?: string; add?: number[]; remove?: number[] } & Asked): Promise<DeviceGroup> =>
    edit(ctx, g, async (tx) => {
      const before = await groupRow(tx, g.id)
      expectRevision(before, g)
      const row = { ...before, revision: before.revision + 1 }
      if (g.name !== undefined) row.name = check.name('name', g.name)
      await tx.update('device_group', [row])
      const was = await members(tx, g.id)
      const left = was.filter((id) => g.remove?.includes(id))
      await tx.erase(
        'device_group_member',
        left.map((device_id) => ({ group_id: g.id, device_id })),
      )
      const joined = await join(tx, g.id, g.add ?? [])
      const result = groupOf(row, was.length - left.length + joined.length)
      const deed = edited('group', groupOf(before, was.length), result, 'edit', { joined, left })
      return { result, bells: [...joined, ...left].map(bell), deed }
    }),

  remove: (g: { id: number } & Asked): Promise<void> =>
    edit(ctx, g, async (tx) => {
      const row = await groupRow(tx, g.id)
      expectRevision(row, g)
      const was = await members(tx, g.id)
      await tx.remove('device_group_member', 'group_id', [g.id])
      await tx.remove('device_group', 'id', [g.id])
      return { result: undefined, bells: was.map(bell), deed: removed('group', groupOf(row, was.length)) }
    }),
})
