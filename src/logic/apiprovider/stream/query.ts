/** What a stream's URL says: which devices, products and kinds, and behind which id it goes on. */

import type { Face } from '#contracts/contract.ts'
import type { registry as registryContract } from '#contracts/registry.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { first, type Query } from '../calls.ts'
import { codes, Refusal } from '../errors.ts'
import type { Caller, Guard } from '../guard.ts'
import type { Interest } from './interest.ts'
import { type Place, parsePlace } from './place.ts'
import { sseForm } from './sse.ts'

export const streamKinds = {
  event: recordKind.event,
  status: recordKind.status,
  online: recordKind.online,
  offline: recordKind.offline,
  rule: recordKind.told,
} as const

const PARAMETERS = ['device', 'product', 'kind', 'last_event_id']
const MOST_NAMED = 100

export interface StreamPeers {
  registry: Pick<Face<typeof registryContract>, 'products'>
}

export async function interestOf(peers: StreamPeers, guard: Guard, caller: Caller, query: Query): Promise<Interest> {
  const unknown = Object.keys(query).find((name) => !PARAMETERS.includes(name))
  if (unknown !== undefined) throw wrong(`${unknown} is no parameter of a stream; there are ${PARAMETERS.join(', ')}`)
  const mask = maskOf(query)
  const devices = await devicesOf(guard, caller, query)
  const products = await productsOf(peers, guard, caller, query)
  const { id, createdAt } = caller.application
  // A stored scope that has no valid form covers nothing.
  const domain = caller.domain ?? ({ scope: 'product', id: -1 } as const)
  const list = (set: ReadonlySet<number> | undefined) => (set ? [...set].sort((a, b) => a - b).join() : '*')
  const key = `application ${id} ${mask} ${list(devices)} ${list(products)}`
  return { key, form: sseForm, mask, domain, applicationId: id, from: createdAt, devices, products }
}

/** The header is newer than what a URL says that is used again. */
export function placeOf(header: string | string[] | undefined, query: Query): Place | undefined {
  const text = first(header) || first(query['last_event_id'])
  if (!text) return undefined
  try {
    return parsePlace(text)
  } catch (e) {
    if (isPandoError(e, 'invalid')) throw wrong(`last_event_id: ${e.message}`)
    throw e
  }
}

function maskOf(query: Query): number {
  const named = all(query['kind']).flatMap((k) => k.split(','))
  const wanted = named.length === 0 ? Object.keys(streamKinds) : named
  return wanted.reduce((mask, kind) => {
    if (!Object.hasOwn(streamKinds, kind)) throw wrong(`kind takes ${Object.keys(streamKinds).join(', ')}, not ${kind}`)
    return mask | (1 << streamKinds[kind as keyof typeof streamKinds])
  }, 0)
}

async function devicesOf(guard: Guard, caller: Caller, query: Query): Promise<Set<number> | undefined> {
  const named = few('device', query)
  if (named.length === 0) return undefined
  const found = await Promise.all(named.map(async (identifier) => guard.device(caller, identifier)))
  return new Set(found.map((d) => d.id))
}

async function productsOf(
  { registry }: StreamPeers,
  guard: Guard,
  caller: Caller,
  query: Query,
): Promise<Set<number> | undefined> {
  const named = few('product', query)
  if (named.length === 0) return undefined
  const ids = named.map((text) => {
    if (!/^[1-9]\d{0,14}$/.test(text)) throw wrong('product takes the decimal id of a product')
    return Number(text)
  })
  for (const id of ids) {
    const { items } = await registry.products({ after: id - 1, limit: 1 })
    // What is out of reach answers the same whether it exists or not.
    guard.allow(caller, items[0]?.id === id ? { vendorId: items[0].vendorId, productId: id } : { vendorId: -1, productId: -1 })
    if (items[0]?.id !== id) throw new Refusal(codes.product, 'product not found')
  }
  return new Set(ids)
}

const all = (v: string | string[] | undefined): string[] => (v === undefined ? [] : Array.isArray(v) ? v : [v]).filter(Boolean)

function few(name: string, query: Query): string[] {
  const named = all(query[name])
  if (named.length > MOST_NAMED) throw wrong(`${name} may be given ${MOST_NAMED} times`)
  return named
}

const wrong = (message: string): Refusal => new Refusal(codes.query, message)
