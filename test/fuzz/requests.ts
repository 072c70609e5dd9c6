/** Requests of applications as nobody writes them: paths, headers and bodies mutated, the frame of HTTP kept or not. */
import { mutate, type Random } from './random.ts'

export const KEY = 'a'.repeat(64)

const methods = ['GET', 'PUT', 'POST', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']
const segments = [
  ...[
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    '%00',
    '%',
    '%zz',
    '%C0%AF',
    '%ED%A0%80',
    '%F0%9F%98%80',
    '%25%32%66',
    '*',
    ':identifier',
    '~',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '1-2-rich',
    '1-2-',
    '1-2-%22%27',
    '-1--1-x',
    '1-2-rich;a=b',
    'x'.repeat(3000),
  ],
]
const calls: [string, string][] = [
  ['GET', 'info'],
  ['GET', 'status/latest'],
  ['GET', 'status/current'],
  ['PUT', 'status'],
  ['POST', 'commands'],
  ['POST', 'commands?timeout=1'],
  ['POST', 'rules'],
]
const queries = [
  '',
  '?',
  '?timeout=',
  '?timeout=1&timeout=2',
  '?timeout=__proto__',
  '?__proto__=1',
  '?a[b]=c',
  '?%',
  '?=&&=',
  `?${'a=1&'.repeat(300)}`,
]
const deep = '['.repeat(3000)
const bodies = [
  ...[
    '{"light":[1,2]}',
    '{"light":[1,2],"light":[3,4]}',
    '{"all":[1.5,0.1,-1,-2,-3,-4,255,65535,4294967295,1000,"bytes","str"]}',
    '{}',
    '',
  ],
  ...[
    '{"say":["hello"]}',
    '{"__proto__":[1,2]}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"o_int64":[9007199254740993]}',
  ],
  ...[
    '{"o_float64":[1e999999]}',
    `{"o_int64":[${'9'.repeat(400)}]}`,
    '{"o_string":["\\ud800"]}',
    '{"o_float64":[-0.0]}',
    '[]',
    'null',
    'NaN',
    '{"switch":[1,2]} x',
  ],
  ...[deep, `{"light":${deep}`, '"\\u0000"', '{"o_bytes":["\\u00ff"]}', `{"${'k'.repeat(5000)}":[1]}`],
]
const keys = [KEY, KEY, KEY, '', 'xyz', 'A'.repeat(64), `${KEY},${KEY}`, 'é', 'f'.repeat(64), '0'.repeat(5000), '__proto__']
const types = ['application/json', 'text/plain', '', 'nonsense', 'a/b; charset=;;', 'multipart/form-data; boundary=x']

/** Ends a connection. Without a body: what is unread when a server closes resets the connection, and answers are lost. */
export const goodbye = Buffer.from(
  `GET /application/v1/devices/1-2-rich/info HTTP/1.1\r\nHost: a\r\nApp-Key: ${KEY}\r\nConnection: close\r\n\r\n`,
)

/** A request that the HTTP parser takes; what is in it is anybody's guess. */
export function framed(r: Random): Buffer {
  const [usual, path] = r.pick(calls)
  const method = r.once(8) ? r.pick(methods) : usual
  const body = bodyOf(r)
  const head = [
    `${method} ${pathOf(r, path)} HTTP/1.1`,
    'Host: localhost',
    `App-Key: ${r.pick(keys)}`,
    ...(r.once(3) ? [`Content-Type: ${r.pick(types)}`] : []),
    ...(r.once(20) ? ['Content-Encoding: gzip'] : []),
    ...(r.once(20) ? [`X-Request-Id: ${r.pick(segments)}`] : []),
  ]
  return r.once(6) ? chunked(r, head, body) : whole(head, body)
}

/** Anything: a request with octets changed anywhere, so that it may be none. */
export const broken = (r: Random): Buffer => mutate(framed(r), r)

const pathOf = (r: Random, path: string): string => {
  if (r.once(30)) return `/application/v1/device/info?device_key=${r.pick(keys).replace('é', '%C3%A9')}`
  const prefix = r.once(10) ? '/v1/application/device' : '/application/v1/devices'
  const identifier = r.once(2) ? '1-2-rich' : r.pick(segments)
  return `${prefix}/${identifier}/${r.once(10) ? r.pick(segments) : path}${r.once(6) ? r.pick(queries) : ''}`
}

const bodyOf = (r: Random): Buffer => {
  const body = Buffer.from(r.pick(bodies))
  return r.once(2) ? mutate(body, r) : body
}

const whole = (head: string[], body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n`, 'latin1'), body])

function chunked(r: Random, head: string[], body: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from(`${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n`, 'latin1')]
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + r.below(200))
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}
