/** What a database's error means for whoever called. */
import { reasonOf } from '#core/remote/health.ts'
import { TimedOut } from '#core/remote/within.ts'
import { type ErrorCode, PandoError, toPandoError } from '#lib/errors.ts'
import { Lost, Unreached } from './session.ts'

/**
 * `repeat`: the database undid the transaction, which may be done again. `busy`: another one held what it needs for too long. `lost`: the
 * server ends the connection. `readonly`: it may not be written to (any more). `denied`: the operator must give a right.
 */
export type Kind =
  | 'conflict'
  | 'repeat'
  | 'busy'
  | 'lost'
  | 'readonly'
  | 'unavailable'
  | 'denied'
  | 'too_large'
  | 'disk_full'
  | 'damaged'

const codes: Record<Kind, ErrorCode> = {
  conflict: 'conflict',
  repeat: 'unavailable',
  busy: 'unavailable',
  lost: 'unavailable',
  readonly: 'unavailable',
  unavailable: 'unavailable',
  denied: 'unavailable',
  too_large: 'too_large',
  disk_full: 'disk_full',
  damaged: 'store_damaged',
}

export type Kinds = Readonly<Record<string, Kind>>

/** By name or number of the error. */
export function kindOf(kinds: Kinds, e: unknown): Kind | undefined {
  const { code, errno } = (e ?? {}) as { code?: unknown; errno?: unknown }
  return kinds[String(code)] ?? kinds[String(errno)]
}

/** Whether the server ends this connection with it, or it is of no use any more. */
export const endsSession = (kinds: Kinds, e: unknown): boolean => ['lost', 'readonly'].includes(kindOf(kinds, e) ?? '')

export function sqlFailure(kinds: Kinds, e: unknown, where: string): PandoError {
  if (e instanceof PandoError) return e
  const text = `${where}: ${reasonOf(e)}`
  if (e instanceof Lost || e instanceof TimedOut || e instanceof Unreached)
    return new PandoError('unavailable', text, { where }, e)
  const kind = kindOf(kinds, e)
  if (kind === undefined) return toPandoError(e)
  if (kind === 'busy') {
    return new PandoError('unavailable', `${where}: another process has been writing for too long: ${reasonOf(e)}`, { where }, e)
  }
  return new PandoError(codes[kind], text, kind === 'damaged' ? { file: where } : { where }, e)
}

/**
 * Whether a transaction that failed so may be done once more from its beginning; `ending`: in its commit, of which only the server's
 * own word says that it did not happen.
 */
export const mayRepeat = (kinds: Kinds, e: unknown, ending: boolean): boolean =>
  kindOf(kinds, e) === 'repeat' || (!ending && e instanceof Lost)
