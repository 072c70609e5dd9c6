/** What devices shall report. A device's version counts the changes, also when nothing is wanted any more. */
import type { Desired } from '#contracts/registry.ts'
import type { DesiredRow, NewRow, Reads, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { type Asked, edit } from '../edit.ts'
import { type Page, page } from '../page.ts'
import { deviceRow } from './rows.ts'

interface Wish {
  object: string
  value: string
}

interface Change extends Asked {
  deviceId: number
  set?: Wish[]
  clear?: string[] | 'all'
  ifVersion?: number
}

/** as MySQL's TEXT, in its longest encoding */
const MAX_VALUE = 16_000
const MAX_OBJECTS = 1000
const MAX_LABEL = 200

const desiredOf = (deviceId: number, version: number, rows: readonly NewRow<'desired'>[]): Desired => ({
  deviceId,
  version,
  objects: rows
    .map((r) => ({ object: r.object, value: r.value, version: r.version, at: r.at, by: r.set_by }))
    .sort((a, b) => (a.object < b.object ? -1 : 1)),
})

const said = (rows: readonly NewRow<'desired'>[]) => Object.fromEntries(rows.map((r) => [r.object, r.value]))

async function byDevice(tx: Reads, ids: number[]): Promise<{ versions: Map<number, number>; rows: Map<number, DesiredRow[]> }> {
  const of = { in: { column: 'device_id', values: ids } } as const
  const heads = await tx.select('desired_head', of)
  const rows = await tx.select('desired', of)
  return { versions: new Map(heads.map((h) => [h.device_id, h.version])), rows: Map.groupBy(rows, (r) => r.device_id) }
}

const label = (object: string): string => {
  if (object === '') throw check.wrong('object', 'is empty', { reason: 'empty' })
  return check.text('object', object, MAX_LABEL)
}

async function write(ctx: Context, tx: Transaction, c: Change, version: number, before: readonly DesiredRow[]) {
  const rows = new Map<string, NewRow<'desired'>>(before.map((r) => [r.object, r]))
  const made = { device_id: c.deviceId, tenant_id: TENANT, version, at: ctx.clock.now(), set_by: check.actor(c.audit) }
  const cleared = c.clear === 'all' ? [...rows.keys()] : (c.clear ?? [])
  for (const object of cleared) rows.delete(object)
  for (const { object, value } of c.set ?? []) {
    rows.set(label(object), { ...made, object, value: check.json('value', value, MAX_VALUE) })
  }
  if (rows.size > MAX_OBJECTS)
    throw check.wrong('set', `makes more than ${MAX_OBJECTS} objects`, { reason: 'maxItems', max: MAX_OBJECTS })
  const written = [...rows.values()].filter((r) => r.version === version)
  await tx.erase(
    'desired',
    before.filter((r) => rows.get(r.object) !== r),
  )
  await tx.insert('desired', written)
  return [...rows.values()]
}

export const makeDesired = (ctx: Context) => ({
  async get(ids: readonly number[]): Promise<Desired[]> {
    const { versions, rows } = await byDevice(ctx.store, ids.filter(check.validId))
    return ids.map((id) => desiredOf(id, versions.get(id) ?? 0, rows.get(id) ?? []))
  },

  devices: async (p: Page): Promise<number[]> =>
    (await ctx.store.select('desired_head', { ...page(p), where: { wanted: 1 } })).map((r) => r.device_id),

  /** Errors: `device_unknown`, `invalid`, `conflict` (`params.version`). */
  set: (c: Change): Promise<Desired> =>
    edit(ctx, c, async (tx) => {
      await deviceRow(tx, c.deviceId)
      const found = await byDevice(tx, [c.deviceId])
      const [old, before] = [found.versions.get(c.deviceId), found.rows.get(c.deviceId) ?? []]
      const version = (old ?? 0) + 1
      if (c.ifVersion !== undefined && c.ifVersion !== version - 1)
        throw new PandoError('conflict', 'it was changed by somebody else meanwhile', { version: version - 1 })
      const after = await write(ctx, tx, c, version, before)
      const head = { device_id: c.deviceId, tenant_id: TENANT, version, wanted: after.length > 0 ? 1 : 0 }
      await (old === undefined ? tx.insert('desired_head', [head]) : tx.update('desired_head', [head]))
      const deed = { action: 'device.desire', object: `device/${c.deviceId}`, before: said(before), after: said(after) }
      const result = desiredOf(c.deviceId, version, after)
      return { result, bell: { what: 'desired', id: c.deviceId, change: 'changed' }, deed }
    }),
})
