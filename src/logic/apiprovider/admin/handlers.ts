/** Who answers each call of the management API. */
import { adminRoutes } from '#contracts/admin/routes.ts'
import { audit } from './audit.ts'
import type { Handlers, Parts } from './call.ts'
import { openapi } from './openapi.ts'
import { session } from './session.ts'
import { tokens } from './tokens.ts'
import { users } from './users.ts'
import { vendors } from './vendors.ts'

export const handlersOf = (p: Parts): Handlers<typeof adminRoutes> => ({
  ...session(p),
  ...users(p),
  ...tokens(p),
  ...vendors(p),
  ...audit(p),
  'GET /openapi.json': async () => openapi(adminRoutes, p.about?.version ?? '0'),
})
