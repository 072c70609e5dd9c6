/** Frames: looked for in the past, and read octet by octet. */
import type { FrameRow, frameRoutes } from '#contracts/admin/frames.ts'
import type { QueryOf } from '#contracts/admin/route.ts'
import type { FrameRecord, FrameRecordKind } from '#contracts/controller.ts'
import { isPandoError } from '#lib/errors.ts'
import type { FrameKind } from '#protocol/framefields.ts'
import type { Model } from '#protocol/model.ts'
import type { Handlers, Parts } from './call.ts'
import { decoded } from './decode.ts'
import type { ModelCache } from './modelcache.ts'
import { invalidAt } from './problem.ts'
import { productsSeen } from './productsseen.ts'
import { reachOf } from './reach.ts'
import { type Scope, unknown } from './scope.ts'

const told = ({ deviceId, productId, version, frame, native: _, ...f }: FrameRecord): FrameRow => ({
  ...f,
  device: deviceId,
  product: productId,
  dir: f.kind === 'command' ? 'down' : 'up',
  model: version,
  bytes: Buffer.byteLength(frame, 'base64'),
  data: frame,
})

/** As what it is read: what was undecodable, by the topic on which it came. */
const kindOf = ({ kind, topic }: FrameRecord): FrameKind => {
  if (kind === 'command') return topic === 's' ? 'status' : 'command'
  return kind === 'event' || topic === 'e' ? 'event' : 'status'
}

type Query = QueryOf<(typeof frameRoutes)['GET /frames']>

const kindsOf = ({ dir, kind }: Query): FrameRecordKind[] => {
  const all: FrameRecordKind[] = dir === 'down' ? ['command'] : ['status', 'event', 'undecodable']
  if (dir === undefined) all.push('command')
  return kind === undefined ? all : all.filter((k) => k === kind)
}

export function frames({ peers, models }: Parts & { models: ModelCache }): Handlers<typeof frameRoutes> {
  const reach = reachOf(peers)

  /** undefined: there is nothing that the caller sees. */
  const within = async ({ device, product, vendor }: Query, scope: Scope) => {
    if (product !== undefined) await reach.product(product, scope)
    if (device !== undefined) await reach.device(device, scope)
    if (vendor !== undefined) await reach.vendor(vendor, scope)
    const narrow = product !== undefined || vendor !== undefined || (!scope.all && device === undefined)
    const seen = narrow ? (await productsSeen(peers, scope, vendor)).map((p) => p.id) : undefined
    const productIds = product === undefined ? seen : seen?.filter((id) => id === product)
    if (productIds?.length === 0) return undefined
    return { ...(device !== undefined && { deviceId: device }), ...(productIds && { productIds }) }
  }

  const modelOf = async (productId: number, version: number): Promise<Model | undefined> => {
    try {
      return await models(productId, version)
    } catch (e) {
      if (isPandoError(e, 'not_found') || isPandoError(e, 'product_unknown')) return undefined
      throw e
    }
  }

  return {
    'GET /frames': async ({ query, scope }) => {
      const [where, kinds] = [await within(query, scope), kindsOf(query)]
      if (!where || kinds.length === 0) return { items: [] }
      const { device: _d, product: _p, vendor: _v, dir: _r, kind: _k, quarantine: faulty = false, ...rest } = query
      const asked = { ...rest, faulty, kinds, ...where }
      const { items, next } = await peers.controller.frames(asked).catch((e: unknown) => {
        throw isPandoError(e, 'invalid') ? invalidAt('/query/cursor', 'invalid', e.params) : e
      })
      return { items: items.map(told), ...(next !== undefined && { next }) }
    },
    'GET /frames/{id}': async ({ params, query, scope }) => {
      const { frame } = await peers.controller.frame({ id: params.id })
      if (!frame) throw unknown('not_found')
      await reach.device(frame.deviceId, scope).catch((e: unknown) => {
        throw isPandoError(e, 'device_unknown') ? unknown('not_found') : e
      })
      const model = await modelOf(frame.productId, query.model ?? frame.version)
      if (!model && query.model !== undefined) throw unknown('not_found')
      const octets = Buffer.from(frame.native ?? frame.frame, 'base64')
      return { frame: told(frame), decoded: decoded(octets, kindOf(frame), model) }
    },
    'POST /frames/decode': async ({ body, scope }) => {
      const product = body.product === undefined ? undefined : await reach.product(body.product, scope)
      const model = product && (await models(product.id, body.version ?? product.modelVersion))
      const hex = body.hex.replaceAll(/\s/g, '')
      if (hex.length % 2 === 1) throw invalidAt('/body/hex', 'hex_odd', { length: hex.length })
      return decoded(Buffer.from(hex, 'hex'), body.kind, model)
    },
  }
}
