/** The flags of `pando device`, checked. */
import type { Qos } from '#access/mqttaccess/packet/types.ts'
import { integer, oneOf, span } from '#lib/settings.ts'
import { flagValue, UsageError } from '../usage.ts'
import { type Fault, faultNames } from './faults.ts'

export const deviceArgs = {
  base: { type: 'string', default: 'http://127.0.0.1:8080', valueHint: 'url', description: 'Address of the device HTTP API' },
  'product-key': { type: 'string', valueHint: 'key', description: 'Key of the product (pdcfg product list prints it)' },
  count: { type: 'string', default: '1', valueHint: 'n', description: 'How many devices, 1 to 100000' },
  interval: { type: 'string', default: '2s', valueHint: 'time', description: 'How often each device reports' },
  rate: { type: 'string', valueHint: 'n', description: 'Reports a second of all devices together, instead of --interval' },
  duration: { type: 'string', valueHint: 'time', description: 'End after this time; without it: at Ctrl-C' },
  qos: { type: 'string', default: '1', valueHint: '0|1|2', description: 'Quality of service of reports and events' },
  'event-every': { type: 'string', valueHint: 'time', description: 'Each device also sends an event this often' },
  faults: { type: 'string', valueHint: 'list', description: `Do things wrong: ${faultNames.join(',')}` },
  code: { type: 'string', default: 'sim-{n}', valueHint: 'pattern', description: 'Serial numbers; {n} counts from 1' },
  creds: { type: 'string', valueHint: 'file', description: 'Keep ids, secrets and tokens in this file and use them again' },
  model: { type: 'string', valueHint: 'file', description: 'Product configuration; without it: that of the demo product' },
  insecure: { type: 'boolean', description: 'Take any TLS certificate' },
  json: { type: 'boolean', description: 'Print the result as JSON on stdout, for scripts' },
} as const

export type DeviceArgs = { [K in keyof typeof deviceArgs]: string | boolean | undefined }

export interface DeviceOptions {
  base: string
  productKey: string
  count: number
  rate: number
  durationMs: number | undefined
  qos: Qos
  eventEvery: number
  faults: Fault[]
  code: (n: number) => string
  creds: string | undefined
  model: string | undefined
  insecure: boolean
  json: boolean
}

const NAME = 'pando device'

/** Throws UsageError. */
export function deviceOptions(args: Record<string, unknown>): DeviceOptions {
  const text = (name: string) => args[name] as string | undefined
  const value = <T>(name: string, kind: Parameters<typeof flagValue<T>>[2]): T | undefined =>
    text(name) === undefined ? undefined : flagValue(NAME, name, kind, text(name)!)
  const count = value('count', integer(1, 100_000))!
  const interval = value('interval', span(1))!
  return {
    base: baseUrl(text('base')!),
    productKey: productKey(text('product-key')),
    count,
    rate: value('rate', positive) ?? (count * 1000) / interval,
    durationMs: value('duration', span(1)),
    qos: Number(value('qos', oneOf('0', '1', '2'))) as Qos,
    eventEvery: value('event-every', span(1)) ?? 0,
    faults: value('faults', faultList) ?? [],
    code: codes(text('code')!, count),
    creds: text('creds'),
    model: text('model'),
    insecure: args['insecure'] === true,
    json: args['json'] === true,
  }
}

const positive = {
  allowed: 'a number above 0',
  parse: (t: string): number => {
    if (!(Number(t) > 0 && Number(t) < Number.POSITIVE_INFINITY)) throw new Error(t)
    return Number(t)
  },
}

const faultList = {
  allowed: `some of ${faultNames.join(', ')}, separated by commas`,
  parse: (t: string): Fault[] =>
    t.split(',').map((name) => {
      const fault = faultNames.find((f) => f === name.trim())
      if (!fault) throw new Error(name)
      return fault
    }),
}

function baseUrl(base: string): string {
  if (/^https?:\/\/[^/]/.test(base) && URL.canParse(base)) return base
  throw new UsageError(`--base ${base} is not allowed: it takes a URL as http://127.0.0.1:8080`, NAME)
}

function productKey(key: string | undefined): string {
  if (key && /^[0-9a-fA-F]{64}$/.test(key)) return key
  const what = key ? `--product-key ${key} is not a key` : '--product-key is missing'
  throw new UsageError(`${what}: it takes 64 hex digits; \`pando pdcfg product list\` prints the keys`, NAME)
}

function codes(pattern: string, count: number): (n: number) => string {
  const numbered = pattern.includes('{n}') || count === 1 ? pattern : `${pattern}-{n}`
  return (n) => numbered.replaceAll('{n}', String(n))
}
