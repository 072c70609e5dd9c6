/** What the parts of this service share. */
import type { Registrystore } from '#core/registrystore/port.ts'
import type { HookSet } from '#lib/hooks.ts'
import type { Logger } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import type { Codecs } from '#protocol/codec.ts'
import type { Keys } from '#protocol/keys.ts'
import type { AuditLog } from './audit/log.ts'
import type { Changes } from './changes.ts'
import type { Lookups } from './lookups.ts'
import type { Secrets } from './secrets.ts'

export { TENANT } from './tenant.ts'

export interface Context {
  store: Registrystore
  secrets: Secrets
  keys: Keys
  clock: Clock
  changes: Changes
  lookups: Lookups
  audit: AuditLog
  hooks: HookSet | undefined
  codecs: Codecs
  /** ms that a token lives without being used */
  tokenLife: number
  log: Logger
}

/** Work that nobody waits for; its failure is logged. */
export function background(log: Logger, what: string, work: Promise<unknown>): void {
  work.catch((err: unknown) => log.warn({ err }, `${what} failed`))
}
