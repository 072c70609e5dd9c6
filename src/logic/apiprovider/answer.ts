/** Answers in the form of docs/application-api.md §1. */
import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { FastifyReply } from 'fastify'
import { endsWithBody } from '#lib/http.ts'
import type { Streamed } from './calls.ts'
import { type Refusal, texts } from './errors.ts'

const TYPE = 'application/json; charset=UTF-8'

/** What an answer in one piece is said to: what fastify has of it, and plain.ts. */
export interface Reply {
  readonly statusCode: number
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(text: string): unknown
  /** absent where it was small */
  readonly request?: { readonly headers: IncomingHttpHeaders }
}

/** `data`: JSON text taken as it is, so that digits survive; '' = no data. */
export function answer(reply: Reply, data: string): void {
  const text = data === '' ? '{"code":0,"message":""}' : `{"code":0,"message":"","data":${data}}`
  reply.header('Content-Type', TYPE)
  reply.send(text)
}

/** Where the request was not served at all (`status` not 200) and it is worth to come back, `Retry-After` says when. */
export function refuse(reply: Reply, { code, message, status }: Refusal, requestId?: string): void {
  reply.code(status)
  reply.header('Content-Type', TYPE)
  if (status === 429 || status === 503) reply.header('Retry-After', '1')
  if (status === 408 || (status === 413 && endsWithBody(reply.request?.headers ?? {}))) reply.header('Connection', 'close')
  if (requestId !== undefined) reply.header('X-Request-Id', requestId)
  reply.send(JSON.stringify({ code, message }))
}

/**
 * Sends pieces as the reader takes them; resolves when the answer has ended, either way. An error before the first piece rejects and nothing
 * is sent; one later cuts the connection, so that the reader sees that it has not all.
 */
export async function stream(reply: FastifyReply, { type, pieces }: Streamed): Promise<void> {
  const first = await pieces.next()
  const source = Readable.from(withFirst(first, pieces), { objectMode: false, highWaterMark: 1 << 16 })
  reply.header('Content-Type', type).header('Cache-Control', 'no-store').send(source)
  await finished(reply.raw).catch(() => source.destroy())
}

async function* withFirst(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    if (!first.done) yield first.value
    yield* rest
  } finally {
    await rest.return(undefined)
  }
}

/** Unknown path or method, as the old cloud said it: always 404 (golden group path). */
export function notFound(reply: FastifyReply): void {
  reply
    .code(404)
    .header('Content-Type', 'text/plain; charset=utf-8')
    .header('X-Content-Type-Options', 'nosniff')
    .send(texts.notFound)
}
