import type { Token, tokenRoutes } from '#contracts/admin/tokens.ts'
import type { ApiToken, Principal } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Handlers, Parts } from './call.ts'
import { paged, pageOf } from './page.ts'
import { unknown } from './scope.ts'

const told = (t: ApiToken): Token => ({
  id: t.id,
  user: t.userId,
  name: t.name,
  can: t.can,
  scope: t.scope,
  created_at: t.createdAt,
  expires_at: t.expiresAt,
  last_used: t.lastUsed,
})

/** Who manages people for everything sees the tokens of all. */
const seesAll = (p: Principal): boolean => p.scope === '*' && p.can.includes('users.write')

/** Whoever asks was there a moment ago. */
function goneMeanwhile(e: unknown): never {
  if (isPandoError(e, 'not_found')) throw new PandoError('unauthenticated', 'the account is no more')
  throw e
}

export function tokens({ peers }: Parts): Handlers<typeof tokenRoutes> {
  return {
    'GET /tokens': async ({ auth, query }) => {
      const own = !seesAll(auth.principal) && { userId: auth.principal.userId }
      return paged((await peers.registry.apiTokens({ ...pageOf(query), ...own })).items, query, told)
    },
    'POST /tokens': async ({ auth, body, by }) => {
      const { name, can, scope, expires_at: expiresAt } = body
      const asked = { userId: auth.principal.userId, name, can, expiresAt, scope: scope ?? auth.principal.scope }
      const { token, text } = await peers.registry.addApiToken({ ...asked, audit: by }).catch(goneMeanwhile)
      return { token: told(token), text }
    },
    'DELETE /tokens/{id}': async ({ auth, params, by }) => {
      const own = !seesAll(auth.principal) && { userId: auth.principal.userId }
      const { items } = await peers.registry.apiTokens({ ...own, after: params.id - 1, limit: 1 })
      if (items[0]?.id !== params.id) throw unknown('not_found')
      await peers.registry.revokeApiToken({ id: params.id, audit: by })
      return undefined
    },
  }
}
