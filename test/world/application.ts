/** An application: REST calls with its key, webhooks to its receiver. */
import type { Agent } from 'node:http'
import type { Application as Row } from '#contracts/registry.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { ask } from '../fakes/http.ts'

export interface Answer {
  status: number
  code: number
  message: string
  data: unknown
}

export interface Application extends Row {
  get(path: string): Promise<Answer>
  put(path: string, body: unknown): Promise<Answer>
  post(path: string, body: unknown): Promise<Answer>
}

/** `base()`: where applications are served now. Paths are those below /application/v1. */
export function application(row: Row, base: () => string, agent: Agent): Application {
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const got = await ask(base(), {
      method,
      path: `/application/v1${path}`,
      headers: { 'App-Key': row.key, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : stringifyExact(body) }),
      agent,
    })
    if (!got.body.startsWith('{')) throw new Error(`${method} ${path} answered ${got.status}: ${got.body}`)
    const { code, message, data } = parseExact(got.body) as { code: number; message: string; data?: unknown }
    return { status: got.status, code: Number(code), message, data: plain(data) }
  }
  return {
    ...row,
    get: (path) => call('GET', path),
    put: (path, body) => call('PUT', path, body),
    post: (path, body) => call('POST', path, body),
  }
}

/** Numbers that a double holds exactly, as numbers; larger ones stay bigint. */
function plain(v: unknown): unknown {
  return JSON.parse(stringifyExact(v) || 'null')
}
