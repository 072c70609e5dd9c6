/** Whether a caller may make a call at all, before anything of it is looked at: so that no id can make a difference. */
import type { RouteSpec } from '#contracts/admin/route.ts'
import { PandoError } from '#lib/errors.ts'
import type { Auth } from './call.ts'

/** What somebody whose password must be changed may do. */
const BEFORE_NEW_PASSWORD = new Set(['getSession', 'signOut', 'editMe'])

/** `unauthenticated`, `forbidden` with `params {permission}` or `{reason}`. */
export function permit(spec: Pick<RouteSpec, 'id' | 'can' | 'everything'>, auth: Auth | undefined): void {
  if (spec.can === 'nobody') return
  if (!auth) throw new PandoError('unauthenticated', 'sign in, or send `Authorization: Bearer <token>`')
  const { principal } = auth
  if (principal.mustChange && !BEFORE_NEW_PASSWORD.has(spec.id))
    throw new PandoError('forbidden', 'choose a new password first: PATCH /admin/v1/me', { reason: 'must_change_password' })
  if (spec.can !== 'anybody' && !principal.can.includes(spec.can))
    throw new PandoError('forbidden', `this takes the permission ${spec.can}`, { permission: spec.can })
  if (spec.everything && principal.scope !== '*')
    throw new PandoError('forbidden', 'this concerns the whole installation', { reason: 'scope' })
}
