/**
 * The first administrator, made at the first start. Its password comes from the file that the operator names, or is made and written to
 * `admin-password` in the data directory, readable by the owner only, until it is changed. Whoever starts the cloud on a terminal shows
 * it there and removes the file. The file is written before the user: a start that is killed in between goes on with it.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { foldedName } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { firstPasswordFile } from '#lib/firstpassword.ts'
import { change } from '../changes.ts'
import { type Context, TENANT } from '../context.ts'
import { added } from '../edit.ts'
import { checkPassword, generatePassword, type Passwords } from './password.ts'
import { hashFor, userOf } from './records.ts'

const NAME = 'admin'
export const FIRST_ID = 1

function givenPassword(file: string): string {
  try {
    return checkPassword(readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
  } catch (e) {
    const why = e instanceof PandoError ? e.message : `cannot be read: ${(e as Error).message}`
    throw new PandoError(
      'config_invalid',
      `PANDO_ADMIN_PASSWORD_FILE: ${file}: ${why}`,
      { setting: 'PANDO_ADMIN_PASSWORD_FILE' },
      e,
    )
  }
}

/** Whoever comes first makes it; it appears whole or not at all. → what is in it */
function makeFile(dataDir: string): string {
  const file = firstPasswordFile(dataDir)
  const mine = `${file}.${process.pid}.new`
  writeFileSync(mine, `${generatePassword()}\n`, { mode: 0o600 })
  const fd = openSync(mine, 'r')
  fsyncSync(fd)
  closeSync(fd)
  try {
    linkSync(mine, file)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e
  } finally {
    unlinkSync(mine)
  }
  return readFileSync(file, 'utf8').trim()
}

interface Config {
  dataDir: string
  adminPasswordFile?: string
}

/** Does nothing when there is a user. Throws `config_invalid` when the file with the password can't be used. */
export async function makeFirst(ctx: Context, passwords: Passwords, c: Config): Promise<void> {
  if ((await ctx.store.select('user_account', { limit: 1 })).length > 0) return
  const given = c.adminPasswordFile === undefined ? undefined : givenPassword(c.adminPasswordFile)
  const password_hash = given === undefined ? passwords.hashGenerated(makeFile(c.dataDir)) : await passwords.hash(given)
  const made = await change(ctx, async (tx) => {
    const [there] = await tx.select('user_account', { limit: 1 })
    if (there) return { result: there.password_hash }
    const at = ctx.clock.now()
    const id = await tx.next('user_account', 1)
    const profile = { name: NAME, name_folded: foldedName(NAME), role: 'Administrator', scope: '*', locale: '', zone: '' }
    const times = { last_seen: 0, revision: 1, created_at: at, updated_at: at }
    const row = { id, tenant_id: TENANT, ...profile, password_hash, must_change: given === undefined ? 1 : 0, ...times }
    await tx.insert('user_account', [row])
    await ctx.audit.append(tx, undefined, added('user', userOf(row)))
    return { result: password_hash, bell: { what: 'user', id, change: 'added' } }
  })
  // another process of this registry, with a data directory of its own, came first
  if (given === undefined && made !== password_hash) removePasswordFile(c.dataDir)
}

/** It was changed, maybe by another process: what lies here is removed if it is good no more. */
export async function removeReplaced({ store }: Pick<Context, 'store'>, passwords: Passwords, dataDir: string): Promise<void> {
  const file = firstPasswordFile(dataDir)
  if (!existsSync(file)) return
  const [user] = await store.select('user_account', { where: { id: FIRST_ID } })
  const good = await passwords.verify(readFileSync(file, 'utf8').trim(), user && hashFor(user.password_hash, false), file)
  if (!good) removePasswordFile(dataDir)
}

/** The password that lies there is good no more. */
export const removePasswordFile = (dataDir: string): void => rmSync(firstPasswordFile(dataDir), { force: true })
