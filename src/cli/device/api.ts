/** The device side of the HTTP API: registration and login (docs/device-protocol.md §2). */
import { setTimeout as wait } from 'node:timers/promises'
import { Agent, type Dispatcher, request } from 'undici'
import { PandoError } from '#lib/errors.ts'

export interface Registration {
  device_id: number
  device_secret: string
  device_key: string
  device_identifier: string
}

export interface Login {
  access_token: string
  /** host:port */
  access_addr: string
}

export interface DeviceApi {
  register(code: string): Promise<Registration>
  login(r: Registration): Promise<Login>
  close(): Promise<void>
}

const TIMEOUT_MS = 10_000
/** Answers that are still under way at the end get this long. */
const GOODBYE_MS = 1000
const VERSION = 'pando-device 1'

/** `unavailable` when the address can't be reached, `invalid` with the cloud's own code and text when it refuses. */
export function deviceApi(o: { base: string; productKey: string; insecure: boolean }): DeviceApi {
  const agent = new Agent({
    connect: { rejectUnauthorized: !o.insecure, timeout: TIMEOUT_MS },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  })
  const post = <T>(path: string, body: object) => call<T>(agent, new URL(path, o.base), body)
  return {
    register: (code) => post('/v1/devices/registration', { product_key: o.productKey, device_code: code, version: VERSION }),
    login: (r) =>
      post('/v1/devices/authentication', { device_id: r.device_id, device_secret: r.device_secret, protocol: 'mqtt' }),
    async close() {
      await Promise.race([agent.close(), wait(GOODBYE_MS)])
      await agent.destroy()
    },
  }
}

async function call<T>(dispatcher: Dispatcher, url: URL, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const answer = await request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(body) }).catch(
    (e: NodeJS.ErrnoException) => {
      throw new PandoError('unavailable', `cannot reach ${url.origin}: ${e.message || e.code}`, {}, e)
    },
  )
  const text = await answer.body.text()
  const { code, message, data } = parsed(text, `${url.pathname} answered ${answer.statusCode}`)
  if (code === 0) return data as T
  throw new PandoError('invalid', `${url.pathname} refused: ${code} ${message}`, { code })
}

function parsed(text: string, what: string): { code: number; message: string; data: unknown } {
  try {
    const a = JSON.parse(text) as { code: number; message: string; data: unknown }
    if (typeof a?.code === 'number') return a
  } catch {}
  throw new PandoError('invalid', `${what} with something else than the device API: is this the address of httpaccess?`)
}
