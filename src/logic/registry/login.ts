/** Login: device secret → access token. Calls that come together share a transaction. */
import type { Device } from '#contracts/registry.ts'
import type { DeviceTokenRow, NewRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { validId } from './checks.ts'
import { type Context, TENANT } from './context.ts'
import { grouped } from './grouped.ts'
import { newToken, sameText } from './secrets.ts'

interface Item {
  deviceId: number
  secret: string
}

export interface LoggedIn {
  device: Device
  token: string
}

type Rows = { credentials: Map<number, NewRow<'device_credential'>>; tokens: Map<number, NewRow<'device_token'>> }

async function readRows(tx: Transaction, ids: number[]): Promise<Rows> {
  const of = { in: { column: 'device_id', values: ids } } as const
  const credentials = await tx.select('device_credential', of)
  const tokens = await tx.select('device_token', of)
  return {
    credentials: new Map(credentials.map((r) => [r.device_id, r])),
    tokens: new Map(tokens.map((r: DeviceTokenRow) => [r.device_id, r])),
  }
}

function rightSecret({ secrets }: Context, rows: Rows, item: Item): PandoError | undefined {
  const credential = rows.credentials.get(item.deviceId)
  if (!credential) return new PandoError('device_unknown', 'record not found')
  try {
    const secret = secrets.open('device.secret', item.deviceId, credential.secret_sealed)
    return sameText(item.secret, secret) ? undefined : new PandoError('secret_wrong', 'wrong device secret.')
  } catch (e) {
    if (e instanceof PandoError) return e
    throw e
  }
}

/** The token before is replaced: good for the connection that is up, not for a new one (docs/device-protocol.md §1). */
async function issue(ctx: Context, tx: Transaction, rows: Rows, id: number): Promise<string> {
  const now = ctx.clock.now()
  const token = newToken()
  const before = rows.tokens.get(id)
  const times = { issued_at: now, expires_at: now + ctx.tokenLife }
  const row = {
    device_id: id,
    tenant_id: TENANT,
    hash: ctx.secrets.tokenHash(token),
    replaced_hash: before?.hash ?? '',
    ...times,
  }
  await (before ? tx.update('device_token', [row]) : tx.insert('device_token', [row]))
  rows.tokens.set(id, row)
  const credential = rows.credentials.get(id)!
  if (credential.logged_in_at === 0) {
    const used = { ...credential, logged_in_at: now }
    await tx.update('device_credential', [used])
    rows.credentials.set(id, used)
  }
  return token
}

async function logIn(ctx: Context, items: Item[]): Promise<(LoggedIn | PandoError)[]> {
  const tokens = await ctx.store.transaction(async (tx) => {
    const rows = await readRows(
      tx,
      items.map((i) => i.deviceId),
    )
    const results: (string | PandoError)[] = []
    for (const item of items) results.push(rightSecret(ctx, rows, item) ?? (await issue(ctx, tx, rows, item.deviceId)))
    return results
  })
  const devices = await ctx.lookups.devicesById(items.map((i) => i.deviceId))
  return tokens.map((token, i) => {
    const device = devices.get(items[i]!.deviceId)
    if (token instanceof PandoError) return token
    return device ? { device, token } : new PandoError('device_unknown', 'record not found')
  })
}

/** → the device and its new token. Errors: `device_unknown`, `secret_wrong`, `store_damaged`, `disk_full`, `unavailable`. */
export function makeLogin(ctx: Context) {
  const enqueue = grouped((items: Item[]) => logIn(ctx, items))
  return async (item: Item): Promise<LoggedIn> => {
    if (!validId(item.deviceId)) throw new PandoError('device_unknown', 'record not found')
    return enqueue(item)
  }
}

/** Errors: `device_unknown`, `store_damaged`, `unavailable`. */
export function makePresharedKey(ctx: Context): (asked: { deviceId: number }) => Promise<{ secret: string }> {
  return ({ deviceId }) =>
    ctx.store.transaction(async (tx) => {
      const [row] = await tx.select('device_credential', { where: { device_id: deviceId } })
      if (!row) throw new PandoError('device_unknown', 'record not found')
      return { secret: ctx.secrets.open('device.secret', deviceId, row.secret_sealed) }
    })
}
