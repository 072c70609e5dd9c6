/** Answers in the form of docs/application-api.md §1. */
import type { FastifyReply } from 'fastify'
import { type Refusal, texts } from './errors.ts'

const TYPE = 'application/json; charset=UTF-8'

/** `data`: JSON text taken as it is, so that digits survive; '' = no data. */
export function answer(reply: FastifyReply, data: string): void {
  const text = data === '' ? '{"code":0,"message":""}' : `{"code":0,"message":"","data":${data}}`
  reply.header('Content-Type', TYPE).send(text)
}

/** Where the request was not served at all (`status` not 200) and it is worth to come back, `Retry-After` says when. */
export function refuse(reply: FastifyReply, { code, message, status }: Refusal, requestId?: string): void {
  reply.code(status).header('Content-Type', TYPE)
  if (status === 429 || status === 503) reply.header('Retry-After', '1')
  if (status === 413 || status === 408) reply.header('Connection', 'close')
  if (requestId !== undefined) reply.header('X-Request-Id', requestId)
  reply.send(JSON.stringify({ code, message }))
}

/** Unknown path or method, as the old cloud said it: always 404 (golden group path). */
export function notFound(reply: FastifyReply): void {
  reply
    .code(404)
    .header('Content-Type', 'text/plain; charset=utf-8')
    .header('X-Content-Type-Options', 'nosniff')
    .send(texts.notFound)
}
