/** Whether a device is as a filter's tests want it. */
import type { Test } from './filter.ts'
import type { Condition } from './fleet.ts'

/** `meter.power` → value, of one device */
export type ValueReader = (device: number) => Promise<Record<string, unknown>>

export async function fits(
  tests: readonly Test[],
  id: number,
  c: Condition,
  now: number,
  values: ValueReader | undefined,
): Promise<boolean> {
  if (!tests.every((t) => condition(t, c, now))) return false
  const wanted = tests.filter((t) => t.kind === 'value')
  if (wanted.length === 0) return true
  const of = (await values?.(id)) ?? {}
  return wanted.every((t) => compared(of[`${t.object}.${t.name}`], t))
}

/** All but what takes the device's values. */
function condition(t: Test, c: Condition, now: number): boolean {
  switch (t.kind) {
    case 'state':
      return c.state === t.state
    case 'node':
      return c.route?.node.includes(t.part) === true
    case 'addr':
      return c.route?.address.includes(t.part) === true
    case 'cause':
      return c.cause?.includes(t.part) === true
    case 'offline':
      return c.route === undefined && c.since > 0 && now - c.since > t.ms === t.longer
    case 'value':
      return true
    case 'reported':
      return c.lastReport > 0 && now - c.lastReport > t.ms === t.longer
  }
}

/** Numbers as numbers, also those that are texts because they have 64 bits; anything else as text. */
function compared(v: unknown, { op, value }: Extract<Test, { kind: 'value' }>): boolean {
  if (v === undefined || v === null) return false
  const [a, b] = [Number(v), Number(value)]
  if (op === ':') return String(v) === value || (value !== '' && a === b)
  return op === '>' ? a > b : a < b
}
