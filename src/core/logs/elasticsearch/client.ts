/** The calls: the template where there is none, then _bulk. Ids make it harmless to send a line twice. */
import { Pool } from 'undici'
import type { Line } from './buffer.ts'
import type { ElasticSettings } from './settings.ts'
import { template, templateName } from './template.ts'

export interface Sent {
  /** not taken, for now */
  again: Line[]
  /** never taken */
  refused: number
  why?: unknown
}

export interface BulkClient {
  /** Rejects if nothing is known to have been taken. */
  send(lines: Line[]): Promise<Sent>
  close(): Promise<void>
}

const CALL_MS = 10_000
const CONFLICT = 409
const TOO_MANY = 429

interface BulkAnswer {
  errors?: boolean
  items?: { create?: { status: number; error?: { type?: string; reason?: string } } }[]
}

export function bulkClient(o: ElasticSettings): BulkClient {
  const connect = { ...o.tls, timeout: 3000 }
  const pools = o.origins.map((origin) => new Pool(origin, { connections: 1, headersTimeout: CALL_MS, connect }))
  let turn = 0
  let prepared = !o.template

  async function call(method: 'HEAD' | 'PUT' | 'POST', path: string, body?: string, type = 'application/json') {
    const headers = { 'content-type': type, ...(o.authorization && { authorization: o.authorization }) }
    try {
      const signal = AbortSignal.timeout(CALL_MS)
      const answer = await pools[turn % pools.length]!.request({ method, path, headers, body: body ?? null, signal })
      const text = await answer.body.text()
      if (answer.statusCode >= 500 || answer.statusCode === TOO_MANY) throw refusal(answer.statusCode, text)
      return { status: answer.statusCode, text }
    } catch (e) {
      turn++
      throw e
    }
  }

  /** Who may write only cannot look either: then it is somebody else's work. */
  async function prepare(): Promise<void> {
    const path = `/_index_template/${templateName(o.stream)}`
    const there = await call('HEAD', path)
    if (there.status === 404) {
      const made = await call('PUT', path, JSON.stringify(template(o.stream)))
      if (made.status >= 300 && made.status !== 403) throw refusal(made.status, made.text)
    } else if (there.status === 401) throw refusal(401, 'user, password or API key is wrong')
    prepared = true
  }

  return {
    async send(lines) {
      if (!prepared) await prepare()
      const body = lines.map(({ id, text }) => `{"create":{"_id":"${id}"}}\n${text}\n`).join('')
      const { status, text } = await call('POST', `/${o.stream}/_bulk`, body, 'application/x-ndjson')
      if (status >= 300) throw refusal(status, text)
      return sentOf(JSON.parse(text) as BulkAnswer, lines)
    },
    async close() {
      await Promise.all(pools.map((p) => p.destroy()))
    },
  }
}

/** Each line has its own answer. */
function sentOf({ errors, items = [] }: BulkAnswer, lines: readonly Line[]): Sent {
  if (!errors) return { again: [], refused: 0 }
  const again: Line[] = []
  let refused = 0
  let why: unknown
  for (const [i, line] of lines.entries()) {
    const { status = 200, error } = items[i]?.create ?? {}
    if (status < 300 || status === CONFLICT) continue
    why ??= refusal(status, `${error?.type ?? ''}: ${error?.reason ?? ''}`)
    if (status === TOO_MANY || status >= 500) again.push(line)
    else refused++
  }
  return { again, refused, why }
}

const refusal = (status: number, text: string): Error => new Error(`status ${status}: ${text.slice(0, 300)}`)
