import type { AddressBlock } from '#contracts/registry.ts'
import type { AddressBlockRow, NewRow } from '#core/registrystore/port.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, edit } from './edit.ts'

interface Change extends Asked, AddressBlock {
  deviceId: number
}

/** Beyond, those that end first are let in. */
const MOST = 10_000
const MAX_HOST = 64

export const makeAddresses = (ctx: Context) => ({
  block: ({ host, until, deviceId, audit }: Change): Promise<Record<string, never>> =>
    edit(ctx, { ...(audit && { audit }) }, async (tx) => {
      const now = ctx.clock.now()
      const address = check.text('host', host, MAX_HOST)
      const there = (await tx.select('address_block', {})).sort((a, b) => a.until - b.until)
      const others = there.filter((r) => r.host !== address)
      const ended = others.filter((r, i) => r.until <= now || i <= others.length - MOST)
      const [before] = there.filter((r) => r.host === address)
      const gone = [...ended, ...(before ? [before] : [])].map((r) => r.id)
      if (gone.length > 0) await tx.remove('address_block', 'id', gone)
      const id = await tx.next('address_block', 1)
      const row: NewRow<'address_block'> = { id, tenant_id: TENANT, host: address, until, set_by: check.actor(audit), at: now }
      if (until > now) await tx.insert('address_block', [row])
      const deed = { action: until > now ? 'device.block_address' : 'device.allow_address', object: `device/${deviceId}` }
      const after = { address, ...(until > now && { until }) }
      return { result: {}, bell: { what: 'address', id, change: 'changed' } as const, deed: { ...deed, after } }
    }),

  async list(): Promise<AddressBlock[]> {
    const rows: AddressBlockRow[] = await ctx.store.select('address_block', {})
    return rows.filter((r) => r.until > ctx.clock.now()).map(({ host, until }) => ({ host, until }))
  },
})
