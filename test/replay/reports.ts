/** What the device answered to "report status" in the golden cases of group `current`, as frames. */
import { encodeStatus } from '#protocol/frames.ts'
import type { Value } from '#protocol/tlv.ts'
import { octets } from '../vectors/read.ts'

const status = (...properties: [object: number, types: number[], values: Value[], part?: number][]): Uint8Array =>
  encodeStatus({ properties: properties.map(([object, types, values, subDevice = 2]) => ({ subDevice, object, types, values })) })

const header = '00'.repeat(25)
const hello = 'héllo <b>&"'

export const reports: Record<string, Uint8Array> = {
  'light ok': status([200, [7, 8], [1, 500]]),
  'empty status (no sub data)': status(),
  'same object twice (last wins)': status([200, [7, 8], [1, 1]], [200, [7, 8], [2, 2]]),
  'object with fewer params than config': status([200, [7], [9]]),
  'object of other part (part ignored)': status([200, [7, 8], [1, 1], 9]),
  'all types': status([
    1,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    [1.5, Math.fround(0.1), -1, -2, -3, -4n, 255, 65535, 4294967295, 18446744073709551615n, octets('0102ff'), hello],
  ]),
  'int64 min/max, uint64 max': status([106, [6], [-(2n ** 63n)]], [110, [10], [2n ** 64n - 1n]]),
  'float formats': status([
    1,
    [1, 1, 1, 1, 2, 2, 2, 1],
    [1e21, 1e20, 1e-7, 123456789.125, Math.fround(0.1), Math.fround(1e21), 16777216, -0],
  ]),
  NaN: status([101, [1], [Number.NaN]]),
  '+Inf': status([101, [1], [Number.POSITIVE_INFINITY]]),
  'wrong type than config (string in uint8 object)': status([107, [12], ['x']]),
  'empty string / empty bytes': status([111, [11], [new Uint8Array()]], [112, [12], ['']]),
  'unknown tlv tag 13 (bool)': status([113, [13], [true]]),
  'truncated frame: paramscount 2 but one param': octets(`${header}000200c80002000701`),
}
