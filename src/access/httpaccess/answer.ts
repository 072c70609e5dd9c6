/** Answers of the device API: bytes that firmware of 2016 parses (docs/device-protocol.md §2; test/vectors/http-device.json). */
import type { ServerResponse } from 'node:http'

/** Codes of this API. Firmware reads them into one octet: none may be a multiple of 256. */
export const code = {
  ok: 0,
  systemFault: 10001,
  deviceNotFound: 10002,
  wrongSecret: 10003,
  protocolUnsupported: 10004,
} as const
export type Code = (typeof code)[keyof typeof code]

export interface Answer {
  code: Code
  message: string
  /** JSON text, keys in their order */
  data?: string
}

export const ok = (data: string): Answer => ({ code: code.ok, message: '', data })
export const failed = (c: Exclude<Code, 0>, message: string): Answer => ({ code: c, message })

/** One line of JSON in the order code, message, data; no data where there is none: firmware stumbles over null. */
export const answerText = (a: Answer): string =>
  `{"code":${a.code},"message":${goString(a.message)}${a.data === undefined ? '' : `,"data":${a.data}`}}`

const GO_ESCAPES: Record<string, string> = {
  '\\b': '\\u0008',
  '\\f': '\\u000c',
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}
/** An answer must stay under 1000 octets; of it, a text may take this. */
const LONGEST = 600

/** JSON string as Go's encoder writes it; without its escapes for browsers where they would make it too long. */
export function goString(text: string): string {
  const json = JSON.stringify(text.toWellFormed())
  const escaped = json.replace(/\\.|[<>&\u2028\u2029]/g, (found) => GO_ESCAPES[found] ?? found)
  return escaped.length > LONGEST ? json : escaped
}

const JSON_TYPE = 'application/json; charset=UTF-8'

/** HTTP 200 with Content-Length, never chunked, and the connection closes: firmware waits for the end. */
export function sendAnswer(res: ServerResponse, a: Answer): void {
  send(res, 200, ['Content-Type', JSON_TYPE], answerText(a))
}

const texts = {
  400: '400 Bad Request\n',
  404: '404 page not found\n',
  408: '408 Request Timeout\n',
  413: '413 Request Entity Too Large\n',
} as const

/** What no device sends: an ordinary HTTP error, as Go's server words it. */
export function sendError(res: ServerResponse, status: keyof typeof texts): void {
  send(res, status, ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'], texts[status])
}

function send(res: ServerResponse, status: number, headers: string[], body: string): void {
  res.writeHead(status, [...headers, 'Content-Length', String(Buffer.byteLength(body)), 'Connection', 'close'])
  res.end(body)
}
