/** Where the device API answers otherwise than the old cloud did in test/vectors/http-device.json, on purpose. */
import type { Difference } from '../vectors/compare.ts'

const json = (body: string): string =>
  `HTTP/1.1 200 OK\nContent-Length: right\nContent-Type: application/json; charset=UTF-8\n${body}`
const unknownDevice = json('{"code":10002,"message":"record not found"}')

export const deviceDifferences: readonly Difference[] = [
  {
    case: 'register device_code uppercase AABB',
    ours: /"device_identifier":"1-1-AABBCC001"/,
    why: 'identifiers are compared exactly; the old cloud gave one device the identity of another whose code differs in case',
  },
  {
    case: 'register device_code 300 chars',
    ours: json('{"code":10001,"message":"device_code has more than 200 characters"}'),
    why: "the limit is the old one, its text was the database driver's",
  },
  {
    case: /^auth (id (0|string|float|too big)|empty body|malformed)$/,
    ours: unknownDevice,
    why: 'a device_id that is missing or none is no device; the old cloud took it for the first device and compared its secret',
  },
  {
    case: 'auth protocol missing',
    ours: json('{"code":0,"message":"","data":{"access_token":"<32 hex>","access_addr":"127.0.0.1:31883"}}'),
    why: 'without a protocol the device means mqtt, as the documents said and the old cloud did not do',
  },
  {
    case: 'HTTP/1.0 request',
    ours: json('{"code":10001,"message":"decrypt message too short"}'),
    why: 'a server answers with the version that it speaks (RFC 9110 §2.5); firmware reads "HTTP/1.1 200"',
  },
  {
    case: 'missing Host',
    ours: /^HTTP\/1\.1 400 Bad Request\n/,
    why: "refused and closed as before; the text was Go's",
  },
]

/** Those, and what is so where all services run. */
export const wholeDifferences: readonly Difference[] = [
  ...deviceDifferences,
  {
    case: 'auth protocol coap',
    ours: /"access_token":"<32 hex>","access_addr":"127\.0\.0\.1:\d+"\}\}$/,
    why: 'the old cloud had no CoAP; ours tells where it listens',
  },
]
