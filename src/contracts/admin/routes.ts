/** All calls of the management API. */
import { auditRoutes } from './audit.ts'
import { documentRoutes } from './document.ts'
import type { Routes } from './route.ts'
import { sessionRoutes } from './session.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'
import { vendorRoutes } from './vendors.ts'

export const adminRoutes = {
  ...sessionRoutes,
  ...userRoutes,
  ...tokenRoutes,
  ...vendorRoutes,
  ...auditRoutes,
  ...documentRoutes,
} as const satisfies Routes

export type AdminRoutes = typeof adminRoutes
export type AdminKey = keyof AdminRoutes
/** Where all of it lies. */
export const ADMIN_PREFIX = '/admin/v1'
