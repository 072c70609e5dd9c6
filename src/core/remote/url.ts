/** URLs of servers: several hosts, credentials, parameters. What is wrong is named; credentials are never repeated. */
import { readFileSync } from 'node:fs'
import { PandoError } from '#lib/errors.ts'
import { addressUrl } from '#lib/settings.ts'

export interface ServerUrl {
  hosts: { host: string; port: number }[]
  user?: string
  password?: string
  /** without slashes around it */
  path: string
  params: ReadonlyMap<string, string>
  /** scheme and hosts: fit to be told */
  shown: string
}

/** `params`: the parameters that are allowed, and what each is for. Throws `config_invalid`. */
export function serverUrl(
  port: string,
  url: string,
  o: { defaultPort: number; params: Readonly<Record<string, string>> },
): ServerUrl {
  const m = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(url)
  if (!m) throw wrong(port, `the URL has the form scheme://[user:password@]host[:port][,host[:port]…][/path][?parameters]`)
  const [, scheme = '', credentials, hosts = '', path = '', query = ''] = m
  const params = new Map(new URLSearchParams(query))
  const unknown = [...params.keys()].find((name) => !Object.hasOwn(o.params, name))
  if (unknown !== undefined) {
    const possible = Object.entries(o.params).map(([name, what]) => `${name} (${what})`)
    throw wrong(port, `the URL has no parameter ${unknown}; possible: ${possible.join(', ')}`)
  }
  const found = hosts.split(',').map((text) => hostOf(port, text, o.defaultPort))
  return {
    hosts: found,
    ...credentialsOf(port, credentials),
    path: path.replace(/^\/|\/$/g, ''),
    params,
    shown: `${scheme}://${found.map((h) => addressUrl('', h).slice(3)).join(',')}`,
  }
}

const wrong = (port: string, message: string): PandoError => new PandoError('config_invalid', `${port}: ${message}`, { port })

function hostOf(port: string, text: string, defaultPort: number): { host: string; port: number } {
  const m = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text)
  const number = m?.[3] === undefined ? defaultPort : Number(m[3])
  if (!m || number > 65_535) throw wrong(port, `${text} is no host, host:port or [IPv6]:port`)
  return { host: m[1] ?? m[2]!, port: number }
}

function credentialsOf(port: string, text: string | undefined): { user?: string; password?: string } {
  if (text === undefined) return {}
  const colon = text.indexOf(':')
  try {
    if (colon < 0) return { user: decodeURIComponent(text) }
    return { user: decodeURIComponent(text.slice(0, colon)), password: decodeURIComponent(text.slice(colon + 1)) }
  } catch {
    throw wrong(port, 'user and password in the URL must be percent-encoded')
  }
}

/** The parameters that every engine with TLS of its own takes. */
export const tlsParams = {
  tls: 'true: TLS',
  ca: 'PEM file with the authorities to trust',
  cert: "PEM file with this side's certificate",
  key: 'PEM file with its key',
} as const

export interface Tls {
  ca?: Buffer
  cert?: Buffer
  key?: Buffer
}

/** TLS as the parameters say; undefined: none. A file of it means TLS too. */
export function tlsOf(port: string, params: ReadonlyMap<string, string>): Tls | undefined {
  const names = (['ca', 'cert', 'key'] as const).filter((name) => params.has(name))
  if (params.get('tls') !== 'true' && names.length === 0) return undefined
  if (params.has('tls') && params.get('tls') !== 'true')
    throw wrong(port, 'tls=true or no tls, with ca, cert, key only if there is TLS')
  return Object.fromEntries(names.map((name) => [name, fileOf(port, name, params.get(name)!)]))
}

function fileOf(port: string, name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (e) {
    throw new PandoError('config_invalid', `${port}: ${name}: cannot read ${path}: ${(e as Error).message}`, { port }, e)
  }
}

/** A time in ms of a parameter. */
export function msOf(port: string, params: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = params.get(name)
  if (text === undefined) return fallback
  if (!/^[1-9]\d{0,8}$/.test(text)) throw wrong(port, `${name} is a number of milliseconds`)
  return Number(text)
}
