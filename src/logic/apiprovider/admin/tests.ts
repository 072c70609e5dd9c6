/** Which devices are as a filter's tests want them. */
import type { Test } from './filter.ts'
import type { Condition } from './fleet.ts'

/** `meter.power` → value, of one device */
export type ValueReader = (device: number) => Promise<Record<string, unknown>>

/** The places in `ids`, and in `how`, of those that are so. */
export async function fitting(
  tests: readonly Test[],
  ids: readonly number[],
  how: readonly Readonly<Condition>[],
  now: number,
  values: ValueReader,
): Promise<number[]> {
  const found: number[] = []
  for (let i = 0; i < ids.length; i++) if (tests.every((t) => condition(t, how[i]!, now))) found.push(i)
  const wanted = tests.filter((t) => t.kind === 'value')
  if (wanted.length === 0) return found
  const so: number[] = []
  for (const i of found) {
    const of = await values(ids[i]!)
    if (wanted.every((t) => compared(of[`${t.object}.${t.name}`], t))) so.push(i)
  }
  return so
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
