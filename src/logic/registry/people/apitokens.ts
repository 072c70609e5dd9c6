import type { ApiToken, Permission, Principal, Role } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { TENANT } from '../context.ts'
import { type Asked, added, edit, removed } from '../edit.ts'
import { type Page, page } from '../page.ts'
import { newOpaque } from '../secrets.ts'
import { userRow } from './accounts.ts'
import type { People } from './people.ts'
import { isDisabled, mayOf, permissionsOf, tokenOf } from './records.ts'
import { expectThere, within } from './scopes.ts'

interface Addition extends Asked {
  userId: number
  name: string
  can: Permission[]
  scope?: string
  expiresAt: number
}

/** So that a search for lost secrets knows one when it sees it. */
const PREFIX = 'pando_'
const TOKEN = /^pando_[A-Za-z0-9_-]{43}$/

const unknown = (): PandoError => new PandoError('unauthenticated', 'the token is unknown, expired or revoked')

export function makeApiTokens(p: People) {
  const { ctx, accounts, seen } = p
  const { store, secrets, clock } = ctx
  const hashOf = (text: string): string => secrets.keyHash('api.token', text)

  return {
    async list({ userId, ...l }: Page & { userId?: number }): Promise<ApiToken[]> {
      await seen.write()
      const where = userId === undefined ? {} : { where: { user_id: userId } }
      return (await store.select('api_token', { ...page(l), ...where })).map(tokenOf)
    },

    /** Errors: `not_found` (the user), `invalid`, `scope_invalid`, `forbidden`. */
    add: (t: Addition): Promise<{ token: ApiToken; text: string }> =>
      edit(ctx, t, async (tx) => {
        const user = await userRow(tx, t.userId)
        const may = mayOf(user.role)
        const beyond = t.can.find((c) => !may.includes(c))
        if (beyond) throw new PandoError('forbidden', `${user.name} may not ${beyond}`, { permission: beyond })
        const scope = check.domain(t.scope ?? user.scope)
        if (!(await within(tx, scope, user.scope)))
          throw new PandoError('forbidden', `${user.name} does not see ${scope}`, { scope })
        if (scope !== user.scope) await expectThere(tx, scope)
        const now = clock.now()
        if (t.expiresAt !== 0 && t.expiresAt <= now) throw check.wrong('expiresAt', 'is in the past', { reason: 'past' })
        const text = PREFIX + newOpaque()
        const made = { name: check.name('name', t.name), hash: hashOf(text), can: [...new Set(t.can)].join(','), scope }
        const times = { created_at: now, expires_at: t.expiresAt, last_used: 0 }
        const row = { id: await tx.next('api_token', 1), tenant_id: TENANT, user_id: t.userId, ...made, ...times }
        await tx.insert('api_token', [row])
        const token = tokenOf(row)
        return { result: { token, text }, bell: { what: 'apitoken', id: row.id, change: 'added' }, deed: added('token', token) }
      }),

    revoke: (t: { id: number } & Asked): Promise<void> =>
      edit(ctx, t, async (tx) => {
        const [row] = check.validId(t.id) ? await tx.select('api_token', { where: { id: t.id } }) : []
        if (!row) throw new PandoError('not_found', `there is no token ${t.id}`, { id: t.id })
        await tx.remove('api_token', 'id', [t.id])
        return {
          result: undefined,
          bell: { what: 'apitoken', id: t.id, change: 'revoked' },
          deed: removed('token', tokenOf(row)),
        }
      }),

    /** Error: `unauthenticated`. What its user may no longer do or see, the token may not either. */
    async check(text: string): Promise<Principal> {
      await ctx.changes.fresh()
      const row = TOKEN.test(text) ? await accounts.token(hashOf(text)) : undefined
      const user = row && (await accounts.user(row.user_id))
      const now = clock.now()
      if (!row || !user || isDisabled(user) || (row.expires_at !== 0 && row.expires_at <= now)) throw unknown()
      seen.saw('api_token', row.id, now)
      const may = mayOf(user.role)
      const inside = user.scope === '*' || (await within(store, row.scope, user.scope))
      return {
        actor: `token/${row.id}`,
        actorName: `${row.name} (${user.name})`,
        userId: user.id,
        tokenId: row.id,
        role: user.role as Role,
        can: inside ? permissionsOf(row.can).filter((c) => may.includes(c)) : [],
        scope: row.scope,
        mustChange: false,
        expiresAt: row.expires_at,
      }
    },
  }
}
