import {
  type ApiToken,
  type Permission,
  type Principal,
  permissions,
  type Role,
  rolePermissions,
  type Session,
  type User,
} from '#contracts/registry.ts'
import type { NewRow } from '#core/registrystore/port.ts'

const HOUR = 3_600_000
export const IDLE = 12 * HOUR
export const ABSOLUTE = 30 * 24 * HOUR

const DISABLED = '!'

export const isDisabled = ({ password_hash }: Pick<NewRow<'user_account'>, 'password_hash'>): boolean =>
  password_hash.startsWith(DISABLED)

/** The hash of the same password, as it stands in the row of somebody who is disabled or is not. */
export const hashFor = (hash: string, disabled: boolean): string => {
  const bare = hash.startsWith(DISABLED) ? hash.slice(DISABLED.length) : hash
  return disabled ? DISABLED + bare : bare
}

export const userOf = (r: NewRow<'user_account'>): User => ({
  id: r.id,
  name: r.name,
  role: r.role as Role,
  scope: r.scope,
  locale: r.locale,
  zone: r.zone,
  mustChange: r.must_change !== 0,
  disabled: isDisabled(r),
  lastSeen: r.last_seen,
  revision: r.revision,
  createdAt: r.created_at,
  updatedAt: r.updated_at,
})

export const sessionEnd = (r: { created_at: number; last_seen: number }): number =>
  Math.min(r.created_at + ABSOLUTE, r.last_seen + IDLE)

export const sessionOf = (r: NewRow<'user_session'>): Session => ({
  id: r.id,
  userId: r.user_id,
  addr: r.addr,
  userAgent: r.user_agent,
  createdAt: r.created_at,
  lastSeen: r.last_seen,
  expiresAt: sessionEnd(r),
})

export const permissionsOf = (text: string): Permission[] => permissions.filter((p) => text.split(',').includes(p))

export const tokenOf = (r: NewRow<'api_token'>): ApiToken => ({
  id: r.id,
  userId: r.user_id,
  name: r.name,
  can: permissionsOf(r.can),
  scope: r.scope,
  createdAt: r.created_at,
  expiresAt: r.expires_at,
  lastUsed: r.last_used,
})

export const mayOf = (role: string): readonly Permission[] => rolePermissions[role as Role] ?? []

export const sessionPrincipal = (user: NewRow<'user_account'>, session: NewRow<'user_session'>): Principal => ({
  actor: `user/${user.id}`,
  actorName: user.name,
  userId: user.id,
  sessionId: session.id,
  role: user.role as Role,
  can: [...mayOf(user.role)],
  scope: user.scope,
  mustChange: user.must_change !== 0,
  expiresAt: sessionEnd(session),
})
