import { readFileSync } from 'node:fs'

/** One file of golden cases: what the old cloud was seen to do. */
export const vectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as T

export const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const hex = (b: Uint8Array): string => Buffer.from(b).toString('hex')

/** A value as the golden files spell it, one key naming its Go type. */
export type GoldenValue = {
  bits?: string
  bytes?: string
  utf8_hex?: string
  bytes_repeat?: string
  string_repeat?: string
  count?: number
  [goType: string]: string | number | undefined
}

const fromBits = (bits: string): number => {
  const b = Buffer.from(bits, 'hex')
  return b.length === 8 ? b.readDoubleBE() : b.readFloatBE()
}

/** A golden value as `Value` of src/protocol. */
export const goldenValue = (v: GoldenValue): number | bigint | string | Uint8Array => {
  if (v.bits !== undefined) return fromBits(v.bits)
  if (v.bytes !== undefined) return octets(v.bytes)
  if (v.utf8_hex !== undefined) return Buffer.from(v.utf8_hex, 'hex').toString('utf8')
  if (v.bytes_repeat !== undefined) return new Uint8Array(v.count!).fill(Number.parseInt(v.bytes_repeat, 16))
  if (v.string_repeat !== undefined) return v.string_repeat.repeat(v.count!)
  const [type, text] = Object.entries(v)[0] as [string, string]
  return type.endsWith('64') ? BigInt(text) : Number(text)
}
