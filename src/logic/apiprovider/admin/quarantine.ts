import type { quarantineRoutes, Quarantined as Told } from '#contracts/admin/frames.ts'
import type { Quarantined } from '#contracts/controller.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { invalidAt, onceBegun } from './problem.ts'
import { reachOf } from './reach.ts'
import type { Scope } from './scope.ts'

const told = (f: Quarantined): Told => ({
  id: f.id,
  device: f.deviceId,
  product: f.productId,
  at: f.at,
  kind: f.kind,
  topic: f.topic,
  reason: f.reason,
  offset: f.offset,
  numbers: f.numbers,
  model: f.version,
  bytes: f.frame,
  redecoded: f.redecoded,
  discarded: f.discarded,
})

/** Some of the frames may have been written when it failed at another; what is wrong in the request is found before. */
function half(e: unknown): never {
  throw isPandoError(e, 'invalid') ? e : onceBegun(e)
}

interface Asked {
  product?: number
  device?: number
  from?: number
  to?: number
  limit?: number
  cursor?: string
}

export function quarantine(p: Parts): Handlers<typeof quarantineRoutes> {
  const { peers } = p
  const doing = makeDoing(p)
  const reach = reachOf(peers)

  const filterOf = async ({ product, device, ...rest }: Asked, scope: Scope) => {
    const of = device === undefined ? undefined : await reach.device(device, scope)
    if (product !== undefined) await reach.product(product, scope)
    return { ...rest, ...(product !== undefined && { productId: product }), ...(of && { deviceId: of.id }) }
  }

  return {
    'GET /quarantine': async ({ query, scope }) => {
      if (query.product === undefined && query.device === undefined)
        throw invalidAt('/query', 'one_of', { fields: ['product', 'device'] })
      const { items, next } = await peers.controller.quarantine(await filterOf(query, scope))
      return { items: items.map(told), ...(next !== undefined && { next }) }
    },
    'POST /quarantine/redecode': async ({ query, body, scope, by }) => {
      const filter = await filterOf(body, scope)
      const dryRun = query.dry_run === true
      const act = () => peers.controller.redecode({ ...filter, productId: body.product, dryRun }).catch(half)
      if (dryRun) return act()
      return doing({
        ...{ by, action: 'quarantine.redecode', object: `product/${body.product}`, asked: body, act },
        after: ({ decodes, fails }) => ({ decodes, fails }),
      })
    },
    'POST /quarantine/discard': async ({ query, body, scope, by }) => {
      const filter = await filterOf(body, scope)
      const dryRun = query.dry_run === true
      const act = () => peers.controller.discard({ ...filter, productId: body.product, dryRun }).catch(half)
      if (dryRun) return act()
      return doing({
        ...{ by, action: 'quarantine.discard', object: `product/${body.product}`, asked: body, act },
        after: ({ next: _, ...done }) => done,
      })
    },
  }
}
