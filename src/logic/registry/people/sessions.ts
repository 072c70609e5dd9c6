import { foldedName, type Principal, type Session, type User } from '#contracts/registry.ts'
import type { NewRow, Transaction, UserAccountRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { change } from '../changes.ts'
import * as check from '../checks.ts'
import { TENANT } from '../context.ts'
import { type Asked, edit } from '../edit.ts'
import { newOpaque } from '../secrets.ts'
import { endSessions, userNamed, userRow } from './accounts.ts'
import { type People, tryPassword } from './people.ts'
import { isDisabled, sessionEnd, sessionOf, sessionPrincipal, userOf } from './records.ts'

interface SignIn {
  name: string
  password: string
  addr: string
  userAgent?: string
  replaces?: string
  requestId?: string
}

interface Checked {
  csrf: string
  user: User
  session: Session
  principal: Principal
}

const MAX_ADDR = 64
const MAX_AGENT = 200
/** A person's sessions; the oldest ends when there are more. */
const MOST = 50
const TOKEN = /^[A-Za-z0-9_-]{43}$/

const over = (): PandoError => new PandoError('unauthenticated', 'the session is over')
const clean = (value: string, max: number): string => [...value.toWellFormed().replaceAll('\0', '')].slice(0, max).join('')

export function makeSessions(p: People) {
  const { ctx, accounts, seen } = p
  const { store, secrets, clock } = ctx
  const hashOf = (token: string): string => secrets.keyHash('session.token', token)
  const csrfOf = (token: string): string => secrets.keyHash('csrf', token)

  /** The user with this password, or why not; a name that there is none of costs the same. */
  const authenticate = async (s: SignIn): Promise<UserAccountRow> => {
    const row = await userNamed(store, s.name)
    const who = { name: foldedName(s.name), addr: s.addr }
    // somebody who is disabled is as one that there is none of
    const known = row && !isDisabled(row) ? row : undefined
    const { right, attempt } = await tryPassword(p, who, s.password, known?.password_hash)
    if (right && known) return known
    const { left, retryAt } = attempt
    if (left === 0) await tellLocked(s, row)
    throw new PandoError('unauthenticated', 'wrong name or password', { left, ...(retryAt > 0 && { retryAt }) })
  }

  /** In the audit log once for each time that somebody is locked out, not for every failure: others could fill it. */
  const tellLocked = (s: SignIn, row: UserAccountRow | undefined): Promise<unknown> =>
    store.transaction((tx) => {
      const by = {
        actor: row ? `user/${row.id}` : 'nobody',
        actorName: row?.name ?? '',
        addr: s.addr,
        requestId: s.requestId ?? '',
      }
      return ctx.audit.append(tx, by, { action: 'session.lock', object: row ? `user/${row.id}` : 'user' })
    })

  const open = async (tx: Transaction, s: SignIn, user: UserAccountRow, token: string): Promise<NewRow<'user_session'>> => {
    const at = clock.now()
    const mine = await tx.select('user_session', { where: { user_id: user.id } })
    const oldest = mine.sort((a, b) => a.id - b.id).slice(0, Math.max(0, mine.length - MOST + 1))
    await tx.remove(
      'user_session',
      'id',
      oldest.map((r) => r.id),
    )
    const row = {
      id: await tx.next('user_session', 1),
      tenant_id: TENANT,
      user_id: user.id,
      hash: hashOf(token),
      addr: clean(s.addr, MAX_ADDR),
      user_agent: clean(s.userAgent ?? '', MAX_AGENT),
      created_at: at,
      last_seen: at,
    }
    await tx.insert('user_session', [row])
    return row
  }

  const checkedOf = (token: string, user: NewRow<'user_account'>, session: NewRow<'user_session'>): Checked => ({
    csrf: csrfOf(token),
    user: userOf(user),
    session: sessionOf(session),
    principal: sessionPrincipal(user, session),
  })

  return {
    /** Errors: `unauthenticated`, `rate_limited`. */
    async signIn(s: SignIn): Promise<Checked & { token: string }> {
      const known = await authenticate(s)
      const token = newOpaque()
      const done = await change(ctx, async (tx) => {
        const user = await userRow(tx, known.id)
        if (user.password_hash !== known.password_hash) throw new PandoError('unauthenticated', 'wrong name or password')
        const [replaced] =
          s.replaces === undefined ? [] : await tx.select('user_session', { where: { hash: hashOf(s.replaces) } })
        if (replaced) await tx.remove('user_session', 'id', [replaced.id])
        const session = await open(tx, s, user, token)
        const now = { ...user, last_seen: clock.now() }
        await tx.update('user_account', [now])
        const by = { actor: `user/${user.id}`, actorName: user.name, addr: s.addr, requestId: s.requestId ?? '' }
        await ctx.audit.append(tx, by, { action: 'session.open', object: `session/${session.id}` })
        const bells = replaced ? [{ what: 'session', id: replaced.id, change: 'revoked' } as const] : []
        return { result: { user: now, session }, bells }
      })
      p.here()
      return { token, ...checkedOf(token, done.user, done.session) }
    },

    /** Error: `unauthenticated`. */
    async check(token: string): Promise<Checked> {
      await ctx.changes.fresh()
      if (!TOKEN.test(token)) throw over()
      const hash = hashOf(token)
      let row = await accounts.session(hash)
      if (row) row = await alive(hash, row)
      const user = row && (await accounts.user(row.user_id))
      if (!row || !user || isDisabled(user)) throw over()
      p.here()
      return checkedOf(token, user, row)
    },

    async list(userId: number): Promise<Session[]> {
      await userRow(store, userId)
      await seen.write()
      const rows = await store.select('user_session', { where: { user_id: userId } })
      const newest = rows.filter((r) => sessionEnd(r) > clock.now()).sort((a, b) => b.last_seen - a.last_seen)
      return newest.map(sessionOf)
    },

    revoke: (s: { userId: number; id: number } & Asked): Promise<void> =>
      edit(ctx, s, async (tx) => {
        const [row] = check.validId(s.id) ? await tx.select('user_session', { where: { id: s.id } }) : []
        if (!row || row.user_id !== s.userId) throw new PandoError('not_found', `there is no session ${s.id}`, { id: s.id })
        await tx.remove('user_session', 'id', [s.id])
        const deed = { action: 'session.revoke', object: `session/${s.id}`, before: { userId: s.userId } }
        return { result: undefined, bell: { what: 'session', id: s.id, change: 'revoked' }, deed }
      }),

    revokeAll: (s: { userId: number; keep?: number } & Asked): Promise<{ ended: number }> =>
      edit(ctx, s, async (tx) => {
        await userRow(tx, s.userId)
        const { bells } = await endSessions(tx, s.userId, s.keep)
        const deed = { action: 'session.revoke_all', object: `user/${s.userId}`, before: { sessions: bells.length } }
        return { result: { ended: bells.length }, bells, deed }
      }),
  }

  /** The row as used now, or undefined when it has ended. Another process may have seen it since it was cached here. */
  async function alive(hash: string, row: NewRow<'user_session'>): Promise<NewRow<'user_session'> | undefined> {
    const now = clock.now()
    const last = (r: NewRow<'user_session'>) => ({ ...r, last_seen: Math.max(r.last_seen, seen.last('user_session', r.id)) })
    let used = last(row)
    if (sessionEnd(used) <= now) {
      accounts.forgetSession(hash)
      const again = await accounts.session(hash)
      if (!again || sessionEnd(last(again)) <= now) return undefined
      used = last(again)
    }
    seen.saw('user_session', row.id, now)
    return { ...used, last_seen: now }
  }
}
