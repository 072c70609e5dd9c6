/** Values that a JSON schema allows, and values that it nearly allows. */
import type { Random } from '../fuzz/random.ts'
import type { JsonSchema } from './checked.ts'
import type { Known } from './known.ts'

/** Texts that have hurt somebody: hard cases S-14, S-15, S-18, B-06, B-09. */
export const nasty: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  "' OR '1'='1",
  "1'; DROP TABLE vendor; --",
  '1 UNION SELECT password_hash FROM user_account',
  '{"$gt":""}',
  '$where: sleep(1000)',
  '; cat /etc/passwd',
  '$(touch /tmp/pwned)',
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '%00',
  'a\u0000b',
  '<script>alert(1)</script>',
  '{{7*7}}',
  ['$', '{7*7}'].join(''),
  '\u202Egnp.exe',
  '\uD800',
  'é'.repeat(300),
  'a'.repeat(5000),
  '\r\nSet-Cookie: a=b',
  '9'.repeat(400),
  '1e308',
  'NaN',
  '*',
  'vendor/1',
  'product/99999999999999999999',
  'http://169.254.169.254/',
  `value.a.b>${'('.repeat(50)}`,
  'tag:'.repeat(40),
  `${'a'.repeat(40)}!`,
  'offline>999999999d',
]

const patterns: readonly string[] = [
  '*',
  'vendor/1',
  'product/1',
  '"1"',
  'http://127.0.0.1:1/',
  '00',
  'ab'.repeat(32),
  '1',
  'id',
  'k1',
  '-name',
]

const nothing: Known = () => undefined

/** A value that the schema allows, as far as patterns are known here. */
export function sample(schema: JsonSchema, r: Random, known = nothing, depth = 0): unknown {
  const any: Record<string, unknown> = schema
  if ('const' in any) return any['const']
  if ('enum' in any) return r.pick(any['enum'] as unknown[])
  if ('anyOf' in any) return sample(r.pick(any['anyOf'] as JsonSchema[]), r, known, depth)
  switch (any['type'] as string | undefined) {
    case 'object':
      return object(any, r, known, depth)
    case 'array':
      return Array.from({ length: r.below(Math.min(4, (any['maxItems'] as number | undefined) ?? 4) + 1) }, () =>
        sample(any['items'] as JsonSchema, r, known, depth + 1),
      )
    case 'string':
      return text(any, r)
    case 'integer':
      return number(any, r)
    case 'number':
      return r.once(3) ? r.below(1000) / 8 : number(any, r)
    case 'boolean':
      return r.once(2)
    case 'null':
      return null
    default:
      return depth > 3
        ? null
        : r.pick<() => unknown>([() => null, () => r.below(9), () => r.pick(nasty), () => [], () => ({ objects: [] })])()
  }
}

function object(s: Record<string, unknown>, r: Random, known: Known, depth: number): unknown {
  const out: Record<string, unknown> = {}
  const required = new Set((s['required'] as string[] | undefined) ?? [])
  for (const [name, of] of Object.entries((s['properties'] as Record<string, JsonSchema> | undefined) ?? {}))
    if (required.has(name) || r.once(2)) out[name] = known(name, of, r) ?? sample(of, r, known, depth + 1)
  for (const of of Object.values((s['patternProperties'] as Record<string, JsonSchema> | undefined) ?? {}))
    if (r.once(2)) out[r.pick(nasty) || 'label'] = sample(of, r, known, depth + 1)
  return out
}

function text(s: Record<string, unknown>, r: Random): string {
  const [min, max] = [(s['minLength'] as number | undefined) ?? 0, (s['maxLength'] as number | undefined) ?? 10_000]
  const pattern = s['pattern'] === undefined ? undefined : new RegExp(String(s['pattern']), 'u')
  const fits = (t: string) => t.length >= min && t.length <= max && (pattern?.test(t) ?? true)
  const found = [...patterns, ...nasty].filter(fits)
  return found.length > 0 ? r.pick(found) : 'x'.repeat(Math.max(min, 1))
}

function number(s: Record<string, unknown>, r: Random): number {
  const min = (s['minimum'] as number | undefined) ?? 0
  const max = (s['maximum'] as number | undefined) ?? 2_000_000_000_000
  return r.pick([min, Math.min(max, min + r.below(5)), Math.min(max, min + r.below(5)), max])
}

/** Something else in one place of it. */
export function spoiled(v: unknown, r: Random): unknown {
  if (Array.isArray(v) && v.length > 0 && !r.once(4)) {
    const i = r.below(v.length)
    return v.map((x, j) => (i === j ? spoiled(x, r) : x))
  }
  if (typeof v === 'object' && v !== null && !Array.isArray(v) && !r.once(4)) {
    const keys = Object.keys(v)
    const key = r.once(4) || keys.length === 0 ? r.pick(nasty) : r.pick(keys)
    const copy = new Map(Object.entries(v))
    if (r.once(4)) copy.delete(key)
    else copy.set(key, spoiled(copy.get(key), r))
    return Object.fromEntries(copy)
  }
  return r.pick<unknown>([null, true, -1, 0, 1.5, 2 ** 53, 1e300, [], {}, [[[[]]]], r.pick(nasty), { a: { b: { c: {} } } }])
}
