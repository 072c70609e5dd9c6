import { randomBytes } from 'node:crypto'
import type { deviceRoutes, Device as Told } from '#contracts/admin/devices.ts'
import type { AnswerOf, QueryOf } from '#contracts/admin/route.ts'
import type { By, DeviceDetail, DeviceFilter } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { clientIdOf, deviceIdOf } from '#protocol/identifiers.ts'
import { act } from './actions.ts'
import type { AdminPeers, Handlers, Parts } from './call.ts'
import { type Condition, conditionsOf, connectionOf } from './fleet.ts'
import { linkOf } from './link.ts'
import { cursorOf, placeOf } from './page.ts'
import { onceBegun } from './problem.ts'
import { reachOf } from './reach.ts'
import { revisionOf } from './revision.ts'
import type { Scope } from './scope.ts'

const PAGE = 100

const told = (d: DeviceDetail, c: Condition, link = {}): Told => ({
  id: d.id,
  identifier: d.identifier,
  client_id: clientIdOf(d.id),
  code: d.code,
  name: d.name,
  description: d.description,
  product: d.productId,
  vendor: d.vendorId,
  model: d.modelVersion,
  firmware: d.version,
  state: c.state,
  ...(c.cause !== undefined && { cause: c.cause }),
  since: c.since,
  last_report: c.lastReport,
  ...(c.route && { connection: { ...connectionOf(c.route), ...link } }),
  tags: d.tags,
  groups: d.groups,
  logged_in_at: d.loggedInAt,
  token_issued_at: d.tokenIssuedAt,
  revision: d.revision,
  created_at: d.createdAt,
  updated_at: d.updatedAt,
})

type Query = QueryOf<(typeof deviceRoutes)['GET /devices']>

export function devices(p: Parts): Handlers<typeof deviceRoutes> {
  const { peers, clock } = p
  const reach = reachOf(peers)

  const shown = async (rows: readonly DeviceDetail[]): Promise<Told[]> => {
    const conditions = await conditionsOf(
      peers,
      clock,
      rows.map((d) => d.id),
    )
    return rows.map((d) => told(d, conditions.get(d.id)!))
  }
  const one = async (row: DeviceDetail): Promise<Told> => {
    const condition = (await conditionsOf(peers, clock, [row.id])).get(row.id)!
    return told(row, condition, condition.route && (await linkOf(peers, condition.route)))
  }

  return {
    'GET /devices': async ({ query, scope }) => {
      const named = query.key ?? query.identifier ?? query.client_id
      if (named === undefined) return listed(query, scope)
      const id = await idOf(query)
      const row = id === undefined ? undefined : await found(reach.device(id, scope))
      return { items: row ? [await one(row)] : [], total: row ? 1 : 0 }
    },
    'POST /devices': async ({ body, scope, by }) => {
      const { product, firmware, ...rest } = body
      const { id: productId } = await reach.product(product, scope)
      const version = firmware !== undefined && { version: firmware }
      const { device, secret, key } = await peers.registry.addDevice({ productId, ...rest, ...version, audit: by })
      return { device: await one(device), secret, key }
    },
    'POST /products/{id}/virtual-devices': async ({ params, body, scope, by }) => {
      const product = await reach.product(params.id, scope)
      const added = [await addVirtual(peers, product.id, by)]
      try {
        while (added.length < body.count) added.push(await addVirtual(peers, product.id, by))
        // logins that come together share a transaction
        return { items: await Promise.all(added.map((d) => loggedIn(peers, d))) }
      } catch (e) {
        throw onceBegun(e)
      }
    },
    'GET /devices/{id}': async ({ params, scope }) => one(await reach.device(params.id, scope)),
    'PATCH /devices/{id}': async (c) => {
      const { id } = await reach.device(c.params.id, c.scope)
      return one(await peers.registry.editDevice({ id, ...c.body, ...revisionOf(c), audit: c.by }))
    },
    'DELETE /devices/{id}': async (c) => {
      const { id } = await reach.device(c.params.id, c.scope)
      await peers.registry.removeDevice({ id, ...revisionOf(c), audit: c.by })
      return undefined
    },
    'POST /devices/{id}/secret': async (c) => {
      const { id } = await reach.device(c.params.id, c.scope)
      return peers.registry.rotateSecret({ id, ...revisionOf(c), audit: c.by })
    },
    'POST /devices/{id}/actions': async ({ params, body, scope, by }) => {
      const { id } = await reach.device(params.id, scope)
      return act(p, id, body, by)
    },
  }

  async function listed(query: Query, scope: Scope): Promise<AnswerOf<(typeof deviceRoutes)['GET /devices']>> {
    const { limit = PAGE, cursor } = query
    const offset = cursor === undefined ? 0 : placeOf(cursor)
    const filter = filterOf(query, scope)
    if (!filter) return { items: [], total: 0 }
    const { total, ids } = await peers.registry.searchDevices({ ...filter, offset, limit })
    const { items } = await peers.registry.deviceDetails({ ids })
    const next = offset + limit < total && { next: cursorOf(offset + limit) }
    return { items: await shown(items), total, ...next }
  }

  async function idOf({ key, identifier, client_id }: Query): Promise<number | undefined> {
    if (key !== undefined) return (await found(peers.registry.deviceByKey({ key })))?.id
    if (identifier !== undefined) return (await found(peers.registry.deviceByIdentifier({ identifier })))?.id
    return deviceIdOf(client_id!)
  }
}

/** With a serial that nobody else has; its secret is kept by nobody. */
async function addVirtual({ registry }: AdminPeers, productId: number, audit: By) {
  const code = `virtual-${randomBytes(4).toString('hex')}`
  const { device, secret } = await registry.addDevice({ productId, code, version: 'virtual', audit })
  return { id: device.id, code, identifier: device.identifier, secret }
}

async function loggedIn({ devicemanager }: AdminPeers, { secret, ...d }: Awaited<ReturnType<typeof addVirtual>>) {
  const { token } = await devicemanager.login({ deviceId: d.id, secret })
  return { ...d, client_id: clientIdOf(d.id), token }
}

/** What the caller asks for within their scope; undefined where the two exclude each other. */
export function filterOf(q: Pick<Query, 'product' | 'vendor' | 'tag' | 'q'>, { domain }: Scope): DeviceFilter | undefined {
  const [product, vendor] = [domain.scope === 'product' ? domain.id : q.product, domain.scope === 'vendor' ? domain.id : q.vendor]
  if ((q.product ?? product) !== product || (q.vendor ?? vendor) !== vendor) return undefined
  return {
    ...(product !== undefined && { productId: product }),
    ...(vendor !== undefined && { vendorId: vendor }),
    ...(q.tag !== undefined && { tags: [q.tag] }),
    ...(q.q !== undefined && { text: q.q }),
  }
}

/** Nothing rather than an error, where there is none. */
async function found<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking
  } catch (e) {
    if (isPandoError(e, 'device_unknown') || isPandoError(e, 'key_invalid') || isPandoError(e, 'key_mismatch')) return undefined
    throw e
  }
}
