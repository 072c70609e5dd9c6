/** Access tokens: checked on every connect, kept alive while used, revoked. */
import type { Device } from '#contracts/registry.ts'
import type { DeviceTokenRow } from '#core/registrystore/port.ts'
import { isPandoError } from '#lib/errors.ts'
import { change } from './changes.ts'
import { validId } from './checks.ts'
import { background, type Context } from './context.ts'
import { sameText } from './secrets.ts'

export interface DeviceCheck {
  deviceId: number
  token: string
}

export interface DeviceVerdict {
  device?: Device
  /** `server_busy`: its rows are damaged; the log says which, the device tries again */
  refused?: 'device_unknown' | 'token_unknown' | 'token_of_other_device' | 'server_busy'
}

/** A token slides once in this part of its life: once a day when it is 30 days. */
const SLIDES = 30
const SLIDE_AT_ONCE = 256
const TOKEN = /^[0-9a-fA-F]{32}$/

async function tokensOf({ store }: Context, ids: number[]): Promise<Map<number, DeviceTokenRow>> {
  const rows = await store.select('device_token', { in: { column: 'device_id', values: ids } })
  return new Map(rows.map((r) => [r.device_id, r]))
}

/** Which of these hashes are tokens of any device, current or just replaced by a login. */
async function known({ store }: Context, hashes: string[]): Promise<Set<string>> {
  const rows = await store.select('device_token', { in: { column: 'hash', values: hashes } })
  return new Set(rows.map((r) => r.hash))
}

const due = (ctx: Context, expiresAt: number): boolean => expiresAt - ctx.clock.now() < ctx.tokenLife * (1 - 1 / SLIDES)

/** Moves the end of these devices' tokens to a whole life from now, where that is due. */
async function slide(ctx: Context, ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += SLIDE_AT_ONCE) {
    const some = ids.slice(at, at + SLIDE_AT_ONCE)
    const rows = [...(await tokensOf(ctx, some)).values()].filter((r) => due(ctx, r.expires_at))
    if (rows.length > 0) await write(ctx, rows)
    await new Promise(setImmediate)
  }
}

async function write(ctx: Context, stale: DeviceTokenRow[]): Promise<void> {
  await ctx.store.transaction(async (tx) => {
    const values = stale.map((r) => r.device_id)
    const rows = await tx.select('device_token', { in: { column: 'device_id', values } })
    await tx.update(
      'device_token',
      rows.map((r) => ({ ...r, expires_at: ctx.clock.now() + ctx.tokenLife })),
    )
  })
}

async function check(ctx: Context, items: readonly DeviceCheck[]): Promise<DeviceVerdict[]> {
  const ids = items.map((i) => i.deviceId).filter(validId)
  const [devices, tokens] = await Promise.all([ctx.lookups.devicesById(ids), tokensOf(ctx, ids)])
  const hashes = items.map((i) => (TOKEN.test(i.token) ? ctx.secrets.tokenHash(i.token) : ''))
  const now = ctx.clock.now()
  const accepted = items.map(({ deviceId }, i) => {
    const row = tokens.get(deviceId)
    return row !== undefined && row.expires_at > now && sameText(hashes[i]!, row.hash)
  })
  const own = (i: number): boolean => hashes[i] === tokens.get(items[i]!.deviceId)?.hash
  const others = await known(
    ctx,
    hashes.filter((h, i) => !accepted[i] && h !== '' && !own(i)),
  )
  const sliding = new Set<number>()
  const verdicts = items.map(({ deviceId }, i): DeviceVerdict => {
    const device = devices.get(deviceId)
    if (!device) return { refused: 'device_unknown' }
    if (!accepted[i]) return { refused: others.has(hashes[i]!) ? 'token_of_other_device' : 'token_unknown' }
    if (due(ctx, tokens.get(deviceId)!.expires_at)) sliding.add(deviceId)
    return { device }
  })
  if (sliding.size > 0) background(ctx.log, 'keeping tokens alive', slide(ctx, [...sliding]))
  return verdicts
}

/** One device's damaged row is no other's. */
async function checkApart(ctx: Context, items: readonly DeviceCheck[]): Promise<DeviceVerdict[]> {
  try {
    return await check(ctx, items)
  } catch (err) {
    if (!isPandoError(err, 'store_damaged')) throw err
    if (items.length > 1) return (await Promise.all(items.map((item) => checkApart(ctx, [item])))).flat()
    ctx.log.error({ err, deviceId: items[0]?.deviceId }, 'a device is kept out: its rows in the registry are damaged')
    return [{ refused: 'server_busy' }]
  }
}

export const makeTokens = (ctx: Context) => ({
  check: (items: readonly DeviceCheck[]): Promise<DeviceVerdict[]> => checkApart(ctx, items),

  /** For devices that are connected: their tokens don't end. */
  touch: (ids: readonly number[]): Promise<void> => slide(ctx, ids.filter(validId)),

  /** Error: `device_unknown`. */
  async revoke(id: number): Promise<void> {
    await ctx.lookups.deviceById(id)
    await change(ctx, async (tx) => {
      await tx.remove('device_token', 'device_id', [id])
      return { result: undefined, bell: { what: 'token', id, change: 'revoked' } }
    })
  },
})
