import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyHead, anyTlvs, fc, u16 } from '../../test/vectors/arbitrary.ts'
import { type Outcome, outcome, testOutcomes } from '../../test/vectors/compare.ts'
import { frameDifferences } from '../../test/vectors/differences.ts'
import { type GoldenValue, goldenValue, hex, octets, vectors } from '../../test/vectors/read.ts'
import { ProtocolError } from './errors.ts'
import {
  type CommandFrame,
  checkFrame,
  decodeCommand,
  decodeEvent,
  decodeStatus,
  type EventFrame,
  eachProperty,
  encodeCommand,
  encodeEvent,
  encodeStatus,
  frameKind,
  frameReasons,
  reason,
  type StatusFrame,
  statusValue,
} from './frames.ts'
import { type Value, writeTlv } from './tlv.ts'

type Param = { tag: number; value?: GoldenValue; value_hex: string; read_error?: string }
type Sub = { params: Param[]; params_count: number; property_num: number; sub_device_id: number }
type Call = { flag: number; no: number; params: Param[]; params_count: number; priority: number; sub_device_id: number }
type Fields = { timestamp: string; token: string } & Partial<Call> & { sub_data?: Sub[]; sub_data_0_params?: number }
type Kind = 'command' | 'event' | 'data'
type Case = { kind: Kind; name: string; hex: string; fields: Fields; unmarshal: Fields }
type Odd = { kind: Kind; name: string; hex: string; error?: string | null; fields?: Fields; panic?: string }
const golden = vectors<{ cases: Case[]; unmarshal_odd: Odd[] }>('frames')

const text = (value: Value): string => (value instanceof Uint8Array ? hex(value) : String(value))
const goldenParam = (p: Param): string =>
  p.value === undefined ? `${p.tag} ${p.read_error}` : `${p.tag} ${text(goldenValue(p.value))}`
const head = (flags: number, timestamp: string | number, token: string): string => `${flags} ${timestamp} ${token}`

/** One line that says all of a frame. */
const goldenLine = (f: Fields): string => {
  const subs = f.sub_data?.map(
    (s) => `[${s.sub_device_id} ${s.property_num} ${s.params_count}: ${s.params.map(goldenParam).join(', ')}]`,
  )
  if (subs !== undefined) return [head(f.flag ?? 0, f.timestamp, f.token), ...subs].join(' ')
  const params = f.params!.map(goldenParam).join(', ')
  return `${head(f.flag!, f.timestamp, f.token)} [${f.sub_device_id} ${f.no} ${f.priority} ${f.params_count}: ${params}]`
}

const list = (f: { values: Value[]; types: number[] }): string => f.values.map((v, i) => `${f.types[i]} ${text(v)}`).join(', ')
const statusLine = (f: StatusFrame): string =>
  [
    head(f.flags, f.timestamp, hex(f.token)),
    ...f.properties.map((p) => `[${p.subDevice} ${p.object} ${p.count}: ${list(p)}]`),
  ].join(' ')
const callLine = (f: CommandFrame | EventFrame): string => {
  const mark = 'truncated' in f && f.truncated ? ' truncated' : ''
  return `${head(f.flags, f.timestamp, hex(f.token))} [${f.subDevice} ${f.no} ${f.priority} ${f.count}: ${list(f)}]${mark}`
}

const decodeLine = (kind: Kind, b: Uint8Array): string => {
  if (kind === 'data') return statusLine(decodeStatus(b))
  return callLine(kind === 'event' ? decodeEvent(b) : decodeCommand(b))
}

const tlvs = (params: Param[]) => ({
  values: params.map((p): Value => (p.value === undefined ? (p.tag === 11 ? new Uint8Array(0) : '') : goldenValue(p.value))),
  types: params.map((p) => p.tag),
})

const encodeFields = (kind: Kind, f: Fields): Uint8Array => {
  const common = { flags: f.flag ?? 0, timestamp: Number(f.timestamp), token: octets(f.token) }
  if (kind === 'data') {
    const properties = f.sub_data!.map((s) => ({ subDevice: s.sub_device_id, object: s.property_num, ...tlvs(s.params) }))
    return encodeStatus({ ...common, properties })
  }
  const call = { ...common, subDevice: f.sub_device_id!, no: f.no!, priority: f.priority!, ...tlvs(f.params!) }
  return kind === 'event' ? encodeEvent(call) : encodeCommand(call)
}

const oddTheirs = (c: Odd): string => {
  if (c.fields?.sub_data_0_params !== undefined) return `${c.fields.sub_data_0_params} values`
  if (c.fields !== undefined) return goldenLine(c.fields)
  return c.error?.endsWith('EOF') ? 'error frame_truncated' : 'error panic'
}

testOutcomes(
  'frames',
  [
    ...golden.cases.map(
      (c): Outcome => ({
        name: `encode ${c.kind} ${c.name}`,
        theirs: c.hex,
        ours: outcome('code', () => hex(encodeFields(c.kind, c.fields))),
      }),
    ),
    ...golden.cases.map(
      (c): Outcome => ({
        name: `decode ${c.kind} ${c.name}`,
        theirs: goldenLine(c.unmarshal),
        ours: outcome('code', () => decodeLine(c.kind, octets(c.hex))),
      }),
    ),
    ...golden.unmarshal_odd.map(
      (c): Outcome => ({
        name: `decode odd ${c.kind} ${c.name}`,
        theirs: oddTheirs(c),
        ours: outcome('code', () => decodeLine(c.kind, octets(c.hex))),
      }),
    ),
  ],
  frameDifferences,
)

// FRM-1
test('status, commands and events come back as they were encoded', () => {
  const property = fc.record({ subDevice: u16, object: u16, tlvs: anyTlvs }).map(({ tlvs: t, ...p }) => ({ ...p, ...t }))
  fc.assert(
    fc.property(anyHead, fc.array(property, { maxLength: 5 }), (h, properties) => {
      const b = encodeStatus({ ...h, properties })
      assert.equal(checkFrame(frameKind.status, b, 0, b.length), 0)
      const counted = properties.map((p) => ({ ...p, count: p.values.length }))
      assert.deepEqual(decodeStatus(b), { ...h, properties: counted })
      const visited: unknown[] = []
      eachProperty(b, 0, b.length, (object, types, values) => visited.push([object, types, values]))
      assert.deepEqual(
        visited,
        properties.map((p) => [p.object, p.types, p.values]),
      )
      if (properties.length > 0) assert.throws(() => eachProperty(b, 0, b.length - 1, () => {}), ProtocolError)
      for (const { object } of properties) {
        const last = properties.findLast((p) => p.object === object)!
        for (let i = 0; i <= last.values.length; i++) {
          const wanted = i < last.values.length ? { type: last.types[i], value: last.values[i] } : undefined
          assert.deepEqual(statusValue(b, object, i), wanted)
        }
      }
    }),
  )
  fc.assert(
    fc.property(anyHead, u16, u16, u16, anyTlvs, fc.nat(5), (h, subDevice, no, priority, t, lead) => {
      const call = { ...h, subDevice, no, priority, ...t }
      const b = Buffer.concat([Buffer.alloc(lead, 9), encodeCommand(call), Buffer.alloc(3, 9)])
      const decoded = { ...call, count: t.values.length }
      assert.deepEqual(decodeCommand(b, lead, b.length - 3), decoded)
      assert.deepEqual(decodeEvent(encodeEvent(call)), { ...decoded, truncated: false })
    }),
  )
})

const event = (type: number, ...values: Value[]): Uint8Array =>
  encodeEvent({ subDevice: 1, no: 7, priority: 0, values, types: values.map(() => type) })

// FRM-2
test('old firmware: an event two bytes short keeps what is there, marked truncated', () => {
  const cases: [number, Value[], Value[]][] = [
    [9, [1, 0x01020304], [1, 0x01020000]],
    [2, [1.5], [1.5]],
    [6, [-1n], [-65536n]],
    [7, [5, 6], [5]],
    [8, [5, 6], [5, 0]],
    [13, [true], []],
    [12, ['fire'], ['fi']],
    [12, ['a', ''], ['a', '']],
    [11, [Uint8Array.of(1)], [new Uint8Array(0)]],
  ]
  for (const [type, sent, kept] of cases) {
    const whole = event(type, ...sent)
    assert.equal(checkFrame(frameKind.event, whole, 0, whole.length - 2), 0, `type ${type}`)
    const frame = decodeEvent(whole, 0, whole.length - 2)
    assert.deepEqual([frame.values, frame.truncated, frame.count], [kept, true, sent.length], `type ${type}`)
    assert.equal(frame.types.length, kept.length)
  }
})

// FRM-2
test('old firmware: a missing count of an event means 0', () => {
  const frame = decodeEvent(event(7), 0, 31)
  assert.deepEqual([frame.no, frame.count, frame.values, frame.truncated], [7, 0, [], false])
  assert.equal(checkFrame(frameKind.event, event(7), 0, 32), reason.frame_truncated)
})

test('the count of an event is not believed: values are read to the end, as the old cloud did', () => {
  const b = event(7, 5, 6)
  b[32] = 1
  assert.deepEqual([decodeEvent(b).values, decodeEvent(b).count, decodeEvent(b).truncated], [[5, 6], 1, false])
  b[32] = 3
  assert.deepEqual([decodeEvent(b).values, decodeEvent(b).count, decodeEvent(b).truncated], [[5, 6], 3, true])
})

test('an event that lacks more than two bytes, and any short status or command, is not well-formed', () => {
  const whole = event(9, 1)
  assert.equal(checkFrame(frameKind.event, whole, 0, whole.length - 3), reason.tlv_truncated)
  assert.equal(checkFrame(frameKind.command, whole, 0, whole.length - 2), reason.tlv_truncated)
  const status = encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [1], types: [9] }] })
  for (let n = 0; n < status.length; n++) {
    const expected = n === 25 ? reason.ok : n < 25 ? reason.frame_truncated : n < 31 ? reason.property_truncated : undefined
    const got = checkFrame(frameKind.status, status, 0, n)
    if (expected === undefined) assert.ok(got === reason.tlv_missing || got === reason.tlv_truncated)
    else assert.equal(got, expected, `${n} bytes`)
  }
})

test('B-08 unknown types, lengths up to 65535, trailing bytes: a reason each, and the typed error', () => {
  const frame = (tail: string): Uint8Array => octets(`${'00'.repeat(25)}0001000100000001${tail}`)
  const cases: [number, string, number][] = [
    [frameKind.command, '000e01', reason.tlv_unknown_type],
    [frameKind.command, '010701', reason.tlv_unknown_type],
    [frameKind.event, '000001', reason.tlv_unknown_type],
    [frameKind.event, '01', reason.tlv_truncated],
    [frameKind.event, '000bffff', reason.tlv_truncated],
    [frameKind.command, '000cfffd00', reason.tlv_truncated],
    [frameKind.command, '', reason.tlv_missing],
    [frameKind.command, '00070100', reason.frame_trailing_bytes],
    [9, '000701', reason.frame_kind_unknown],
  ]
  for (const [kind, tail, expected] of cases) {
    const b = frame(tail)
    assert.equal(frameReasons[checkFrame(kind, b, 0, b.length)], frameReasons[expected], tail)
  }
  assert.throws(() => decodeCommand(frame('000e01')), { code: 'tlv_unknown_type' })
})

// FRM-3
test('the numbers of reasons are stored in logs and never change', () => {
  assert.deepEqual(frameReasons, [
    'ok',
    'frame_truncated',
    'property_truncated',
    'tlv_missing',
    'tlv_truncated',
    'tlv_unknown_type',
    'frame_trailing_bytes',
    'frame_kind_unknown',
  ])
  assert.deepEqual(Object.values(reason), [...frameReasons.keys()])
})

test('what no frame can carry is refused when it is encoded', () => {
  const call = { subDevice: 1, no: 1, priority: 0, values: [], types: [] }
  const bad = [
    { no: 65536 },
    { subDevice: -1 },
    { priority: 0.5 },
    { timestamp: -1 },
    { token: new Uint8Array(15) },
    { types: [7] },
  ]
  for (const wrong of bad) assert.throws(() => encodeCommand({ ...call, ...wrong }), ProtocolError, JSON.stringify(wrong))
  const many = new Array<number>(65536).fill(7)
  assert.throws(() => encodeEvent({ ...call, values: many, types: many }), { code: 'frame_too_long' })
})

test('a frame decodes the same whatever follows it in the buffer', () => {
  const b = new Uint8Array(64).fill(0xff)
  writeTlv(b, 0, 7, 1)
  const e = event(12, 'x')
  b.set(e, 8)
  assert.deepEqual(decodeEvent(b, 8, 8 + e.length), decodeEvent(e))
})
