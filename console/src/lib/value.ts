/** What is typed for a value of the protocol, as the API takes it: 64 bits as text, octets as base64. */
import { tlvType } from '#protocol/tlv.ts'

export type Typed =
  | { ok: true; json: unknown }
  | { ok: false; code: 'number' | 'integer' | 'range' | 'hex'; type: string; min?: string; max?: string; wraps?: string }

export function typed(type: number, text: string): Typed {
  const row = tlvType(type)
  const name = row?.name ?? String(type)
  const s = text.trim()
  if (name === 'bool') return { ok: true, json: s === 'true' }
  if (name === 'string') return { ok: true, json: text }
  if (name === 'bytes') {
    const hex = s.replaceAll(/\s/g, '')
    if (!/^([0-9a-fA-F]{2})*$/.test(hex)) return { ok: false, code: 'hex', type: name }
    const octets = hex.match(/../g) ?? []
    return { ok: true, json: btoa(String.fromCharCode(...octets.map((x) => Number.parseInt(x, 16)))) }
  }
  if (name.startsWith('float'))
    return s !== '' && Number.isFinite(Number(s)) ? { ok: true, json: Number(s) } : { ok: false, code: 'number', type: name }
  if (!/^-?\d+$/.test(s)) return { ok: false, code: 'integer', type: name }
  const v = BigInt(s)
  const [min, max] = [BigInt(row?.min ?? 0), BigInt(row?.max ?? 0)]
  if (v < min || v > max) {
    const size = max - min + 1n
    const wraps = ((((v - min) % size) + size) % size) + min
    return { ok: false, code: 'range', type: name, min: String(min), max: String(max), wraps: String(wraps) }
  }
  return { ok: true, json: Number.isSafeInteger(Number(v)) ? Number(v) : String(v) }
}

/** As a field shows a value that was read. */
export function shownAs(type: number, v: unknown): string {
  if (v === null || v === undefined) return ''
  if (tlvType(type)?.name === 'bytes' && typeof v === 'string') return hexOf(v)
  return String(v)
}

export const hexOf = (base64: string): string =>
  [...atob(base64)].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join(' ')
export const octetsOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
