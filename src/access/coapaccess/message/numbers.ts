/** Numbers of CoAP: methods and response codes, options, content formats (the IANA registries of RFC 7252 and those that came later). */

const code = (class_: number, detail: number): number => (class_ << 5) | detail

export const EMPTY = 0
export const method = { GET: 1, POST: 2, PUT: 3, DELETE: 4, FETCH: 5, PATCH: 6, iPATCH: 7 } as const
export type Method = keyof typeof method

export const answer = {
  created: code(2, 1),
  deleted: code(2, 2),
  valid: code(2, 3),
  changed: code(2, 4),
  content: code(2, 5),
  continue: code(2, 31),
  badRequest: code(4, 0),
  unauthorized: code(4, 1),
  badOption: code(4, 2),
  forbidden: code(4, 3),
  notFound: code(4, 4),
  methodNotAllowed: code(4, 5),
  notAcceptable: code(4, 6),
  incomplete: code(4, 8),
  preconditionFailed: code(4, 12),
  tooLarge: code(4, 13),
  unsupportedFormat: code(4, 15),
  tooMany: code(4, 29),
  internal: code(5, 0),
  unavailable: code(5, 3),
  proxyingNotSupported: code(5, 5),
} as const

/** Signals of CoAP over TCP (RFC 8323 §5). */
export const signal = { csm: code(7, 1), ping: code(7, 2), pong: code(7, 3), release: code(7, 4), abort: code(7, 5) } as const

/** 2.05 */
export const codeText = (c: number): string => `${c >> 5}.${String(c & 31).padStart(2, '0')}`

export const option = {
  ifMatch: 1,
  uriHost: 3,
  etag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  hopLimit: 16,
  accept: 17,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
  echo: 252,
  noResponse: 258,
  requestTag: 292,
} as const

/** Of the options that requests may carry: least and greatest length, and whether one may come several times (RFC 7252 §5.10). */
export const requestOptions: ReadonlyMap<number, { least: number; most: number; repeats: boolean }> = new Map(
  (
    [
      [option.ifMatch, 0, 8, true],
      [option.uriHost, 1, 255, false],
      [option.etag, 1, 8, true],
      [option.ifNoneMatch, 0, 0, false],
      [option.observe, 0, 3, false],
      [option.uriPort, 0, 2, false],
      [option.uriPath, 0, 255, true],
      [option.contentFormat, 0, 2, false],
      [option.maxAge, 0, 4, false],
      [option.uriQuery, 0, 255, true],
      [option.hopLimit, 1, 1, false],
      [option.accept, 0, 2, false],
      [option.block2, 0, 3, false],
      [option.block1, 0, 3, false],
      [option.size2, 0, 4, false],
      [option.proxyUri, 1, 1034, false],
      [option.proxyScheme, 1, 255, false],
      [option.size1, 0, 4, false],
      [option.echo, 1, 40, false],
      [option.noResponse, 0, 1, false],
      [option.requestTag, 0, 8, true],
    ] as const
  ).map(([no, least, most, repeats]) => [no, { least, most, repeats }]),
)

/** Odd numbers: whoever does not know the option must not go on (§5.4.1). */
export const isCritical = (no: number): boolean => (no & 1) === 1

export const format = { text: 0, link: 40, octets: 42, json: 50, cbor: 60 } as const
