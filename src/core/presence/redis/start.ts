/** The URL of Redis, and whether the server is fit. */
import type { EngineOptions } from '#core/engines.ts'
import { reasonOf } from '#core/remote/health.ts'
import { msOf, serverUrl, tlsOf, tlsParams } from '#core/remote/url.ts'
import { PandoError } from '#lib/errors.ts'
import type { Link, LinkOptions } from './link.ts'

const PORT = 'presence'
const params = {
  ...tlsParams,
  prefix: 'what all its keys begin with',
  timeout: 'ms that a command may take',
  connect_timeout: 'ms that connecting may take',
} as const
/** Hash tag: all keys are in one slot. */
const PREFIX = '{pando}:'
const TIMEOUT = 2000
const CONNECT_TIMEOUT = 3000
const OLDEST = 6

/** `redis://user:password@host:port/database?parameters`. Throws `config_invalid`. */
export function optionsOf(url: string): Omit<LinkOptions, 'health' | 'connected'> & { prefix: string } {
  const at = serverUrl(PORT, url, { defaultPort: 6379, params })
  const [{ host, port }, other] = at.hosts as [{ host: string; port: number }, unknown]
  if (other !== undefined)
    throw wrong('the URL names several hosts; Redis has one address, of a proxy where there are several servers')
  if (!/^\d*$/.test(at.path)) throw wrong(`the database of Redis is a number, not ${at.path}`)
  const tls = tlsOf(PORT, at.params)
  return {
    where: at.shown,
    prefix: at.params.get('prefix') ?? PREFIX,
    timeoutMs: msOf(PORT, at.params, 'timeout', TIMEOUT),
    connectMs: msOf(PORT, at.params, 'connect_timeout', CONNECT_TIMEOUT),
    client: {
      socket: { host, port, noDelay: true, ...(tls && { tls: true, servername: host, ...tls }) } as never,
      ...(at.user && { username: at.user }),
      ...(at.password !== undefined && { password: at.password }),
      database: Number(at.path || '0'),
    },
  }
}

const wrong = (message: string, cause?: unknown): PandoError =>
  new PandoError('config_invalid', `${PORT}: ${message}`, { port: PORT }, cause)

/** Connects and looks. Rejects with `unavailable`, `config_invalid`, `version_mismatch`. */
export async function settle(where: string, open: () => Promise<Link>, { log }: EngineOptions): Promise<Link> {
  let link: Link | undefined
  try {
    link = await open()
    const info = await link.call((c) => c.info())
    check(where, new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name!, value!])), log)
    return link
  } catch (e) {
    link?.close()
    if (e instanceof PandoError && e.code !== 'unavailable') throw e
    const text = reasonOf(e)
    if (/\b(WRONGPASS|NOAUTH|NOPERM|invalid DB index)/i.test(text)) throw wrong(`${where}: ${text}`, e)
    throw e instanceof PandoError ? e : new PandoError('unavailable', `${where}: ${text}`, { where }, e)
  }
}

function check(where: string, info: ReadonlyMap<string, string>, log: EngineOptions['log']): void {
  const version = info.get('redis_version') ?? ''
  if (Number.parseInt(version, 10) < OLDEST)
    throw new PandoError('version_mismatch', `${where} is Redis ${version}; ${OLDEST} or later is needed`, { where, version })
  const policy = info.get('maxmemory_policy')
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction')
    log?.warn(
      { where, policy },
      'Redis may forget which devices are connected when its memory is full: maxmemory-policy must be noeviction',
    )
}
