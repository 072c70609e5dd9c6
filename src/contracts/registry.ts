/** The registry: vendors, products and their models, applications, devices, credentials, rules, people, the audit log. */
import { contract } from './contract.ts'
import { freezeMethods } from './frozen.ts'
import { addressMethods } from './registry/addresses.ts'
import { adoptMethods } from './registry/adopt.ts'
import { alertMethods } from './registry/alerts.ts'
import { applicationMethods } from './registry/applications.ts'
import { auditMethods } from './registry/audit.ts'
import { credentialMethods } from './registry/credentials.ts'
import { deadLetterMethods } from './registry/deadletters.ts'
import { desiredMethods } from './registry/desired.ts'
import { deviceMethods } from './registry/devices.ts'
import { idempotencyMethods } from './registry/idempotency.ts'
import { productMethods } from './registry/products.ts'
import { ruleMethods } from './registry/rules.ts'
import { userMethods } from './registry/users.ts'
import { vendorMethods } from './registry/vendors.ts'
import { viewMethods } from './registry/views.ts'

export { AddressBlock } from './registry/addresses.ts'
export { Adoption, OldApplication, OldDevice, OldProduct, OldToken, OldVendor } from './registry/adopt.ts'
export { AlertFinding, StoredAlert } from './registry/alerts.ts'
export { Application, WebhookTag } from './registry/applications.ts'
export { AuditEntry, AuditOutcome } from './registry/audit.ts'
export { By } from './registry/common.ts'
export { DeadLetter } from './registry/deadletters.ts'
export { Desired, DesiredObject } from './registry/desired.ts'
export { Device, DeviceColumn, DeviceDetail, DeviceFilter, DeviceGroup, DeviceSearch } from './registry/devices.ts'
export { Permission, permissions, Role, rolePermissions, roles } from './registry/permissions.ts'
export { Draft, ModelVersion, Pin, Product, RegistrationPolicy } from './registry/products.ts'
export { OldRule, Rule, RuleRun, RuleVersion } from './registry/rules.ts'
export { ApiToken, foldedName, Principal, Session, User } from './registry/users.ts'
export { Vendor } from './registry/vendors.ts'
export { SavedView } from './registry/views.ts'

export const registry = contract('registry', {
  ...credentialMethods,
  ...deviceMethods,
  ...productMethods,
  ...vendorMethods,
  ...applicationMethods,
  ...deadLetterMethods,
  ...ruleMethods,
  ...desiredMethods,
  ...userMethods,
  ...auditMethods,
  ...idempotencyMethods,
  ...viewMethods,
  ...addressMethods,
  ...alertMethods,
  ...adoptMethods,
  ...freezeMethods,
})
