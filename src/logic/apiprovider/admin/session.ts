/** Signing in and out, and what people do with their own account. */
import type { Me, Session, sessionRoutes } from '#contracts/admin/session.ts'
import type { User } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { cookieOf } from './authenticate.ts'
import type { Auth, Handlers, Parts } from './call.ts'
import { failuresOf } from './failures.ts'
import type { FleetIndex } from './fleetindex.ts'
import { invalidAt } from './problem.ts'

/** A month: as long as a session may live at all; the registry ends it earlier when it idles. */
const COOKIE_AGE = 30 * 86_400

export const meOf = (u: User): Me => ({
  id: u.id,
  name: u.name,
  role: u.role,
  scope: u.scope,
  locale: u.locale,
  zone: u.zone,
  must_change: u.mustChange,
  revision: u.revision,
})

export function session({ peers, clock, fleet }: Parts & { fleet: Pick<FleetIndex, 'warm'> }): Handlers<typeof sessionRoutes> {
  const failures = failuresOf(clock)

  const firstStart = async (): Promise<boolean> => (await peers.registry.products({ limit: 1 })).items.length === 0

  const sessionOf = async ({ principal, session: s }: Auth, user: User): Promise<Session> => ({
    user: meOf(user),
    role: principal.role,
    can: principal.can,
    scope: principal.scope,
    csrf: s?.csrf ?? '',
    locale: user.locale,
    zone: user.zone,
    expires_at: principal.expiresAt,
    first_start: await firstStart(),
  })

  const userOf = async (id: number): Promise<User> => {
    const { items } = await peers.registry.users({ after: id - 1, limit: 1 })
    if (items[0]?.id !== id) throw new PandoError('unauthenticated', '')
    return items[0]
  }

  return {
    'GET /session': async ({ auth }) => sessionOf(auth, await userOf(auth.principal.userId)),

    'POST /session': async ({ body, caller, by, header }) => {
      failures.check(caller.addr)
      const opened = await peers.registry
        .signIn({
          ...body,
          addr: caller.addr,
          userAgent: caller.userAgent,
          requestId: by.requestId,
          ...(caller.cookie !== undefined && { replaces: caller.cookie }),
        })
        .catch((e: unknown) => {
          failures.count(caller.addr, e)
          throw e
        })
      fleet.warm()
      header('Set-Cookie', cookieOf(opened.token, caller.secure, COOKIE_AGE))
      const auth = { principal: opened.principal, session: { id: opened.session.id, csrf: opened.csrf } }
      return sessionOf(auth, opened.user)
    },

    'DELETE /session': async ({ auth, caller, by, header }) => {
      const { session: s, principal } = auth
      if (!s) throw new PandoError('invalid', 'a bearer token has no session: DELETE /admin/v1/tokens/{id} revokes it')
      await peers.registry.revokeSession({ userId: principal.userId, id: s.id, audit: by })
      header('Set-Cookie', cookieOf('', caller.secure, 0))
      return undefined
    },

    'PATCH /me': async ({ auth, body, by }) => {
      const { userId, sessionId } = auth.principal
      const { password, current_password: current, ...rest } = body
      if (password !== undefined) {
        if (current === undefined) throw invalidAt('/body/current_password', 'required')
        const keep = sessionId !== undefined && { keepSession: sessionId }
        await peers.registry.setPassword({ userId, password, current, ...keep, audit: by })
      }
      if (Object.keys(rest).length === 0) return meOf(await userOf(userId))
      return meOf(await peers.registry.editUser({ id: userId, ...rest, audit: by }))
    },

    'GET /me/sessions': async ({ auth }) => {
      const { items } = await peers.registry.sessions({ userId: auth.principal.userId })
      return {
        items: items.map((s) => ({
          id: s.id,
          current: s.id === auth.session?.id,
          addr: s.addr,
          user_agent: s.userAgent,
          created_at: s.createdAt,
          last_seen: s.lastSeen,
          expires_at: s.expiresAt,
        })),
      }
    },

    'DELETE /me/sessions': async ({ auth, by }) => {
      const keep = auth.session && { keep: auth.session.id }
      return peers.registry.revokeSessions({ userId: auth.principal.userId, ...keep, audit: by })
    },

    'DELETE /me/sessions/{id}': async ({ auth, params, by }) => {
      await peers.registry.revokeSession({ userId: auth.principal.userId, id: params.id, audit: by })
      return undefined
    },
  }
}
