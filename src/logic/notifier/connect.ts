/** How a webhook reaches its receiver: the address is resolved once, checked, and exactly that one is connected to. */
import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressGuard } from './addresses.ts'

export interface Target {
  /** scheme, host and port */
  origin: string
  /** path and query */
  path: string
}

/** Why a delivery was not even tried; the text is shown to the operator. */
export class Refused extends Error {
  readonly code = 'PANDO_REFUSED'
}

/** Takes a report URL apart. Throws Refused for what is no webhook: other schemes, user names, no host. */
export function targetOf(reportUrl: string): Target {
  const url = URL.parse(reportUrl)
  if (!url) throw new Refused('the report URL is not a URL')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Refused(`the report URL must begin with http: or https:, not ${url.protocol}`)
  }
  if (url.username !== '' || url.password !== '') throw new Refused('the report URL must not hold a user name or password')
  return { origin: url.origin, path: url.pathname + url.search }
}

type Resolver = (host: string, callback: (error: Error | null, addresses: LookupAddress[]) => void) => void
const systemResolver: Resolver = (host, callback) => lookup(host, { all: true, order: 'verbatim' }, callback)

export interface ConnectOptions {
  guard: AddressGuard
  /** ms for name, TCP and TLS together */
  timeout: number
  resolve?: Resolver
  /** certificates trusted instead of the system's, for tests */
  ca?: string
}

/** undici's connector behind the guard. Literal addresses never pass a look-up, so they are checked apart. */
export function guardedConnector(o: ConnectOptions): buildConnector.connector {
  const options = { timeout: o.timeout, allowH2: false, keepAlive: true, lookup: guardedLookup(o), ...(o.ca && { ca: o.ca }) }
  const connect = buildConnector(options as buildConnector.BuildOptions)
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, '')
    const why = isIP(host) === 0 ? undefined : o.guard(host)
    if (why === undefined) connect(target, callback)
    else queueMicrotask(() => callback(new Refused(`refused: ${why}`), null))
  }
}

function guardedLookup({ guard, resolve = systemResolver }: ConnectOptions): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host, (error, found) => {
      if (error) return callback(error, '', 0)
      const good = found.filter((a) => guard(a.address) === undefined)
      if (good.length === 0) return callback(refusal(host, found, guard), '', 0)
      if (all) callback(null, good)
      else callback(null, good[0]!.address, good[0]!.family)
    })
  }
}

const refusal = (host: string, found: readonly LookupAddress[], guard: AddressGuard): Refused =>
  new Refused(found[0] ? `refused: ${host} is ${guard(found[0].address)}` : `${host} has no address`)
