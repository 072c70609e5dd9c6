/** Who calls: a bearer token, else the console's cookie. Beside a bearer token cookies count for nothing. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { PandoError } from '#lib/errors.ts'
import type { AdminPeers, Auth, Caller } from './call.ts'

/** With the prefix browsers take it from TLS only, for this host and all paths. */
export const cookieName = (secure: boolean): string => (secure ? '__Host-pando' : 'pando')

export const cookieOf = (token: string, secure: boolean, maxAge: number): string =>
  `${cookieName(secure)}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure ? '; Secure' : ''}`

export function callerOf(req: FastifyRequest): Caller {
  const secure = (req.raw.socket as TLSSocket).encrypted === true
  return {
    addr: req.raw.socket.remoteAddress ?? '',
    userAgent: (req.headers['user-agent'] ?? '').slice(0, 256),
    host: req.hostname || 'localhost',
    secure,
    cookie: cookieIn(req.headers.cookie, cookieName(secure)),
  }
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

/** undefined: no credential at all. `unauthenticated`: one that is not good. `forbidden`: a cookie that another site may have sent along. */
export async function authenticate(
  registry: Pick<AdminPeers['registry'], 'checkApiToken' | 'checkSession'>,
  req: FastifyRequest,
  caller: Caller,
): Promise<Auth | undefined> {
  const { authorization } = req.headers
  if (authorization !== undefined) {
    const token = /^bearer +([\w.~+/=-]{1,512})$/i.exec(authorization)?.[1]
    if (token === undefined) throw new PandoError('unauthenticated', 'Authorization takes `Bearer <token>`')
    return { principal: await registry.checkApiToken({ token }) }
  }
  if (caller.cookie === undefined) return undefined
  const { principal, session, csrf } = await registry.checkSession({ token: caller.cookie })
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    checkOrigin(req)
    if (!same(csrf, req.headers['x-csrf-token'])) throw new PandoError('forbidden', '', { reason: 'csrf' })
  }
  return { principal, session: { id: session.id, csrf } }
}

/** What browsers add themselves: only pages of ours may write (S-17). */
export function checkOrigin(req: FastifyRequest): void {
  const site = req.headers['sec-fetch-site']
  const { origin, host } = req.headers
  const foreign = site !== undefined && site !== 'same-origin'
  if (foreign || (origin !== undefined && hostOf(origin) !== host)) throw new PandoError('forbidden', '', { reason: 'origin' })
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const same = (a: string, b: string | string[] | undefined): boolean =>
  typeof b === 'string' && timingSafeEqual(digest(a), digest(b))
