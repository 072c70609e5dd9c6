import { foldedName, type Role, type User } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { NewRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { TENANT } from '../context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from '../edit.ts'
import { type Page, page } from '../page.ts'
import { endSessions, expectOtherAdministrator, userNamed, userRow } from './accounts.ts'
import { checkPassword } from './password.ts'
import { type People, tryPassword } from './people.ts'
import { hashFor, isDisabled, userOf } from './records.ts'
import { expectThere } from './scopes.ts'

interface Fields {
  name?: string
  role?: Role
  scope?: string
  locale?: string
  zone?: string
  disabled?: boolean
}

interface Addition extends Omit<Fields, 'disabled'>, Asked {
  name: string
  role: Role
  password: string
  mustChange?: boolean
}

interface NewPassword extends Asked {
  userId: number
  password: string
  current?: string
  keepSession?: number
  mustChange?: boolean
}

const MAX_SHORT = 64

const shortText = (field: string, value: string): string => check.text(field, value, MAX_SHORT)

function fields(f: Fields): Partial<NewRow<'user_account'>> {
  return {
    ...(f.name !== undefined && { name: check.name('name', f.name.trim()), name_folded: check.name('name', foldedName(f.name)) }),
    ...(f.role !== undefined && { role: f.role }),
    ...(f.scope !== undefined && { scope: check.domain(f.scope) }),
    ...(f.locale !== undefined && { locale: shortText('locale', f.locale) }),
    ...(f.zone !== undefined && { zone: check.zone(f.zone) }),
  }
}

const bell = (id: number, change: RegistryBell['change']): RegistryBell => ({ what: 'user', id, change })

export function makeUsers(p: People) {
  const { ctx } = p

  const expectFree = async (tx: Parameters<typeof userNamed>[0], name: string, id = 0): Promise<void> => {
    const there = await userNamed(tx, name)
    if (there && there.id !== id) throw new PandoError('conflict', `there is a user ${name}`, { field: 'name', id: there.id })
  }

  /** The password that is checked is that of the row which is then changed. */
  const expectCurrent = async (w: NewPassword): Promise<string> => {
    const row = await userRow(ctx.store, w.userId)
    if (w.current === undefined) return row.password_hash
    const who = { name: row.name_folded, addr: w.audit?.addr ?? '' }
    const { right, attempt } = await tryPassword(p, who, w.current, row.password_hash)
    if (right) return row.password_hash
    throw new PandoError('unauthenticated', 'the current password is wrong', { field: 'current', left: attempt.left })
  }

  return {
    list: async (l: Page): Promise<User[]> => (await ctx.store.select('user_account', page(l))).map(userOf),

    /** Errors: `invalid`, `scope_invalid`, `conflict` (the name). */
    async add(u: Addition): Promise<User> {
      checkPassword(u.password)
      await expectFree(ctx.store, u.name)
      const password_hash = await p.passwords.hash(u.password)
      return edit(ctx, u, async (tx) => {
        await expectFree(tx, u.name)
        const at = ctx.clock.now()
        const times = { last_seen: 0, revision: 1, created_at: at, updated_at: at }
        const profile = { name: '', name_folded: '', role: u.role, scope: '*', locale: '', zone: '' }
        const id = await tx.next('user_account', 1)
        const made = { id, tenant_id: TENANT, ...profile, password_hash, must_change: u.mustChange === false ? 0 : 1, ...times }
        const row = { ...made, ...fields(u) }
        await expectThere(tx, row.scope)
        await tx.insert('user_account', [row])
        const result = userOf(row)
        return { result, bell: bell(id, 'added'), deed: added('user', result) }
      })
    },

    edit: (u: { id: number } & Fields & Asked): Promise<User> =>
      edit(ctx, u, async (tx) => {
        const before = await userRow(tx, u.id)
        expectRevision(before, u)
        if (u.name !== undefined) await expectFree(tx, u.name, u.id)
        const password_hash = hashFor(before.password_hash, u.disabled ?? isDisabled(before))
        const row = { ...revised(ctx, before), ...fields(u), password_hash }
        if (row.scope !== before.scope) await expectThere(tx, row.scope)
        const shut = isDisabled(row) && !isDisabled(before)
        const other = row.role !== before.role || row.scope !== before.scope || shut
        if (other && before.role === 'Administrator' && before.scope === '*') await expectOtherAdministrator(tx, u.id)
        await tx.update('user_account', [row])
        const ended = other ? await endSessions(tx, u.id) : { bells: [] }
        const result = userOf(row)
        return { result, bell: bell(u.id, 'changed'), ...ended, deed: edited('user', userOf(before), result) }
      }),

    remove: (u: { id: number } & Asked): Promise<void> =>
      edit(ctx, u, async (tx) => {
        const row = await userRow(tx, u.id)
        expectRevision(row, u)
        await expectOtherAdministrator(tx, u.id)
        const { bells } = await endSessions(tx, u.id)
        const tokens = await tx.select('api_token', { where: { user_id: u.id } })
        await tx.remove('api_token', 'user_id', [u.id])
        const dead = tokens.map((t): RegistryBell => ({ what: 'apitoken', id: t.id, change: 'revoked' }))
        await tx.remove('user_account', 'id', [u.id])
        const deed = removed('user', userOf(row))
        return { result: undefined, bell: bell(u.id, 'removed'), bells: [...bells, ...dead], deed }
      }),

    /** Errors: `invalid`, `unauthenticated`, `rate_limited`, `conflict` (changed meanwhile). */
    async setPassword(w: NewPassword): Promise<User> {
      checkPassword(w.password)
      const known = await expectCurrent(w)
      const password_hash = await p.passwords.hash(w.password)
      const user = await edit(ctx, w, async (tx) => {
        const before = await userRow(tx, w.userId)
        if (before.password_hash !== known)
          throw new PandoError('conflict', 'the password was changed by somebody else meanwhile')
        const must = w.mustChange ?? w.current === undefined
        const kept = hashFor(password_hash, isDisabled(before))
        const row = { ...revised(ctx, before), password_hash: kept, must_change: must ? 1 : 0 }
        await tx.update('user_account', [row])
        const { bells } = await endSessions(tx, w.userId, w.keepSession)
        const deed = { action: 'user.set_password', object: `user/${w.userId}`, after: { sessionsEnded: bells.length } }
        return { result: userOf(row), bell: bell(w.userId, 'changed'), bells, deed }
      })
      p.forgetFirstPassword(w.userId)
      return user
    },
  }
}
