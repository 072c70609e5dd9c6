/**
 * Accounts of the XMPP server checked by the cloud: user name the device id in hex, password the token. The server's own module asks
 * (deploy/prosody, docs/xmpp.md): `GET /v1/xmpp/auth` with Basic credentials → 200, or 401.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { idOf, tokenOf } from '#access/shared/credentials.ts'
import type { Failures } from '#access/shared/failures.ts'
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { toPandoError } from '#lib/errors.ts'
import type { Handler } from '#lib/http.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'

export const AUTH_PATH = '/v1/xmpp/auth'

export interface AuthParts {
  registry: () => Pick<Face<typeof registry>, 'deviceOfToken'>
  failures: Failures
  metrics: Metrics
  log: Logger
}

export function authHandler({ registry, failures, metrics, log }: AuthParts): Handler {
  async function statusFor(req: IncomingMessage): Promise<number> {
    if (req.method !== 'GET' || req.url !== AUTH_PATH) return 404
    const shown = basic(req.headers.authorization)
    const id = shown && idOf(shown.user)
    if (id === undefined) return 401
    const who = `auth ${id}`
    if (failures.blocked(who)) return 429
    const token = tokenOf(shown?.password)
    const found = token === '' ? undefined : (await registry().deviceOfToken({ token })).deviceId
    if (found === id) return 200
    failures.failed(who)
    return 401
  }

  function answer(res: ServerResponse, status: number): void {
    metrics.pando_http_requests_total.inc({ service: 'xmppaccess', route: 'auth', status })
    res.writeHead(status, { 'Content-Length': 0, ...(status === 401 && { 'WWW-Authenticate': 'Basic' }) }).end()
  }

  return (req, res) => {
    req.resume()
    statusFor(req).then(
      (status) => answer(res, status),
      (e: unknown) => {
        log.warn({ err: toPandoError(e) }, 'an account could not be checked')
        answer(res, 503)
      },
    )
  }
}

function basic(header = ''): { user: string; password: string } | undefined {
  const coded = /^basic +([a-z0-9+/=]{1,512}) *$/i.exec(header)?.[1]
  if (coded === undefined) return undefined
  const text = Buffer.from(coded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
