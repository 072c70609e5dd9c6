/** Whether a request becomes a WebSocket of MQTT, and what it is answered (RFC 6455 §4.2). */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const VERSION = '13'
const KEY = /^[A-Za-z0-9+/]{22}==$/
/** `mqtt` by MQTT 3.1.1 and 5 §6; clients of 3.1 call it otherwise. */
const PROTOCOLS = ['mqtt', 'mqttv3.1']
export const PATH = '/mqtt'

export interface Request {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
}

export const isPath = (url = ''): boolean => /^\/mqtt\/?(?:\?|$)/.test(url)

/**
 * → the head of the answer that makes it one, or why not. `origins`: those of pages besides our own that may; `*` for all. A page's request
 * carries no credential by itself, since the device's token stands in CONNECT; what is kept out is a page that a browser inside a closed
 * network has opened.
 */
export function handshake({ method, url, headers }: Request, origins: readonly string[]): string | Refusal {
  if (!isPath(url)) return { status: 404, message: `MQTT is at ${PATH}` }
  if (method !== 'GET') return { status: 405, message: 'a WebSocket begins with GET', headers: ['Allow: GET'] }
  if (headers['sec-websocket-version'] !== VERSION)
    return {
      status: 426,
      message: `Sec-WebSocket-Version must be ${VERSION}`,
      headers: ['Upgrade: websocket', `Sec-WebSocket-Version: ${VERSION}`],
    }
  const key = headers['sec-websocket-key'] ?? ''
  if (!KEY.test(key)) return { status: 400, message: 'Sec-WebSocket-Key must be 16 octets in base64' }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim())
  const protocol = offered.find((p) => PROTOCOLS.includes(p))
  if (protocol === undefined) return { status: 400, message: `Sec-WebSocket-Protocol must offer ${PROTOCOLS.join(' or ')}` }
  if (!mayOpen(headers, origins))
    return { status: 403, message: 'pages of this origin may not open it (PANDO_MQTTACCESS_WS_ORIGINS)' }
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  const lines = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
  ]
  return head(101, 'Switching Protocols', lines)
}

export interface Refusal {
  status: 400 | 403 | 404 | 405 | 426 | 503
  message: string
  headers?: readonly string[]
}

export function refusalText({ status, message, headers = [] }: Refusal): string {
  const body = `${message}\n`
  const lines = [...headers, 'Content-Type: text/plain; charset=utf-8', `Content-Length: ${Buffer.byteLength(body)}`]
  return head(status, 'Refused', [...lines, 'Connection: close']) + body
}

const head = (status: number, text: string, lines: readonly string[]): string =>
  [`HTTP/1.1 ${status} ${text}`, ...lines, '', ''].join('\r\n')

function mayOpen({ origin, host }: IncomingHttpHeaders, origins: readonly string[]): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host
}
