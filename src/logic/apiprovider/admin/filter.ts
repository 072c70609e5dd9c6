/**
 * The filter box: words, or tokens `field:value`, `field>value`, `field<value`; a value with blanks stands in quotes. Words are parts of
 * name, serial, identifier or client id. What the registry can't answer is a test of a device's condition.
 */
import { type DeviceState, deviceStates } from '#contracts/admin/devices.ts'
import { invalidAt } from './problem.ts'

export interface Token {
  field: string
  op: ':' | '>' | '<'
  value: string
  /** where it begins in the text */
  at: number
}

export const fields = [
  'state',
  'product',
  'vendor',
  'tag',
  'firmware',
  'node',
  'addr',
  'cause',
  'offline',
  'reported',
  'value',
] as const

/** What the registry is asked. */
export interface Asked {
  product?: string
  vendor?: string
  firmware?: string
  tags: string[]
  text: string[]
}

/** What the condition of a device is compared with. */
export type Test =
  | { kind: 'state'; state: DeviceState }
  | { kind: 'node' | 'addr' | 'cause'; part: string }
  | { kind: 'offline' | 'reported'; longer: boolean; ms: number }
  | { kind: 'value'; object: string; name: string; op: ':' | '>' | '<'; value: string }

export interface Filter {
  asked: Asked
  tests: Test[]
}

const TOKEN = /(?:([A-Za-z_]+(?:\.[^\s:<>"]{1,256}){0,2})([:<>]))?(?:"([^"]*)"|(\S+))/g

export function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((m) => ({
    field: m[1] ?? '',
    op: (m[2] ?? ':') as Token['op'],
    value: m[3] ?? m[4] ?? '',
    at: m.index,
  }))
}

/** A wrong token is refused, with its place and the nearest field. */
export function filterOf(text: string): Filter {
  const filter: Filter = { asked: { tags: [], text: [] }, tests: [] }
  for (const token of tokensOf(text)) take(filter, token)
  return filter
}

function take({ asked, tests }: Filter, t: Token): void {
  const [field = '', ...path] = t.field.split('.')
  const equal = () => {
    if (t.op !== ':' || path.length > 0) throw wrong(t, 'operator')
    return t.value
  }
  if (field === '') asked.text.push(t.value)
  else if (field === 'tag') asked.tags.push(equal())
  else if (field === 'product' || field === 'vendor' || field === 'firmware') asked[field] = equal()
  else if (field === 'state') tests.push({ kind: 'state', state: stateOf(t, equal()) })
  else if (field === 'node' || field === 'addr' || field === 'cause') tests.push({ kind: field, part: equal() })
  else if (field === 'offline' || field === 'reported') tests.push({ kind: field, longer: t.op === '>', ms: spanOf(t) })
  else if (field === 'value' && path.length === 2)
    tests.push({ kind: 'value', object: path[0]!, name: path[1]!, op: t.op, value: t.value })
  else throw wrong(t, 'unknown_filter_field')
}

const wrong = (t: Token, code: string, params: Record<string, unknown> = {}) =>
  invalidAt('/body/filter', code, { at: t.at, field: t.field, value: t.value, nearest: nearest(t.field), ...params })

function stateOf(t: Token, text: string): DeviceState {
  const state = deviceStates.find((s) => s === text)
  if (!state) throw wrong(t, 'value', { allowed: deviceStates })
  return state
}

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function spanOf(t: Token): number {
  const m = /^(\d{1,9})([smhd])$/.exec(t.value)
  if (!m || t.op === ':') throw wrong(t, 'span', { example: `${t.field}>2h` })
  return Number(m[1]) * units[m[2]!]!
}

/** The field that begins as it does, or holds most of its letters. */
export function nearest(field: string): string {
  const letters = new Set(field.toLowerCase())
  const score = (f: string) =>
    (f.startsWith(field.toLowerCase()) ? 100 : 0) + [...f].filter((c) => letters.has(c)).length / f.length
  return fields.toSorted((a, b) => score(b) - score(a))[0]!
}
