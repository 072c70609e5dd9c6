/**
 * etcd by the JSON gateway that each server has: every call with a deadline, to whichever server answers. Keys and values are base64,
 * 64-bit numbers are strings, what is false or 0 is absent.
 */
import { Pool } from 'undici'
import { type ServerUrl, serverUrl, type Tls, tlsOf, tlsParams } from '#core/remote/url.ts'
import { addressUrl } from '#lib/settings.ts'

export interface Gateway {
  call<T>(path: string, body: object): Promise<T>
  /** Lines of JSON until the server ends it or `signal` does; each is `{result}` or `{error}`. */
  stream(path: string, body: object, signal: AbortSignal): AsyncIterable<Record<string, unknown>>
  shown: string
  /** before all keys */
  prefix: string
  close(): Promise<void>
}

const CALL_MS = 2000
const PREFIX = 'pando'

export const b64 = (text: string): string => Buffer.from(text).toString('base64')
export const text64 = (b: unknown): string => Buffer.from(String(b ?? ''), 'base64').toString()

/** etcd://[user:password@]host:2379[,host…][/prefix][?tls=true&ca=…] */
export function etcdGateway(url: string): Gateway {
  const u = serverUrl('discovery', url, { defaultPort: 2379, params: tlsParams })
  const tls = tlsOf('discovery', u.params)
  const pools = u.hosts.map((host) => poolOf(addressUrl(tls ? 'https' : 'http', host), tls))
  let turn = 0
  let token: string | undefined

  /** The one that answered last, then the others in turn. */
  async function onAny<T>(ask: (pool: Pool) => Promise<T>): Promise<T> {
    let failed: unknown
    for (const _ of pools) {
      try {
        return await ask(pools[turn % pools.length]!)
      } catch (e) {
        if (e instanceof EtcdError) throw e
        failed = e
        turn++
      }
    }
    throw failed
  }

  async function post(path: string, body: object, signal: AbortSignal) {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) }
    return onAny(async (pool) => {
      const answer = await pool.request({ method: 'POST', path, headers, body: JSON.stringify(body), signal })
      if (answer.statusCode !== 200) throw await errorOf(answer.body, answer.statusCode)
      return answer.body
    })
  }

  /** Tokens end, and are not known to a server that was restarted: once more with a new one. */
  async function authorized<T>(work: () => Promise<T>): Promise<T> {
    if (u.user === undefined) return work()
    if (token === undefined) await login(u)
    try {
      return await work()
    } catch (e) {
      if (!(e instanceof EtcdError && e.isAboutToken)) throw e
      await login(u)
      return work()
    }
  }

  async function login({ user, password = '' }: ServerUrl): Promise<void> {
    token = undefined
    const body = await post('/v3/auth/authenticate', { name: user, password }, AbortSignal.timeout(CALL_MS))
    token = ((await body.json()) as { token: string }).token
  }

  return {
    shown: u.shown,
    prefix: u.path === '' ? PREFIX : u.path,
    call: <T>(path: string, body: object) =>
      authorized(async () => {
        const answer = await post(path, body, AbortSignal.timeout(CALL_MS))
        return (await answer.json()) as T
      }),
    async *stream(path, body, signal) {
      const answer = await authorized(() => post(path, body, signal))
      let rest = ''
      for await (const chunk of answer) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop()!
        for (const line of lines) if (line !== '') yield JSON.parse(line) as Record<string, unknown>
      }
    },
    async close() {
      await Promise.all(pools.map((p) => p.destroy()))
    },
  }
}

/** No bodyTimeout: a watch says nothing for hours. */
const poolOf = (origin: string, tls: Tls | undefined): Pool =>
  new Pool(origin, { connections: 8, bodyTimeout: 0, headersTimeout: CALL_MS, connect: { ...tls, timeout: CALL_MS } })

/** etcd's own refusal. */
export class EtcdError extends Error {
  constructor(message: string, status: number) {
    super(message || `status ${status}`)
    this.name = 'EtcdError'
  }

  get isAboutToken(): boolean {
    return /invalid auth token|user name is empty|old revision/i.test(this.message)
  }
}

/** A server without leader, or on its way down, counts as one that does not answer. */
async function errorOf(body: { text(): Promise<string> }, status: number): Promise<Error> {
  const text = await body.text()
  let message = text.slice(0, 200)
  try {
    const parsed = JSON.parse(text) as { message?: string; error?: string }
    message = parsed.message ?? parsed.error ?? message
  } catch {
    // what a proxy in between says
  }
  return status >= 500 ? new Error(message || `status ${status}`) : new EtcdError(message, status)
}
