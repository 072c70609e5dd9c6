/** People, as the commands about them and their tokens need them. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Face } from '#contracts/contract.ts'
import { type By, foldedName, type registry, type User } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { readConfig } from '#src/config.ts'
import { type Opened, withRegistry } from './open.ts'

type Registry = Face<typeof registry>

const PAGE = 1000

export async function allUsers(r: Pick<Registry, 'users'>): Promise<User[]> {
  const all: User[] = []
  for (let after = 0; ; after = all.at(-1)!.id) {
    const { items } = await r.users({ after, limit: PAGE })
    all.push(...items)
    if (items.length < PAGE) return all
  }
}

/** Throws `not_found` saying who there is. */
export async function userNamed(r: Pick<Registry, 'users'>, name: string): Promise<User> {
  const all = await allUsers(r)
  const found = all.find((u) => foldedName(u.name) === foldedName(name))
  if (found) return found
  const names = all.map((u) => u.name)
  const some = names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ')
  throw new PandoError('not_found', `there is nobody called ${name}; there are ${some}`, { name })
}

/** Who does it, for the audit log: whoever is logged in to the machine. */
export function byOperator(): By {
  return { actor: 'system', actorName: `command line (${operator()})`, addr: '', requestId: '' }
}

/** A container may run under a number that no name belongs to. */
function operator(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}

/** As `withRegistry`, but only where there is a cloud's data: a person that was meant elsewhere is not made here. */
export function withPeople<T>(env: Record<string, string | undefined>, work: (o: Opened) => Promise<T>): Promise<T> {
  const { dataDir } = readConfig(env).config
  if (!existsSync(dataDir)) {
    const message = `there is no data in ${dataDir}: PANDO_DATA_DIR names the folder, \`pando serve\` makes it`
    throw new PandoError('not_found', message, { dataDir })
  }
  return withRegistry(env, work)
}
