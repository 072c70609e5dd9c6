/** Values that mean something in the cloud that is asked: a schema says that `when` is a text, not that it is a condition in CEL. */
import type { Random } from '../fuzz/random.ts'
import { vectors } from '../vectors/read.ts'
import type { JsonSchema } from './checked.ts'

/** A value for the member, parameter or operation of this name, now and then; `undefined`: by the schema alone. */
export type Known = (name: string, schema: JsonSchema, r: Random) => unknown

const model = vectors<object & { objects: object[] }>('rich-product')
const HOUR = 3_600_000

/** What a rule does; by a key, as an object with such a member looks like a promise. */
const THEN = 'then'
const acts: readonly object[][] = [
  [{ do: 'command', name: 'switch', params: [1, 0] }],
  [{ do: 'status', values: { light: [0, 1] }, ttl: 0 }, { do: 'webhook' }],
  [{ do: 'webhook', data: { a: { b: [1, null] } } }],
]
const does = (n: number) => ({ [THEN]: acts[n] })

const words: Readonly<Record<string, readonly unknown[]>> = {
  model: [model, { ...model, objects: model.objects.slice(1) }, { ...model, title: 'next' }],
  object: ['light', 'all', 'o_int8', 'o_uint64', 'o_string', 'o_bytes', 'alarm'],
  label: ['light', 'all', 'o_string'],
  value: ['onoff', 'level', 'v', 'int8', 'float64'],
  command: ['switch', 'ping', 'say', 'blob'],
  params: [[1, 2], [], ['x']],
  set: [{ light: [1, 2] }, { o_uint64: ['18446744073709551615'] }, { o_bytes: ['AAEC'] }],
  sendCommand: [
    { command: 'switch', params: [1, 2], ttl_s: 60 },
    { command: 'ping', ttl_s: 1 },
    { set: { light: [1, 2] }, ttl_s: 0 },
    { command: 'say', params: ['x'], sub_device: 3 },
  ],
  setDesired: [{ light: [1, 300] }, { light: null }, { o_string: ['x'], o_int8: [-1] }],
  on: [
    { kind: 'event', name: 'alarm' },
    { kind: 'status', label: 'light' },
    { kind: 'timer', cron: '* * * * *', zone: 'Europe/Berlin' },
    { kind: 'online' },
    { kind: 'offline' },
  ],
  when: ['status.light.onoff > 0', 'status.o_string.v != "x"', 'now > timestamp("2020-01-01T00:00:00Z")'],
  hysteresis: ['status.light.level > 100', 'status.light.level < 300'],
  [THEN]: acts,
  but: [{}, { atMost: { n: 5, per: 1000 } }, { hysteresis: 'status.light.level > 100' }],
  for: [1, 50],
  for_s: [1],
  ttl_s: [0, 1, 60],
  every: [1000, 60_000, HOUR],
  points: [10, 500],
  firmware: ['1.0.0'],
  registration: ['open'],
  q: ['device', 'tag:k1', 'state:online', 'offline>1h', 'value.light.level>100', 'firmware:1.0.0'],
}
/** Of rules, the whole: parts that fit one another are rare among those that are put together. */
const rule = { name: 'when it is hot', on: words['on']![0], ...does(1), device: '' }
const rules: readonly object[] = [
  { on: words['on']![1], when: words['when']![0], ...does(0), but: { atMost: { n: 3, per: 1000 } } },
  { on: words['on']![1], when: words['when']![0], for: 50, ...does(2), application: 1 },
  { on: words['on']![2], ...does(2), application: 1, device: undefined },
  { on: words['on']![4], for: 50, ...does(1) },
]

/** Bodies of operations about rules of this device. */
export const ruleBodies = (device: string, from: number): Record<string, readonly unknown[]> => {
  const said = [{}, ...rules].map((more) => ({ ...rule, device, ...more }))
  const nameless = said.map(({ name: _, ...rest }) => rest)
  const past = nameless.map((rest) => ({ ...rest, from, to: Date.now() }))
  return { addRule: said, editRule: said.map((of) => ({ on: of.on, [THEN]: of[THEN] })), checkRule: nameless, startDryRun: past }
}

const times = new Set(['from', 'to', 'since', 'until'])

/** `more`: what is known of the moment, by name. */
export function known(more: (name: string) => readonly unknown[]): Known {
  return (name, schema, r) => {
    const list = times.has(name)
      ? [Date.now(), Date.now() - HOUR, Date.now() - r.below(60_000)]
      : [...(words[name] ?? []), ...more(name)]
    const fitting = list.filter((v) => isOf(schema, v))
    return fitting.length > 0 && !r.once(3) ? r.pick(fitting) : undefined
  }
}

function isOf(schema: JsonSchema, v: unknown): boolean {
  const { anyOf, type } = schema as { anyOf?: JsonSchema[]; type?: string }
  if (anyOf) return anyOf.some((s) => isOf(s, v))
  const is = Array.isArray(v) ? 'array' : v === null ? 'null' : typeof v
  return type === undefined || type === is || (type === 'integer' && is === 'number')
}
