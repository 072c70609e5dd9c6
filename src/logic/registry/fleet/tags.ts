import type { RegistryBell } from '#core/queue/port.ts'
import type { Transaction } from '#core/registrystore/port.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { type Asked, edit } from '../edit.ts'

/** All tags of a device, instead of those it has. */
export async function setTags(tx: Transaction, deviceId: number, tags: readonly string[]): Promise<void> {
  const kept = check.tags(tags)
  await tx.remove('device_tag', 'device_id', [deviceId])
  await tx.insert(
    'device_tag',
    kept.map((tag) => ({ device_id: deviceId, tag, tenant_id: TENANT })),
  )
}

interface Tagging extends Asked {
  ids: number[]
  add: string[]
  remove: string[]
}

export const makeTagging = (ctx: Context) => ({
  /** → how many changed. One entry in the audit log for all. */
  tag: (t: Tagging): Promise<{ changed: number }> =>
    edit(ctx, t, async (tx) => {
      const [add, remove] = [check.tags(t.add), new Set(check.tags(t.remove))]
      const rows = await tx.select('device', { in: { column: 'id', values: t.ids.filter(check.validId) } })
      const all = await tx.select('device_tag', { in: { column: 'device_id', values: rows.map((r) => r.id) } })
      const byDevice = Map.groupBy(all, (r) => r.device_id)
      const changed: number[] = []
      for (const row of rows) {
        const before = (byDevice.get(row.id) ?? []).map((r) => r.tag)
        const after = [...new Set([...before, ...add])].filter((tag) => !remove.has(tag))
        if (after.length === before.length && after.every((tag) => before.includes(tag))) continue
        await setTags(tx, row.id, after)
        await tx.update('device', [{ ...row, revision: row.revision + 1, updated_at: ctx.clock.now() }])
        changed.push(row.id)
      }
      const bells = changed.map((id): RegistryBell => ({ what: 'device', id, change: 'changed' }))
      const after = { ids: changed, add, remove: [...remove] }
      const deed = { action: 'device.tag', object: 'devices', after }
      return { result: { changed: changed.length }, bells, ...(changed.length > 0 && { deed }) }
    }),
})
