import { ProtocolError } from './errors.ts'
import { base64 } from './text.ts'

/** JSON whose integers beyond ±(2⁵³ − 1) are `bigint`. */
export type ExactJson = null | boolean | number | bigint | string | ExactJson[] | { [key: string]: ExactJson }

/** Deeper nesting than this is refused, both ways. */
export const MAX_DEPTH = 100

const tooDeep = (): ProtocolError => new ProtocolError('json_too_deep', { max: MAX_DEPTH })

const [QUOTE, BACKSLASH] = [0x22, 0x5c]

/** Refuses too many open brackets before anything recursive sees the text. */
const checkDepth = (text: string): void => {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (quoted) {
      if (c === BACKSLASH) i++
      else if (c === QUOTE) quoted = false
    } else if (c === QUOTE) quoted = true
    else if ((c | 0x20) === 0x7b) {
      if (++depth > MAX_DEPTH) throw tooDeep()
    } else if ((c | 0x20) === 0x7d) depth--
  }
}

const NUMBER = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** The integer that a number text writes, undefined if it has a fraction. */
const exactInteger = (source: string): bigint | undefined => {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? []
  const digits = whole + fraction
  const shift = Number(exponent) - fraction.length
  if (shift >= 0) return BigInt(digits) * 10n ** BigInt(shift)
  return /^0+$/.test(digits.slice(shift)) ? BigInt(digits.slice(0, shift)) : undefined
}

/** Written with an exponent, larger ones than this stay doubles: nobody means their digits. */
const LARGEST_SHORTHAND = 1e21

const exactNumber = (value: number, source: string): number | bigint => {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER || !Number.isFinite(value)) return value
  if (Math.abs(value) >= LARGEST_SHORTHAND && !/^-?\d+$/.test(source)) return value
  return exactInteger(source) ?? value
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
const parse = JSON.parse as (text: string, reviver?: Reviver) => unknown

const revive: Reviver = (_key, value, context) => (typeof value === 'number' ? exactNumber(value, context.source ?? '') : value)

const parseText = (text: string, reviver?: Reviver): unknown => {
  try {
    return parse(text, reviver)
  } catch (cause) {
    const error = new ProtocolError('json_wrong_format', { length: text.length }, `malformed JSON: ${(cause as Error).message}`)
    error.cause = cause
    throw error
  }
}

const MAY_BE_LARGE = /[0-9.]{16}|[0-9][eE]/

/**
 * JSON text → value with every digit: integers beyond ±(2⁵³ − 1) become `bigint` (also `1e19`, `…93.0`), all else is as JSON.parse
 * makes it: duplicate keys: last wins; `__proto__` is an ordinary own key. Text after the value, a malformed text (`json_wrong_format`) and
 * more than MAX_DEPTH levels (`json_too_deep`) are typed errors.
 */
export const parseExact = (text: string): unknown => {
  if (text.length > MAX_DEPTH) checkDepth(text)
  return parseText(text, MAY_BE_LARGE.test(text) ? revive : undefined)
}

const writeNumber = (value: number): string => {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  return Number.isFinite(value) ? String(value) : 'null'
}

const writeArray = (list: readonly unknown[], depth: number): string => {
  let text = '['
  for (let i = 0; i < list.length; i++) text += (i === 0 ? '' : ',') + (write(list[i], depth) ?? 'null')
  return `${text}]`
}

const writeObject = (value: object, depth: number): string => {
  let text = ''
  for (const key of Object.keys(value)) {
    const written = write((value as Record<string, unknown>)[key], depth)
    if (written !== undefined) text += `${text === '' ? '' : ','}${writeString(key)}:${written}`
  }
  return `{${text}}`
}

const NEEDS_ESCAPE = /["\\\p{Cc}\p{Cs}]/u

const writeString = (text: string): string => (NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`)

const writeAny = (value: object, depth: number): string | undefined => {
  if (depth >= MAX_DEPTH) throw tooDeep()
  if (Array.isArray(value)) return writeArray(value, depth + 1)
  if (value instanceof Uint8Array) return `"${base64(value)}"`
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1)
  return writeObject(value, depth + 1)
}

const write = (value: unknown, depth: number): string | undefined => {
  switch (typeof value) {
    case 'string':
      return writeString(value)
    case 'number':
      return writeNumber(value)
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      return value === null ? 'null' : writeAny(value, depth)
    default:
      return undefined
  }
}

/**
 * Value → compact JSON: `bigint` as digits, −0 as `-0`, NaN and infinities as `null`, Uint8Array as base64, undefined left out (in an
 * array: null). Throws `json_too_deep` beyond MAX_DEPTH levels, so a cycle is a typed error as well.
 */
export const stringifyExact = (value: unknown): string => write(value, 0) ?? 'null'
