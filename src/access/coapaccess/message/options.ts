/** Values of options. */
import type { Content, Option } from './message.ts'
import { isCritical, option, requestOptions } from './numbers.ts'

/** The value as an unsigned integer, leading zeros or not (RFC 7252 §3.2). */
export function uintOf(value: Uint8Array): number {
  let n = 0
  for (let i = 0; i < value.length; i++) n = n * 256 + value[i]!
  return n
}

/** In the fewest octets. */
export function uint(n: number): Uint8Array {
  const octets: number[] = []
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return Uint8Array.from(octets)
}

export const uintOption = (no: number, n: number): Option => ({ no, value: uint(n) })
export const textOption = (no: number, text: string): Option => ({ no, value: Buffer.from(text) })

export function find(m: Pick<Content, 'options'>, no: number): Uint8Array | undefined {
  for (const o of m.options) if (o.no === no) return o.value
  return undefined
}

export function uintIn(m: Pick<Content, 'options'>, no: number): number | undefined {
  const value = find(m, no)
  return value === undefined ? undefined : uintOf(value)
}

export const all = (m: Pick<Content, 'options'>, no: number): Uint8Array[] =>
  m.options.filter((o) => o.no === no).map((o) => o.value)

const text = (v: Uint8Array): string => Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('utf8')

/** Segments joined by `/`, without one in front; a segment that holds one names nothing of ours. */
export function pathOf(m: Pick<Content, 'options'>): string {
  let path: string | undefined
  for (const o of m.options) {
    if (o.no === option.uriPath) path = path === undefined ? text(o.value) : `${path}/${text(o.value)}`
  }
  return path ?? ''
}

/** The value of `name=…` in the query; undefined if there is none. */
export function queryOf(m: Pick<Content, 'options'>, name: string): string | undefined {
  for (const o of m.options) {
    if (o.no !== option.uriQuery) continue
    const pair = text(o.value)
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  }
  return undefined
}

/**
 * The first option that this server must know and does not: of an unknown number, of a wrong length, or one too many (§5.4.1, §5.4.3,
 * §5.4.5). Elective ones of that kind are passed over by `find`, which takes the first.
 */
export function badOption(options: readonly Option[]): number | undefined {
  let last = -1
  for (const { no, value } of options) {
    const known = requestOptions.get(no)
    const fine = known && value.length >= known.least && value.length <= known.most && (known.repeats || no !== last)
    if (!fine && isCritical(no)) return no
    last = no
  }
  return undefined
}
