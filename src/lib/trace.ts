/** What a request caused, in all processes, under one id: W3C trace context (https://www.w3.org/TR/trace-context/, level 1). */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

export const TRACE_HEADER = 'traceparent'

const storage = new AsyncLocalStorage<string>()
const FORM = /^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/
const NONE = '0'.repeat(32)

/** The id under which this is done, if somebody who called gave one. */
export const traceId = (): string | undefined => storage.getStore()

/** For a call: of the trace that it belongs to, or of a new one. */
export const traceparent = (): string => `00-${traceId() ?? randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`

/** Runs f in the trace of the header; one that makes no sense is none. */
export function inTrace<T>(header: string | string[] | undefined, f: () => T): T {
  const id = FORM.exec(String(header))?.[1]
  return id === undefined || id === NONE ? f() : storage.run(id, f)
}
