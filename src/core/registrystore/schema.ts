/**
 * The tables of the registry: the row types (schema/), and the order of columns over which each row's `crc` is computed.
 * Numbers are integers (64 bits in the engines), times are ms since 1970, flags are 0 or 1. `*_sealed` columns hold
 * what only the master key opens, `*hash` columns HMACs (`audit` excepted: its hashes are to be checked by everybody).
 * Nothing is nullable: '' and 0 mean "none".
 */
import type { AddressBlockRow } from './schema/access.ts'
import type { AlertRow } from './schema/alerts.ts'
import type { MetaRow, RegistryChangeRow, SequenceRow } from './schema/base.ts'
import type {
  DesiredHeadRow,
  DesiredRow,
  DeviceGroupMemberRow,
  DeviceGroupRow,
  DeviceTagRow,
  SavedViewRow,
} from './schema/devices.ts'
import type {
  ApplicationRow,
  DeadLetterRow,
  DeviceCredentialRow,
  DeviceRow,
  DeviceTokenRow,
  ProductModelRow,
  ProductRow,
  VendorRow,
} from './schema/fleet.ts'
import type { ProductDraftRow, ProductPinRow } from './schema/models.ts'
import type {
  ApiTokenRow,
  AuditHeadRow,
  AuditIntentRow,
  AuditRow,
  IdempotencyRow,
  UserAccountRow,
  UserSessionRow,
} from './schema/people.ts'
import type { RuleRow, RuleRunRow, RuleTraceRow, RuleVersionRow } from './schema/rules.ts'

export type * from './schema/access.ts'
export type * from './schema/alerts.ts'
export type * from './schema/base.ts'
export type * from './schema/devices.ts'
export type * from './schema/fleet.ts'
export type * from './schema/models.ts'
export type * from './schema/people.ts'
export type * from './schema/rules.ts'

export interface Database {
  vendor: VendorRow
  product: ProductRow
  product_model: ProductModelRow
  product_draft: ProductDraftRow
  product_pin: ProductPinRow
  application: ApplicationRow
  device: DeviceRow
  device_credential: DeviceCredentialRow
  device_token: DeviceTokenRow
  device_tag: DeviceTagRow
  device_group: DeviceGroupRow
  device_group_member: DeviceGroupMemberRow
  desired: DesiredRow
  desired_head: DesiredHeadRow
  saved_view: SavedViewRow
  address_block: AddressBlockRow
  alert: AlertRow
  dead_letter: DeadLetterRow
  rule: RuleRow
  rule_version: RuleVersionRow
  rule_run: RuleRunRow
  rule_trace: RuleTraceRow
  user_account: UserAccountRow
  user_session: UserSessionRow
  api_token: ApiTokenRow
  audit: AuditRow
  audit_head: AuditHeadRow
  audit_intent: AuditIntentRow
  idempotency: IdempotencyRow
  sequence: SequenceRow
  registry_change: RegistryChangeRow
  meta: MetaRow
}

export type Table = keyof Database
export type Column<T extends Table> = keyof Database[T] & string
/** A row as it is written: the store adds the `crc`. */
export type NewRow<T extends Table> = Omit<Database[T], 'crc'>

const key = ['key_hash', 'key_sealed'] as const
const times = ['created_at', 'updated_at'] as const

/** The columns of each table in the order in which `crc` covers them; the first `keyLength` are the primary key. */
export const columns: { [T in Table]: readonly Exclude<Column<T>, 'crc'>[] } = {
  vendor: ['id', 'tenant_id', 'name', 'description', ...key, ...times, 'revision'],
  product: ['id', 'tenant_id', 'vendor_id', 'name', 'description', ...key, 'model_version', 'registration', ...times, 'revision'],
  product_model: ['product_id', 'version', 'tenant_id', 'state', 'config', 'created_at', 'note', 'published_by'],
  product_draft: ['product_id', 'tenant_id', 'config', 'based_on', 'revision', 'updated_by', 'updated_at'],
  product_pin: ['product_id', 'firmware', 'tenant_id', 'version'],
  application: [
    ...(['id', 'tenant_id', 'name', 'description', ...key, 'domain', 'report_url', 'report_token_sealed'] as const),
    ...(['tags', 'signing_secret_sealed', 'paused', ...times] as const),
    ...(['revision', 'paused_at', 'key_rotated_at', 'secret_rotated_at'] as const),
  ],
  device: ['id', 'tenant_id', 'product_id', 'identifier', 'code', 'name', 'description', 'version', ...times, 'revision'],
  device_credential: ['device_id', 'tenant_id', ...key, 'secret_sealed', 'logged_in_at', 'permit', 'created_at'],
  device_token: ['device_id', 'tenant_id', 'hash', 'replaced_hash', 'issued_at', 'expires_at'],
  device_tag: ['device_id', 'tag', 'tenant_id'],
  device_group: ['id', 'tenant_id', 'name', 'revision', 'created_at'],
  device_group_member: ['group_id', 'device_id', 'tenant_id'],
  desired: ['device_id', 'object', 'tenant_id', 'value', 'version', 'at', 'set_by'],
  desired_head: ['device_id', 'tenant_id', 'version', 'wanted'],
  saved_view: ['id', 'tenant_id', 'name', 'filter', 'sort', 'shown', 'created_by', 'revision', ...times],
  address_block: ['id', 'tenant_id', 'host', 'until', 'set_by', 'at'],
  alert: [
    ...(['id', 'tenant_id', 'slot', 'code', 'object', 'severity', 'params', 'since', 'state'] as const),
    ...(['acknowledged_by', 'cleared_at'] as const),
  ],
  dead_letter: ['id', 'tenant_id', 'application_id', 'device_id', 'message_id', 'body', 'tries', 'last_error', 'failed_at'],
  rule: [
    ...(['id', 'tenant_id', 'application_id', 'device_id', 'name', 'enabled', 'definition', 'old'] as const),
    ...(['version', 'revision', 'created_by', ...times] as const),
  ],
  rule_version: ['rule_id', 'version', 'tenant_id', 'name', 'definition', 'old', 'created_by', 'created_at'],
  rule_run: ['rule_id', 'tick', 'tenant_id', 'owner', 'lease_until', 'done'],
  rule_trace: ['rule_id', 'slot', 'tenant_id', 'n', 'version', 'at', 'outcome', 'trace'],
  user_account: [
    ...(['id', 'tenant_id', 'name', 'name_folded', 'password_hash', 'role', 'scope', 'locale', 'zone'] as const),
    ...(['must_change', 'last_seen', 'revision', ...times] as const),
  ],
  user_session: ['id', 'tenant_id', 'user_id', 'hash', 'addr', 'user_agent', 'created_at', 'last_seen'],
  api_token: ['id', 'tenant_id', 'user_id', 'name', 'hash', 'can', 'scope', 'created_at', 'expires_at', 'last_used'],
  audit: [
    ...(['id', 'tenant_id', 'at', 'actor', 'actor_name', 'addr', 'request_id', 'action', 'object'] as const),
    ...(['before_json', 'after_json', 'hash'] as const),
  ],
  audit_head: ['id', 'tenant_id', 'entries', 'hash', 'at', 'mac'],
  audit_intent: [
    ...(['id', 'tenant_id', 'at', 'lease_until', 'actor', 'actor_name', 'addr', 'request_id'] as const),
    ...(['action', 'object', 'asked_json', 'attempt'] as const),
  ],
  idempotency: [
    ...(['id', 'tenant_id', 'hash', 'request_hash', 'state', 'lease_until', 'status', 'body_sealed', 'created_at'] as const),
    'attempt',
  ],
  sequence: ['name', 'next'],
  registry_change: ['id', 'tenant_id', 'what', 'what_id', 'change', 'origin', 'at'],
  meta: ['name', 'value'],
}

const keysOfTwo: ReadonlySet<Table> = new Set<Table>([
  'product_model',
  'product_pin',
  'device_tag',
  'device_group_member',
  'desired',
  'rule_version',
  'rule_run',
  'rule_trace',
])
export const keyLength = (table: Table): number => (keysOfTwo.has(table) ? 2 : 1)

/** `sequence` row that counts the transactions; `meta` rows of the store itself. */
export const COMMITS = 'commit'
export const SCHEMA_VERSION = 'schema_version'
export const SCHEMA_CRC = 'schema_crc'
