/** Who may do what: permissions, and which of them each role has. The one place that says so. */
import { type Static, Type } from 'typebox'

export const permissions = [
  'devices.read',
  'devices.write',
  'devices.command',
  'devices.secret',
  'products.read',
  'products.write',
  'rules.read',
  'rules.write',
  'applications.read',
  'applications.write',
  /** redeliver, pause, resume */
  'deliveries.write',
  /** raw packets and quarantine */
  'frames.read',
  'frames.write',
  'views.write',
  'alerts.write',
  'system.read',
  'system.write',
  'tokens.write',
  'users.read',
  'users.write',
  'audit.read',
] as const

export const Permission = Type.Enum(permissions)
export type Permission = (typeof permissions)[number]

export const Role = Type.Union([
  Type.Literal('Viewer'),
  Type.Literal('Operator'),
  Type.Literal('Developer'),
  Type.Literal('Administrator'),
])
export type Role = Static<typeof Role>

const viewer: Permission[] = ['devices.read', 'products.read', 'rules.read', 'applications.read', 'system.read']
const operator: Permission[] = [
  ...viewer,
  ...(['devices.write', 'devices.command', 'deliveries.write', 'frames.read', 'views.write', 'alerts.write'] as const),
]
const developer: Permission[] = [
  ...operator,
  ...(['devices.secret', 'products.write', 'rules.write', 'applications.write', 'frames.write', 'tokens.write'] as const),
]

/** Each role has what the one before has. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  Viewer: viewer,
  Operator: operator,
  Developer: developer,
  Administrator: permissions,
}
export const roles = Object.keys(rolePermissions) as Role[]
