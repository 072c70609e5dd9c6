import type { Difference } from './compare.ts'

const noLength = 'without its length an empty value cannot be told from what follows it; the protocol writes the length 0000'
const wrapped = 'the old cloud wrapped numbers around or cut them, and devices were set to values that nobody had asked for'
const crashed = 'the old cloud crashed (HTTP 500); an application needs an error that it can read'
const exact = '64-bit integers keep every digit'
const boolWorks = 'bool is a type of the protocol that the old cloud never finished'
const tooLong = 'a length of 16 bits ends at 65535; the old cloud wrapped it around and broke the frame'
const zeros = 'the old cloud made up octets that never came; ours keeps the raw frame with the reason'
const noNumber = 'JSON has no such number; the old cloud answered HTTP 500'

const wrongType = { ours: 'error value_wrong_type', why: crashed }
const outOfRange = { ours: 'error value_out_of_range', why: wrapped }

export const tlvDifferences: readonly Difference[] = [
  { case: 'encode string ""', ours: '000c0000', why: noLength },
  { case: 'encode bytes "ab" × 65537', ours: 'error value_wrong_type', why: tooLong },
  { case: 'encode string "\ufffd\ufffd"', ours: '000c0006efbfbdefbfbd', why: 'text is Unicode; octets that are not go as bytes' },
  { case: /^json float64 "(NaN|[+-]Inf)"$/, ours: 'null', why: noNumber },
  { case: 'json bytes "ab" × 65537', ours: /^"q6ur/, why: tooLong },
  { case: /^read truncated (uint8 \(tag only\)|float64)$/, ours: 'error tlv_truncated', why: zeros },
  { case: 'read string len missing', ours: 'error tlv_truncated', why: noLength },
  { case: 'read bytes len 65535 (uint16 overflow)', ours: 'error tlv_truncated', why: crashed },
  { case: 'read bool tag 13', ours: '13 true', why: boolWorks },
  { case: 'read empty input', ours: 'error tlv_missing', why: 'nothing is there, not even a type' },
  { case: /^cast -?1\.9 as u?int\d+$/, ours: 'error value_not_integer', why: wrapped },
  { case: /^cast ("[^"]*"|true|null|\[1\]|\{"a":1\}) as (float|u?int)\d+$/, ...wrongType },
  { case: /^cast (-?\d[\d.e]*|null|\[1\]|\{"a":1\}) as (bytes|string)$/, ...wrongType },
  { case: 'cast "" as bytes', ours: '000b0000', why: noLength },
  { case: /^cast (256|65535|\d{10,}|1e\d+) as int8$/, ...outOfRange },
  { case: /^cast (\d{10,}|-?1e\d+) as int16$/, ...outOfRange },
  { case: /^cast (\d{10,}|1e\d+) as int32$/, ...outOfRange },
  { case: /^cast (18446744073709551615|-?1e\d+) as int64$/, ...outOfRange },
  { case: /^cast (-128|256|65535|\d{10,}|1e\d+) as uint8$/, ...outOfRange },
  { case: /^cast (-12[89]|65536|\d{10,}|-?1e\d+) as uint16$/, ...outOfRange },
  { case: /^cast (-1|-129|\d{16,}|-?1e\d+) as uint32$/, ...outOfRange },
  { case: /^cast (-12[89]|1e300) as uint64$/, ...outOfRange },
  { case: 'cast 9007199254740993 as int64', ours: '00060020000000000001', why: exact },
  { case: 'cast 9223372036854775807 as int64', ours: '00067fffffffffffffff', why: exact },
  { case: 'cast 9007199254740993 as uint64', ours: '000a0020000000000001', why: exact },
  { case: 'cast 9223372036854775807 as uint64', ours: '000a7fffffffffffffff', why: exact },
  { case: 'cast 18446744073709551615 as uint64', ours: '000affffffffffffffff', why: exact },
  { case: 'cast true as bool', ours: '000d01', why: boolWorks },
  { case: /^cast (?!true).* as bool$/, ours: 'error value_wrong_type', why: `${boolWorks}; it takes true and false only` },
]

const trueCount = 'a wrong count crashes devices: what goes down has the count of its values, and a status or command with another is not decoded'
const clock = 'a time is a JavaScript number, exact for the next 285 000 years; 2⁶⁴ − 1 is read as the double next to it and never written'
const allOnes = { ours: 'error value_out_of_range', why: clock }

export const frameDifferences: readonly Difference[] = [
  { case: 'encode command empty bytes', ours: /^00000000006553f1.*000b0000$/, why: noLength },
  { case: 'encode event all types', ours: /^ff0000000000000001.*000b0000000c0000$/, why: noLength },
  { case: 'encode data empty string inside', ours: /000c00700001000c00000007006b0001000701$/, why: noLength },
  { case: 'encode command all types', ...allOnes },
  { case: 'encode data all types', ...allOnes },
  { case: 'encode command params_count does not match params', ours: /0001000100000001000701$/, why: trueCount },
  { case: 'encode data count larger than params', ours: /000100010001000701$/, why: trueCount },
  { case: 'decode command empty bytes', ours: 'error tlv_truncated', why: noLength },
  { case: 'decode event all types', ours: 'error tlv_truncated', why: `${zeros}: here a text whose length is the type of the next value` },
  { case: /^decode (command|data) all types$/, ours: /^\d 18446744073709552000 .* 10 18446744073709551615, 11 0102ff, 12 str\]$/, why: clock },
  { case: 'decode command params_count does not match params', ours: 'error tlv_missing', why: trueCount },
  { case: 'decode data count larger than params', ours: 'error tlv_missing', why: trueCount },
  { case: 'decode odd command one trailing byte', ours: 'error frame_trailing_bytes', why: trueCount },
  {
    case: 'decode odd event params beyond count are still read',
    ours: /\[0 0 0 0: 7 1, 7 2, 7 3\] truncated$/,
    why: 'one byte of a fourth value is an event two bytes short, as old firmware sends them; the old cloud lost the whole event',
  },
  { case: 'decode odd event string with overflow length', ours: 'error tlv_truncated', why: crashed },
  { case: 'decode odd event string length 65533 without data', ours: 'error tlv_truncated', why: zeros },
  { case: 'decode odd data count 65535 no params', ours: 'error tlv_missing', why: zeros },
  { case: 'decode odd data bool tag then byte', ours: /\[13 113 1: 13 true\]$/, why: boolWorks },
]

const wholeKey = 'a key has 64 hex digits; the old cloud decoded an id from parts of keys, and ids alone let applications in'
const keyForm = { ours: 'error invalid key format.', why: 'texts of the key decoder are free: one text for one mistake' }

export const keyDifferences: readonly Difference[] = [
  { case: /^decode (empty|not hex|odd)$/, ...keyForm },
  { case: /^decode (48 bytes|truncated to (31|24) bytes)$/, ours: 'error invalid key format.', why: wholeKey },
]

export const identifierDifferences: readonly Difference[] = [
  {
    case: 'domain "product/10" covers 1-a-3333-11111',
    ours: 'true',
    why: 'device codes may hold `-`; the old cloud refused such devices to every application',
  },
]

const named = 'the message names label, position, expected type and range; the old cloud crashed (HTTP 500)'
const nameless = 'an object that the product does not have has no name; it is reported beside the values and kept raw'

export const modelDifferences: readonly Difference[] = [
  { case: /^status to JSON: (unknown object number -> key ""|two unknown objects)$/, ours: '{}', why: nameless },
  { case: /^event to JSON: empty string made by MakeTLV/, ours: '{"alarm":[""]}', why: noLength },
  {
    case: 'JSON to status: {"atmosphere":["1",2,3]}',
    ours: 'error wrong value at position 1 (red) of atmosphere: expected uint16 (0 to 65535), got "1"',
    why: named,
  },
  { case: 'JSON to status: {"o_bytes":[""]}', ours: '000b006f0001000b0000', why: noLength },
  { case: 'JSON to status: {"o_bool":[true]}', ours: '000d00710001000d01', why: boolWorks },
  { case: 'JSON to status: {"o_bool":[1]}', ours: 'error wrong value at position 1 (v) of o_bool: expected bool, got 1', why: boolWorks },
  { case: 'JSON to command: {"flag":[true]}', ours: /0001000600010001000d01$/, why: boolWorks },
  {
    case: 'JSON to command: {"say":[1]}',
    ours: 'error wrong value at position 1 (text) of say: expected string (at most 65535 bytes), got 1',
    why: named,
  },
  { case: 'JSON to command: {}', ours: 'error exactly one command a call', why: 'the old cloud sent the command 0, which no device knows' },
]
