/** Answers of the data API: real HTTP codes, `{code, message}` where something is wrong. */
import type { Answer } from '#lib/plainhttp.ts'

const JSON_TYPE = 'application/json'

/** What a handler says; 200 unless it says otherwise. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  /** seconds after which it may be tried again */
  readonly again: number | undefined
  constructor(status: number, code: string, message: string = code, again?: number) {
    super(message)
    this.status = status
    this.code = code
    this.again = again
  }
}

const statuses: Readonly<Record<string, number>> = {
  plugin_refused: 403,
  taken_over: 409,
  server_busy: 503,
  server_stopping: 503,
  stream_sealed: 503,
  session_gone: 503,
}

/** Of a cause for which a device is not let in, or not any more. */
export const statusOf = (cause: string): number => statuses[cause] ?? 401

const BUSY = 2
export const causeRefusal = (cause: string, reason?: string): Refusal =>
  new Refusal(statusOf(cause), cause, reason ?? cause, statusOf(cause) === 503 ? BUSY : undefined)

export function say(res: Answer, text: string): void {
  if (res.headersSent) return
  res.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(text) }).end(text)
}

export function refuse(res: Answer, status: number, code: string, message = code, again?: number): void {
  if (res.headersSent) return
  const text = JSON.stringify({ code, message })
  const head = res.writeHead(status, {
    'Content-Type': JSON_TYPE,
    'Content-Length': Buffer.byteLength(text),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...(again !== undefined && { 'Retry-After': again }),
  })
  head.end(text)
}
