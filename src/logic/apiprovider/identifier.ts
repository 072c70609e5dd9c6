import { codes, Refusal, texts } from './errors.ts'

/** Numbers of vendor and product in an identifier, in any spelling of hex; only the exact identifier is ever found. */
export interface Claims {
  vendor: number
  product: number
}

const HEX = /^[0-9a-f]{1,16}$/i

/** Refuses what can be no identifier, in the old cloud's words (golden group info); the device code may hold anything, `-` too. */
export function claimsOf(identifier: string): Claims {
  const [vendor = '', product, ...code] = identifier.split('-', 3)
  if (product === undefined || code.length === 0) throw new Refusal(codes.denied, texts.identifier)
  if (!HEX.test(vendor)) throw new Refusal(codes.denied, texts.vendor)
  if (!HEX.test(product)) throw new Refusal(codes.denied, texts.product)
  return { vendor: Number.parseInt(vendor, 16), product: Number.parseInt(product, 16) }
}
