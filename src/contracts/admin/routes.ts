/** All calls of the management API. */
import { alertRoutes } from './alerts.ts'
import { applicationRoutes, verifyRoutes } from './applications.ts'
import { auditRoutes } from './audit.ts'
import { backupRoutes } from './backups.ts'
import { commandRoutes, desiredRoutes } from './commands.ts'
import { deliveryRoutes } from './deliveries.ts'
import { deviceRoutes, diaryRoutes, valueRoutes } from './devices.ts'
import { documentRoutes } from './document.ts'
import { frameRoutes, quarantineRoutes } from './frames.ts'
import { historyRoutes } from './history.ts'
import { logRoutes } from './logs.ts'
import { productRoutes } from './products.ts'
import type { Routes } from './route.ts'
import { ruleRoutes } from './rules.ts'
import { sessionRoutes } from './session.ts'
import { systemRoutes } from './system.ts'
import { tokenRoutes } from './tokens.ts'
import { userRoutes } from './users.ts'
import { vendorRoutes } from './vendors.ts'
import { viewRoutes } from './views.ts'

export const adminRoutes = {
  ...sessionRoutes,
  ...userRoutes,
  ...tokenRoutes,
  ...vendorRoutes,
  ...productRoutes,
  ...deviceRoutes,
  ...diaryRoutes,
  ...valueRoutes,
  ...commandRoutes,
  ...desiredRoutes,
  ...historyRoutes,
  ...ruleRoutes,
  ...viewRoutes,
  ...frameRoutes,
  ...quarantineRoutes,
  ...applicationRoutes,
  ...deliveryRoutes,
  ...verifyRoutes,
  ...alertRoutes,
  ...systemRoutes,
  ...backupRoutes,
  ...logRoutes,
  ...auditRoutes,
  ...documentRoutes,
} as const satisfies Routes

export type AdminRoutes = typeof adminRoutes
export type AdminKey = keyof AdminRoutes
/** Where all of it lies. */
export const ADMIN_PREFIX = '/admin/v1'
