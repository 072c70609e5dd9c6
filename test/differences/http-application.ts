/** Where `/application/v1` answers otherwise than the old cloud did in test/vectors/http-application.json, on purpose. */
import type { Difference } from '../vectors/compare.ts'

const exactly = 'identifiers are compared exactly; the old cloud took the one of another case for the same'
const latest = 'status/latest was an empty handler; ours answers the last known values, also of a device that is offline'
const noNumber = 'JSON has no such number; the old cloud answered HTTP 500'
const boolWorks = 'bool is a type of the protocol that the old cloud never finished'
const crashed = 'the old cloud crashed (HTTP 500); an application needs an error that it can read'
const wrapped = 'the old cloud wrapped numbers around or cut them, and devices were set to values that nobody had asked for'
const digits = '64-bit integers keep every digit'
const noLength = 'without its length an empty value cannot be told from what follows it; the protocol writes the length 0000'
const priority = "the priority of the product's configuration is passed on; the old cloud sent 0"
const rules = 'a rule is checked when it is saved; the old cloud kept what never ran and answered code 0'

const ok = (data: string): string => `200 application/json; charset=UTF-8 0 ${data}`
const denied = /^200 application\/json; charset=UTF-8 10008 ./
const format = /^200 application\/json; charset=UTF-8 10005 [^*]+$/
const label = /10005 wrong value at position 1 \(\w+\) of \w+: expected u?(int8|float32) .*, got /

export const applicationDifferences: readonly Difference[] = [
  {
    case: 'info: by key, wrong App-Key',
    ours: denied,
    why: 'the old cloud forgot to check the App-Key here; a setting opens it again',
  },
  {
    case: 'info: identifier with 4 pieces',
    ours: ok('{"description":"every value type","identifier":"1-1-a-b-c","name":"docs product","version":"1.0.0"}'),
    why: 'a device code may hold "-"; the old cloud registered such devices and then never found them',
  },
  { case: 'info: identifier different case', ours: /^200 application\/json; charset=UTF-8 10003 ./, why: exactly },
  { case: /^(offline|latest): status\/latest( online)?$/, ours: /^200 application\/json; charset=UTF-8 0 \{.*\}$/, why: latest },
  { case: /^current: (NaN|\+Inf)$/, ours: ok('{"o_float64":[null]} device: c fffffff800630000'), why: noNumber },
  { case: 'current: unknown tlv tag 13 (bool)', ours: ok('{"o_bool":[true]} device: c fffffff800630000'), why: boolWorks },
  { case: /^set: (bool for number|null in array|array in array)$/, ours: label, why: crashed },
  { case: 'command: wrong type', ours: label, why: crashed },
  { case: /^(set|command): JSON (array|null)$/, ours: format, why: crashed },
  { case: /^set: (negative for uint8|256 for uint8|1\.9 for uint8|1e300 float32)$/, ours: label, why: wrapped },
  { case: 'set: 2^53+1 for int64', ours: ok('device: s 0006006a000100060020000000000001'), why: digits },
  { case: 'set: max uint64', ours: ok('device: s 000a006e0001000affffffffffffffff'), why: digits },
  { case: 'set: empty string', ours: ok('device: s 000c00700001000c0000'), why: noLength },
  { case: 'set: empty bytes', ours: ok('device: s 000b006f0001000b0000'), why: noLength },
  { case: 'command: all types', ours: /charset=UTF-8 0 device: c 000100020005000c00013ff8.*000c0003737472$/, why: priority },
  { case: 'command: string', ours: ok('device: c 0001000400010001000c000568656c6c6f'), why: priority },
  { case: 'command: empty string', ours: ok('device: c 0001000400010001000c0000'), why: `${priority}; ${noLength}` },
  { case: 'command: bool type', ours: ok('device: c 0001000600010001000d01'), why: boolWorks },
  {
    case: 'command: empty map',
    ours: format,
    why: 'exactly one command a call; the old cloud sent command 0, which no device has',
  },
  { case: /^rules: (empty object|unknown type|offline device ok)$/, ours: format, why: rules },
  { case: /^rules: (too long action|type too long)$/, ours: /^200 application\/json; charset=UTF-8 10005 ./, why: rules },
]
