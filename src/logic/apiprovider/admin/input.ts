/** What a request says, checked by the schemas of its route. */
import type { TObject, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { MAX_DEPTH, parseExact } from '#protocol/json.ts'
import { fieldErrors } from './fielderrors.ts'
import { InvalidRequest, invalidAt } from './problem.ts'

export type Checker = (value: unknown) => unknown

/** Compiled when it is used first. `place`: `/body`, `/query`, `/path`. */
export function checker(schema: TSchema, place: string): Checker {
  let compiled: ReturnType<typeof Compile> | undefined
  return (value) => {
    const check = (compiled ??= Compile(schema))
    if (check.Check(value)) return value
    throw new InvalidRequest(fieldErrors(schema, value, place))
  }
}

/** JSON with every digit; integers beyond ±(2⁵³ − 1) are bigint (B-09). */
export function bodyOf(octets: unknown): unknown {
  if (!Buffer.isBuffer(octets) || octets.length === 0) return undefined
  try {
    return parseExact(new TextDecoder('utf-8', { fatal: true }).decode(octets))
  } catch (e) {
    const code = (e as { code?: string }).code === 'json_too_deep' ? 'json_too_deep' : 'json_wrong_format'
    throw invalidAt('/body', code, code === 'json_too_deep' ? { max: MAX_DEPTH } : {})
  }
}

/** Texts of path or query as the schema wants them; what cannot be one stays text and is refused by the schema. */
export function fromTexts(schema: TObject, texts: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(texts)) {
    const of = Object.hasOwn(schema.properties, name) ? (schema.properties[name] as Shape) : undefined
    Object.defineProperty(out, name, { value: typed(of, text), enumerable: true, writable: true, configurable: true })
  }
  return out
}

interface Shape {
  type?: string
  items?: Shape
}

function typed(shape: Shape | undefined, text: unknown): unknown {
  if (shape?.type === 'array')
    return (Array.isArray(text) ? text : [text]).flatMap((t) => String(t).split(',')).map((t) => typed(shape.items, t))
  if (typeof text !== 'string') return text
  if (shape?.type === 'integer' && /^-?\d{1,16}$/.test(text)) return Number(text)
  if (shape?.type === 'number' && /^-?\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  if (shape?.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** `"7"` → 7; `*` → undefined: any will do. A list or a weak tag never matches what is changed. */
export function ifMatchOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const revision = /^\s*"(\d{1,15})"\s*$/.exec(header)?.[1]
  if (revision === undefined) throw invalidAt('/header/If-Match', 'pattern', { example: '"7"' })
  return Number(revision)
}
