import { ProtocolError } from './errors.ts'

/** Ids are positive integers that a double holds exactly (old firmware: ≤ 2³¹ − 1). */
export type DeviceIdentifier = { vendor: number; product: number; code: string }

const CANONICAL = /^(0|[1-9a-f][0-9a-f]*)-(0|[1-9a-f][0-9a-f]*)-(.*)$/s

/** `hex(vendor)-hex(product)-code`; the code is taken literally. */
export const buildIdentifier = (vendor: number | bigint, product: number | bigint, code: string): string =>
  `${vendor.toString(16)}-${product.toString(16)}-${code}`

/** The parts of an identifier, whose code may itself hold `-`. Only the form that `buildIdentifier` makes: comparison is exact. */
export const parseIdentifier = (identifier: string): DeviceIdentifier => {
  const parts = CANONICAL.exec(identifier)
  const vendor = Number.parseInt(parts?.[1] ?? '', 16)
  const product = Number.parseInt(parts?.[2] ?? '', 16)
  if (!Number.isSafeInteger(vendor) || !Number.isSafeInteger(product))
    throw new ProtocolError('identifier_wrong_format', { identifier })
  return { vendor, product, code: parts![3]! }
}

/** The MQTT client id of a device: lower-case hex without padding. */
export const clientIdOf = (deviceId: number | bigint): string => deviceId.toString(16)

/** Client id → device id. Upper case and padding up to MQTT 3.1's 23 characters are taken, `0x` and ids below 1 are not. */
export const deviceIdOf = (clientId: string): number => {
  const id = /^[0-9a-fA-F]{1,23}$/.test(clientId) ? Number.parseInt(clientId, 16) : 0
  if (id < 1 || !Number.isSafeInteger(id)) throw new ProtocolError('client_id_wrong_format', { clientId })
  return id
}

/** What an application may reach. */
export type Domain = { scope: 'all' } | { scope: 'vendor' | 'product'; id: number }

/** `*`, `vendor/<decimal>` or `product/<decimal>`. */
export const parseDomain = (domain: string): Domain => {
  if (domain === '*') return { scope: 'all' }
  const parts = /^(vendor|product)\/(0|[1-9][0-9]*)$/.exec(domain)
  const id = Number(parts?.[2] ?? Number.NaN)
  if (!Number.isSafeInteger(id)) throw new ProtocolError('domain_wrong_format', { domain })
  return { scope: parts![1] as 'vendor' | 'product', id }
}

/** Whether a domain covers a device of this vendor and product. */
export const domainCovers = (domain: Domain, vendor: number, product: number): boolean =>
  domain.scope === 'all' || domain.id === (domain.scope === 'vendor' ? vendor : product)
