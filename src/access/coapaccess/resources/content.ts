/** Bodies by their content format. */
import { toPandoError } from '#lib/errors.ts'
import { decodeCbor, encodeCbor } from '#protocol/cbor.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseExact, stringifyExact } from '#protocol/json.ts'
import { answer, format as formats, option } from '../message/numbers.ts'
import { uintIn } from '../message/options.ts'
import type { Exchange } from '../server/exchange.ts'
import { failure, type Response } from '../server/response.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What the body says; undefined: its format is none that says something by names. Throws a ProtocolError. */
export function saidIn(ex: Exchange, format: number): { said: unknown } | undefined {
  if (format === formats.cbor) return { said: decodeCbor(ex.payload) }
  if (format !== formats.json) return undefined
  let text: string
  try {
    text = utf8.decode(ex.payload)
  } catch {
    throw new ProtocolError('json_wrong_format', {}, 'malformed JSON: it is not UTF-8')
  }
  return { said: parseExact(text) }
}

export const formatOf = (ex: Exchange): number | undefined => uintIn(ex, option.contentFormat)

/** The value as the client wants it (Accept), or as it spoke itself. */
export function saying(code: number, value: object, format: number): Response {
  const payload = format === formats.cbor ? encodeCbor(value) : Buffer.from(stringifyExact(value))
  return { code, format: format === formats.cbor ? formats.cbor : formats.json, payload }
}

/** An error as a device reads it; what it cannot know stays in our log. */
export function errorResponse(e: unknown): Response {
  if (e instanceof ProtocolError) return failure(answer.badRequest, `${e.code}: ${e.detail}`)
  const error = toPandoError(e)
  if (error.retry) return failure(answer.unavailable, error.code, 5)
  const code = codes[error.code]
  return code === undefined ? { code: answer.internal } : failure(code, `${error.code}: ${error.message}`)
}

const codes: Partial<Record<string, number>> = {
  invalid: answer.badRequest,
  key_invalid: answer.badRequest,
  key_mismatch: answer.badRequest,
  product_unknown: answer.badRequest,
  protocol_unsupported: answer.badRequest,
  registration_closed: answer.forbidden,
  registration_once: answer.forbidden,
  plugin_refused: answer.forbidden,
  device_unknown: answer.notFound,
  secret_wrong: answer.unauthorized,
}
