/** Access tokens: checked on every connect, kept alive while used, revoked. */
import type { Device } from '#contracts/registry.ts'
import type { DeviceTokenRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { apart } from './apart.ts'
import { validId } from './checks.ts'
import { background, type Context } from './context.ts'
import { type Asked, edit } from './edit.ts'
import { deviceRow } from './fleet/rows.ts'

export interface DeviceCheck {
  deviceId: number
  token: string
}

export interface DeviceVerdict {
  device?: Device
  /** `server_busy`: its rows are damaged; the log says which, the device tries again */
  refused?: 'device_unknown' | 'token_unknown' | 'token_of_other_device' | 'server_busy'
  /** for `token_unknown`: it was this device's token */
  was?: 'expired' | 'replaced'
}

/** A token slides once in this part of its life: once a day when it is 30 days. */
const SLIDES = 30
const SLIDE_AT_ONCE = 256
const TOKEN = /^[0-9a-fA-F]{32}$/

async function tokensOf({ store }: Context, ids: number[]): Promise<Map<number, DeviceTokenRow>> {
  const rows = await store.select('device_token', { in: { column: 'device_id', values: ids } })
  return new Map(rows.map((r) => [r.device_id, r]))
}

/** Which of these hashes are current tokens of any device. */
async function known({ store }: Context, hashes: string[]): Promise<Set<string>> {
  const rows = await store.select('device_token', { in: { column: 'hash', values: hashes } })
  return new Set(rows.map((r) => r.hash))
}

const due = (ctx: Context, expiresAt: number): boolean => expiresAt - ctx.clock.now() < ctx.tokenLife * (1 - 1 / SLIDES)

/** Moves the end of these devices' tokens to a whole life from now, where that is due. */
async function slide(ctx: Context, ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += SLIDE_AT_ONCE) {
    await apart(
      ids.slice(at, at + SLIDE_AT_ONCE),
      (some) => slideSome(ctx, some),
      (id, err) => warnDamaged(ctx, id, err),
    )
    await new Promise(setImmediate)
  }
}

async function slideSome(ctx: Context, ids: number[]): Promise<undefined[]> {
  const rows = [...(await tokensOf(ctx, ids)).values()].filter((r) => due(ctx, r.expires_at))
  if (rows.length > 0) await write(ctx, rows)
  return []
}

const warnDamaged = ({ log }: Context, deviceId: number | undefined, err: PandoError): void =>
  log.error({ err, deviceId }, "a device's rows in the registry are damaged: it is kept out")

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

function noToken(hash: string, row: DeviceTokenRow | undefined): DeviceVerdict {
  if (hash === '' || row === undefined) return { refused: 'token_unknown' }
  if (hash === row.hash) return { refused: 'token_unknown', was: 'expired' }
  return hash === row.replaced_hash ? { refused: 'token_unknown', was: 'replaced' } : { refused: 'token_unknown' }
}

async function check(ctx: Context, items: readonly DeviceCheck[]): Promise<DeviceVerdict[]> {
  const ids = items.map((i) => i.deviceId).filter(validId)
  const [devices, tokens] = await Promise.all([ctx.lookups.devicesById(ids), tokensOf(ctx, ids)])
  const hashes = items.map((i) => (TOKEN.test(i.token) ? ctx.secrets.tokenHash(i.token) : ''))
  const now = ctx.clock.now()
  // both are made with a key of ours: how long it takes to tell them apart says nothing of a token
  const own = (i: number): boolean => hashes[i] === tokens.get(items[i]!.deviceId)?.hash
  const accepted = items.map(({ deviceId }, i) => own(i) && tokens.get(deviceId)!.expires_at > now)
  const others = await known(
    ctx,
    hashes.filter((h, i) => !accepted[i] && h !== '' && !own(i)),
  )
  const sliding = new Set<number>()
  const verdicts = items.map(({ deviceId }, i): DeviceVerdict => {
    const device = devices.get(deviceId)
    if (!device) return { refused: 'device_unknown' }
    if (!accepted[i])
      return others.has(hashes[i]!) ? { refused: 'token_of_other_device' } : noToken(hashes[i]!, tokens.get(deviceId))
    if (due(ctx, tokens.get(deviceId)!.expires_at)) sliding.add(deviceId)
    return { device }
  })
  if (sliding.size > 0) background(ctx.log, 'keeping tokens alive', slide(ctx, [...sliding]))
  return verdicts
}

export const makeTokens = (ctx: Context) => ({
  check: (items: readonly DeviceCheck[]): Promise<DeviceVerdict[]> =>
    apart(
      items,
      (some) => check(ctx, some),
      ({ deviceId }, err) => {
        warnDamaged(ctx, deviceId, err)
        return { refused: 'server_busy' }
      },
    ),

  /** For protocols whose requests carry a token and no id. */
  async owner(token: string): Promise<{ deviceId?: number }> {
    if (!TOKEN.test(token)) return {}
    const [row] = await ctx.store.select('device_token', { in: { column: 'hash', values: [ctx.secrets.tokenHash(token)] } })
    return row ? { deviceId: row.device_id } : {}
  },

  /** For devices that are connected: their tokens don't end. */
  touch: (ids: readonly number[]): Promise<void> => slide(ctx, ids.filter(validId)),

  /** Error: `device_unknown`. */
  revoke: (d: { deviceId: number } & Asked): Promise<void> =>
    edit(ctx, d, async (tx) => {
      await deviceRow(tx, d.deviceId)
      await tx.remove('device_token', 'device_id', [d.deviceId])
      const deed = { action: 'device.revoke_token', object: `device/${d.deviceId}` }
      return { result: undefined, bell: { what: 'token', id: d.deviceId, change: 'revoked' }, deed }
    }),

  /** The token that the last login replaced and the current one change places. Errors: `device_unknown`, `not_found`. */
  acceptReplaced: (d: { deviceId: number } & Asked): Promise<void> =>
    edit(ctx, d, async (tx) => {
      await deviceRow(tx, d.deviceId)
      const [row] = await tx.select('device_token', { where: { device_id: d.deviceId } })
      if (!row || row.replaced_hash === '')
        throw new PandoError('not_found', 'no replaced token is remembered', { deviceId: d.deviceId })
      const now = ctx.clock.now()
      const times = { issued_at: now, expires_at: now + ctx.tokenLife }
      await tx.update('device_token', [{ ...row, hash: row.replaced_hash, replaced_hash: row.hash, ...times }])
      const deed = { action: 'device.accept_token', object: `device/${d.deviceId}` }
      return { result: undefined, bell: { what: 'token', id: d.deviceId, change: 'revoked' }, deed }
    }),
})
