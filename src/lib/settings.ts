/** Kinds of settings: how the text of an environment variable becomes a value, and what is said when it can't. */
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { PandoError } from './errors.ts'

export interface Setting<T = unknown> {
  env: string
  /** the text used when the variable is not set; undefined: the value is then undefined */
  default: string | undefined
  help: string
  /** what is allowed, in words */
  allowed: string
  parse: (text: string) => T
  /** never printed */
  secret?: boolean
  /** its text as it is printed, where a part of it is secret */
  shown?: (text: string) => string
}

/** A setting as people see it. */
export interface ShownSetting {
  name: string
  /** its text; masked where it is a secret */
  value: string | undefined
  origin: 'environment' | 'default'
  default: string | undefined
  allowed: string
  help: string
}

class NotAllowed extends Error {}
const no = (): never => {
  throw new NotAllowed()
}

type Kind<T> = Pick<Setting<T>, 'allowed' | 'parse' | 'shown'>

export const text: Kind<string> = { allowed: 'any text', parse: (t) => t }
export const path: Kind<string> = { allowed: 'a path', parse: (t) => t || no() }
export const url = (...schemes: string[]): Kind<string> => ({
  allowed: `a URL: ${schemes.join(', ')}`,
  parse: (t) => (/^[a-z][a-z0-9+.-]*:/.test(t) ? t : no()),
  shown: withoutPassword,
})
const withoutPassword = (t: string): string =>
  t.replace(/(\/\/[^:@/?#]*):[^@/?#]*@/, '$1:********@').replace(/([?&](?:secret|password|token)=)[^&]*/gi, '$1********')
export const flag: Kind<boolean> = {
  allowed: 'true or false',
  parse: (t) => (t === 'true' || t === '1' ? true : t === 'false' || t === '0' ? false : no()),
}
export const oneOf = <T extends string>(...values: T[]): Kind<T> => ({
  allowed: values.join(', '),
  parse: (t) => values.find((v) => v === t) ?? no(),
})
export const integer = (min: number, max: number): Kind<number> => ({
  allowed: `a whole number from ${min} to ${max}`,
  parse: (t) => (/^\d+$/.test(t) && Number(t) >= min && Number(t) <= max ? Number(t) : no()),
})
const MOST_PROCESSES = 256
export const processes: Kind<number> = {
  allowed: `auto, or a whole number from 1 to ${MOST_PROCESSES}`,
  parse: (t) => (t === 'auto' ? Math.min(availableParallelism(), MOST_PROCESSES) : integer(1, MOST_PROCESSES).parse(t)),
}

const units: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }
export const size = (min: number, max = 2 ** 50): Kind<number> => ({
  allowed: `bytes, also as 64k, 10m, 20g, 1t; at least ${min}`,
  parse: (t) => {
    const m = /^(\d+)([kmgt]?)b?$/i.exec(t)
    const n = m ? Number(m[1]) * units[m[2]!.toLowerCase()]! : -1
    return n >= min && n <= max ? n : no()
  },
})

const spans: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A span of time, in ms. */
export const span = (min: number, max = 100 * 365 * 86_400_000): Kind<number> => ({
  allowed: 'a time as 500ms, 10s, 5m, 12h, 30d',
  parse: (t) => {
    const m = /^(\d+)(ms|s|m|h|d)$/.exec(t)
    const n = m ? Number(m[1]) * spans[m[2]!]! : -1
    return n >= min && n <= max ? n : no()
  },
})

/** `host:port`, `[v6]:port`; port 0 = any free one. */
export interface Address {
  host: string
  port: number
}
/** The address as part of a URL: IPv6 in brackets. */
export const addressUrl = (scheme: string, { host, port }: Address): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

export const address: Kind<Address> = {
  allowed: 'host:port, e.g. 0.0.0.0:1883 or [::1]:8080; port 0 takes any free one',
  parse: (t) => {
    const m = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(t)
    if (!m || Number(m[3]) > 65535 || (m[1] !== undefined && isIP(m[1]) !== 6)) return no()
    return { host: m[1] ?? (m[2] || '0.0.0.0'), port: Number(m[3]) }
  },
}
export const list: Kind<string[]> = {
  allowed: 'values separated by commas',
  parse: (t) =>
    t
      .split(',')
      .map((v) => v.trim())
      .filter(Boolean),
}

export const paths: Kind<string[]> = {
  allowed: 'paths separated by commas',
  parse: (t) => {
    const all = list.parse(t)
    return all.length > 0 ? all : no()
  },
}

export const setting = <T>(
  env: string,
  kind: Kind<T>,
  fallback: string,
  help: string,
  o: { secret?: boolean } = {},
): Setting<T> => ({
  env,
  default: fallback,
  help,
  ...kind,
  ...o,
})

export const optional = <T>(env: string, kind: Kind<T>, help: string, o: { secret?: boolean } = {}): Setting<T | undefined> => ({
  env,
  default: undefined,
  help,
  ...kind,
  ...o,
})

const shownText = (s: Pick<Setting, 'secret' | 'shown'>, source: string): string =>
  s.secret ? '…' : (s.shown?.(source) ?? source)

/** Reads one setting. An empty variable counts as not set. Throws `config_invalid` with name, value and what is allowed. */
export function readSetting<T>(
  s: Setting<T>,
  env: Record<string, string | undefined>,
): { value: T; origin: 'environment' | 'default' } {
  const given = env[s.env]
  const origin = given === undefined || given === '' ? 'default' : 'environment'
  const source = origin === 'default' ? s.default : given
  if (source === undefined) return { value: undefined as T, origin }
  try {
    return { value: s.parse(source), origin }
  } catch (e) {
    if (!(e instanceof NotAllowed)) throw e
    throw new PandoError('config_invalid', `${s.env}=${shownText(s, source)} is not allowed: it takes ${s.allowed}`, {
      setting: s.env,
    })
  }
}
