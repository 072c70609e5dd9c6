/** Rows of people, from a cache where requests are checked. */
import { foldedName } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { NewRow, Reads, Registrystore, Transaction, UserAccountRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { makeCache } from '../cache.ts'
import { validId } from '../checks.ts'
import { TENANT } from '../context.ts'
import { isDisabled } from './records.ts'

export async function userRow(tx: Reads, id: number): Promise<UserAccountRow> {
  const [row] = validId(id) ? await tx.select('user_account', { where: { id } }) : []
  if (!row) throw new PandoError('not_found', `there is no user ${id}`, { id })
  return row
}

export const userNamed = async (tx: Reads, name: string): Promise<UserAccountRow | undefined> =>
  name.isWellFormed()
    ? (await tx.select('user_account', { where: { tenant_id: TENANT, name_folded: foldedName(name) } }))[0]
    : undefined

/** `conflict` unless somebody other than this user may administer everything. */
export async function expectOtherAdministrator(tx: Reads, id: number): Promise<void> {
  const all = await tx.select('user_account', { where: { role: 'Administrator', scope: '*' } })
  if (all.some((r) => r.id !== id && !isDisabled(r))) return
  throw new PandoError('conflict', 'nobody would be left to administer everything', { id })
}

/** Ends sessions of a user, but one. → how many */
export async function endSessions(tx: Transaction, userId: number, keep?: number): Promise<{ bells: RegistryBell[] }> {
  const rows = await tx.select('user_session', { where: { user_id: userId } })
  const ids = rows.map((r) => r.id).filter((id) => id !== keep)
  await tx.remove('user_session', 'id', ids)
  return { bells: ids.map((id) => ({ what: 'session', id, change: 'revoked' })) }
}

const PEOPLE = 4096

/** Sessions, tokens and their users by hash; forgotten whole when one of them changes, which is rare. */
export function makeAccounts(store: Registrystore) {
  const users = makeCache<number, NewRow<'user_account'>>(PEOPLE)
  const sessions = makeCache<string, NewRow<'user_session'>>(PEOPLE)
  const tokens = makeCache<string, NewRow<'api_token'>>(PEOPLE)

  return {
    async user(id: number): Promise<NewRow<'user_account'> | undefined> {
      const cached = users.get(id)
      if (cached) return cached
      const epoch = users.epoch()
      const [row] = await store.select('user_account', { where: { id } })
      if (row) users.fill(id, row, epoch)
      return row
    },
    async session(hash: string): Promise<NewRow<'user_session'> | undefined> {
      const cached = sessions.get(hash)
      if (cached) return cached
      const epoch = sessions.epoch()
      const [row] = await store.select('user_session', { where: { hash } })
      if (row) sessions.fill(hash, row, epoch)
      return row
    },
    async token(hash: string): Promise<NewRow<'api_token'> | undefined> {
      const cached = tokens.get(hash)
      if (cached) return cached
      const epoch = tokens.epoch()
      const [row] = await store.select('api_token', { where: { hash } })
      if (row) tokens.fill(hash, row, epoch)
      return row
    },
    drop(bell: RegistryBell | undefined): void {
      if (bell === undefined || bell.what === 'user') users.clear()
      if (bell === undefined || bell.what === 'session') sessions.clear()
      if (bell === undefined || bell.what === 'apitoken') tokens.clear()
    },
    forgetSession: (hash: string): void => sessions.drop(hash),
  }
}

export type Accounts = ReturnType<typeof makeAccounts>
