/** Errors as RFC 9457 problems. */
import type { FieldError, Problem } from '#contracts/admin/problem.ts'
import { errorPath } from '#contracts/errortext.ts'
import { type ErrorCode, errorTable, isPandoError, PandoError, toPandoError } from '#lib/errors.ts'

/** The request itself is wrong, field by field. */
export class InvalidRequest extends Error {
  readonly errors: readonly FieldError[]
  constructor(errors: readonly FieldError[]) {
    super('invalid request')
    this.errors = errors
  }
}

/** 412 shows what it is now: what GET of the same path answers, or of what the action is about. */
export class Overtaken extends Error {
  readonly current: unknown
  constructor(current: unknown) {
    super('overtaken')
    this.current = current
  }
}

const SURELY = 500

const begun = new WeakSet<object>()

/** To be thrown on: it came when a first step of several was done. */
export function onceBegun(e: unknown): unknown {
  if (e instanceof Error) begun.add(e)
  return e
}

/** Nothing was done. Errors of the server leave open whether something was. */
export const wasRefused = (e: unknown): boolean =>
  !begun.has(e as object) &&
  (e instanceof InvalidRequest || e instanceof Overtaken || errorTable[toPandoError(e).code].status < SURELY)

export const invalidAt = (pointer: string, code: string, params: Record<string, unknown> = {}): InvalidRequest =>
  new InvalidRequest([{ pointer, code, params }])

export const PROBLEM_TYPE = 'application/problem+json'

interface Told {
  detail?: string
  params?: Record<string, unknown>
  errors?: readonly FieldError[]
  current?: unknown
}

export function problemOf(code: ErrorCode, requestId: string, told: Told = {}): Problem {
  const { status, help } = errorTable[code]
  return {
    type: errorPath(code),
    title: help,
    status,
    ...(told.detail && { detail: told.detail }),
    code,
    params: told.params ?? {},
    request_id: requestId,
    ...(told.errors && { errors: [...told.errors] }),
    ...(told.current !== undefined && { current: told.current }),
  }
}

/** What another service found wrong in the body that it was given. */
function fieldError(e: unknown): FieldError {
  const { pointer = '', code = 'invalid', params = {}, message } = e as Partial<FieldError & { message: string }>
  return { pointer: `/body${pointer}`, code, params: { ...(message !== undefined && { detail: message }), ...params } }
}

/** What a missing thing and a foreign one answer must not differ (S-01); what went wrong inside is not told (S-19). */
const silent = (code: ErrorCode): boolean => errorTable[code].status === 404 || errorTable[code].status === 500

export function problemOfError(e: PandoError, requestId: string): Problem {
  if (silent(e.code)) return problemOf(e.code, requestId)
  const { errors, ...params } = e.params
  const fields = Array.isArray(errors) ? errors.map(fieldError) : undefined
  const detail = typeof params['detail'] === 'string' ? params['detail'] : e.message
  return problemOf(e.code, requestId, { detail, params, ...(fields && { errors: fields }) })
}

/** Values that do not fit the model, with their place in the body; `of` says where those of a label stand. */
export function placed(e: unknown, of: (label: string) => string): unknown {
  if (!isPandoError(e, 'frame_invalid')) return e
  const { label, position, reason = e.code, ...params } = e.params
  if (typeof label !== 'string') return e
  const pointer = of(label) + (typeof position === 'number' ? `/${position - 1}` : '')
  return new PandoError(e.code, e.message, { ...e.params, errors: [{ pointer, code: reason, params }] }, e)
}

/** A name as a part of a JSON Pointer, cut where it is long. */
export const pointerPart = (name: string): string => name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
