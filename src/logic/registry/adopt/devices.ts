/** Devices of an older cloud, with the secrets and tokens that they hold. */
import type { OldDevice, OldToken } from '#contracts/registry.ts'
import type { DeviceCredentialRow, NewRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseIdentifier } from '#protocol/identifiers.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { sameText } from '../secrets.ts'
import { adopting, different, differs, type Kind, keyOf, refused, sameKey, shown, there } from './adopt.ts'

interface Around {
  credentials: Map<number, DeviceCredentialRow>
  /** product → vendor */
  products: Map<number, number>
  /** identifier → whose it is */
  taken: Map<string, number>
}

/** What `device_secret` of the old cloud could hold. */
const MAX_SECRET = 200

function codeOf(o: OldDevice): { code: string; vendor: number; product: number } {
  try {
    return parseIdentifier(o.identifier)
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    throw new PandoError('invalid', `its identifier ${JSON.stringify(o.identifier)} is not <vendor>-<product>-<serial>`)
  }
}

const said = (o: OldDevice) => ({ ...shown(o), version: check.version(o.version) })

export function adoptDevices(ctx: Context) {
  const { secrets } = ctx

  function made(o: OldDevice, { products, taken }: Around): { row: NewRow<'device'>; why?: string } {
    const owner = taken.get(o.identifier)
    if (owner !== undefined && owner !== o.id)
      throw new PandoError('conflict', `its identifier ${o.identifier} belongs to device ${owner}`)
    check.text('secret', o.secret, MAX_SECRET)
    const { code, ...of } = codeOf(o)
    check.identifier(of.vendor, of.product, code)
    const vendor = products.get(o.productId)
    if (vendor === undefined) throw new PandoError('product_unknown', `its product ${o.productId} is not here`)
    const times = { created_at: o.createdAt, updated_at: o.updatedAt, revision: 1 }
    const row = { id: o.id, tenant_id: TENANT, product_id: o.productId, identifier: o.identifier, code, ...said(o), ...times }
    taken.set(o.identifier, o.id)
    if (of.vendor === vendor && of.product === o.productId) return { row }
    return { row, why: `its identifier names vendor ${of.vendor} and product ${of.product}, not those that it has` }
  }

  const credential = (o: OldDevice): NewRow<'device_credential'> => ({
    device_id: o.id,
    tenant_id: TENANT,
    ...keyOf(ctx, 'device.key', o),
    secret_sealed: secrets.seal('device.secret', o.id, o.secret),
    logged_in_at: 0,
    permit: 0,
    created_at: o.createdAt,
  })

  const kind: Kind<OldDevice, 'device', Around> = {
    table: 'device',
    key: 'id',
    name: 'device',
    sequence: 'device',
    bell: 'device',
    async read(tx, items) {
      const ids = items.map((o) => o.id)
      const credentials = await tx.select('device_credential', { in: { column: 'device_id', values: ids } })
      const products = await tx.select('product', { in: { column: 'id', values: items.map((o) => o.productId) } })
      const named = { column: 'identifier', values: items.map((o) => o.identifier) } as const
      const taken = await tx.select('device', { where: { tenant_id: TENANT }, in: named })
      return {
        credentials: new Map(credentials.map((c) => [c.device_id, c])),
        products: new Map(products.map((p) => [p.id, p.vendor_id])),
        taken: new Map(taken.map((d) => [d.identifier, d.id])),
      }
    },
    make(o, around) {
      keyOf(ctx, 'device.key', o)
      return made(o, around)
    },
    compare(o, row, { credentials }) {
      const c = credentials.get(o.id)
      if (!c) throw new PandoError('store_damaged', `device ${o.id}: its credential is missing`, { id: o.id })
      if (!sameKey(ctx, 'device.key', c, o.key)) return refused(`there is another device ${o.id} here, with another key`)
      const names = different(row, { ...said(o), product_id: o.productId, identifier: o.identifier })
      const same = sameText(secrets.open('device.secret', o.id, c.secret_sealed), o.secret)
      return differs(same ? names : [...names, 'secret'])
    },
    async insert(tx, added) {
      await tx.insert(
        'device',
        added.map((a) => a.row),
      )
      await tx.insert(
        'device_credential',
        added.map((a) => credential(a.old)),
      )
    },
  }
  return adopting(ctx, kind)
}

const TOKEN = /^[0-9a-f]{32}$/i

/** device → when it logged in here first; 0: never */
type LoggedIn = Map<number, number>

export function adoptTokens(ctx: Context) {
  const { secrets, clock } = ctx
  const fresh = (o: OldToken, replaced = ''): NewRow<'device_token'> => {
    if (!TOKEN.test(o.token)) throw new PandoError('invalid', 'its token is not of 16 octets')
    const now = clock.now()
    const times = { issued_at: now, expires_at: now + ctx.tokenLife }
    return { device_id: o.id, tenant_id: TENANT, hash: secrets.tokenHash(o.token), replaced_hash: replaced, ...times }
  }
  const kind: Kind<OldToken, 'device_token', LoggedIn> = {
    table: 'device_token',
    key: 'device_id',
    name: 'token',
    bell: 'token',
    async read(tx, items) {
      const rows = await tx.select('device_credential', { in: { column: 'device_id', values: items.map((o) => o.id) } })
      return new Map(rows.map((r) => [r.device_id, r.logged_in_at]))
    },
    make(o, devices) {
      if (!devices.has(o.id)) throw new PandoError('device_unknown', 'its device is not here')
      return { row: fresh(o) }
    },
    compare: (o, row) =>
      row.hash === secrets.tokenHash(o.token) ? there : { outcome: 'differs', why: 'the device has logged in here since' },
    // the old cloud went on meanwhile
    renew: (o, row, devices) => (devices.get(o.id) === 0 && row.hash !== fresh(o).hash ? fresh(o, row.hash) : undefined),
    insert: (tx, added) =>
      tx.insert(
        'device_token',
        added.map((a) => a.row),
      ),
  }
  return adopting(ctx, kind)
}
