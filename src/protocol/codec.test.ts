import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  builtInCodecs,
  type Codec,
  type Command,
  encodeFor,
  foreignFrame,
  nativeFrame,
  pandoCodec,
  type Report,
} from './codec.ts'
import { type ProtocolCode, ProtocolError } from './errors.ts'
import { decodeCommand, decodeEvent, decodeStatus, encodeCommand, encodeEvent, encodeStatus } from './frames.ts'
import { commandFromJson, parseModel, statusFromJson } from './model.ts'

const config = {
  codec: 'words',
  objects: [
    {
      no: 3,
      label: 'light',
      part: 2,
      status: [
        { value_type: 7, name: 'on' },
        { value_type: 2, name: 'level' },
      ],
    },
    { no: 4, label: 'raw', part: 1, status: [{ value_type: 11, name: 'b' }] },
  ],
  commands: [{ no: 5, name: 'blink', part: 1, priority: 3, params: [{ value_type: 10, name: 'times' }] }],
  events: [{ no: 6, name: 'pressed', part: 1, priority: 1, params: [{ value_type: 12, name: 'how' }] }],
}
const model = parseModel(config)
const saying = (report: () => Report): Codec => ({ decode: report, encode: (c) => Buffer.from(JSON.stringify(c)) })
const codecs = (codec: Codec) => new Map([...builtInCodecs, ['words', codec]])
const octets = Uint8Array.of(1, 2)
const code =
  (c: ProtocolCode, text = /./) =>
  (e: unknown) =>
    e instanceof ProtocolError && e.code === c && text.test(e.detail)

test('a foreign status becomes the frame that says the same', () => {
  const report = { timestamp: 9, status: { raw: [octets], light: [1, 0.5] } }
  const frame = decodeStatus(nativeFrame(codecs(saying(() => report)), model, 'status', octets))
  assert.equal(frame.timestamp, 9)
  assert.deepEqual(
    frame.properties.map((p) => [p.subDevice, p.object, p.values, p.types]),
    [
      [1, 4, [octets], [11]],
      [2, 3, [1, 0.5], [7, 2]],
    ],
  )
})

test('a foreign event becomes the frame that says the same; events of the platform too', () => {
  const said = (event: Report['event']) => decodeEvent(nativeFrame(codecs(saying(() => ({ event }))), model, 'event', octets))
  assert.deepEqual(
    [said({ name: 'pressed', values: ['long'] }).no, said({ name: 'pressed', values: ['long'] }).values],
    [6, ['long']],
  )
  assert.equal(said({ name: 'command_result', values: [7n, 0, ''] }).no, 65534)
})

const unfit: [string, Report, 'status' | 'event', ProtocolCode][] = [
  ['a label that the model does not have', { status: { dark: [1] } }, 'status', 'object_unknown'],
  ['too few values', { status: { light: [1] } }, 'status', 'wrong_count'],
  ['no list', { status: { light: 1 as never } }, 'status', 'wrong_count'],
  ['a value out of range', { status: { light: [256, 0] } }, 'status', 'value_out_of_range'],
  ['a value of another type', { status: { light: ['on', 0] } }, 'status', 'value_wrong_type'],
  ['no event', {}, 'event', 'command_unknown'],
  ['an event that the model does not have', { event: { name: 'x', values: [] } }, 'event', 'command_unknown'],
]
for (const [what, report, kind, expected] of unfit) {
  test(`what does not fit the model is refused, never guessed: ${what}`, () => {
    assert.throws(() => nativeFrame(codecs(saying(() => report)), model, kind, octets), code(expected))
  })
}

test('a codec that throws, and one that is not loaded', () => {
  const broken = saying(() => assert.fail('bad octets'))
  assert.throws(() => nativeFrame(codecs(broken), model, 'status', octets), code('codec_failed', /the codec words: bad octets/))
  assert.throws(() => nativeFrame(builtInCodecs, model, 'status', octets), code('codec_unknown', /words is not loaded/))
  const refusing = { ...broken, encode: () => assert.fail('too loud') }
  const command: Command = { kind: 'command', timestamp: 1, ...commandFromJson(model, { blink: [3] }) }
  assert.throws(() => encodeFor(codecs(refusing), model, command), code('codec_refused', /the codec words: too loud/))
})

test('down: the codec gets names, numbers, values and types', () => {
  const echo = codecs(saying(() => ({})))
  const values = { objects: statusFromJson(model, { light: [1, 2.5] }).map((p) => ({ ...p, label: 'light' })) }
  const said = JSON.parse(Buffer.from(encodeFor(echo, model, { kind: 'status', timestamp: 5, ...values })).toString())
  assert.deepEqual([said.timestamp, said.objects[0].label, said.objects[0].values], [5, 'light', [1, 2.5]])
})

test('a frame of our own becomes the octets for a device: by names, numbers and types', () => {
  const echo = codecs(saying(() => ({})))
  const command = encodeCommand({ timestamp: 7, ...commandFromJson(model, { blink: [3] }), values: [3n] })
  const octetsOf = (kind: 'status' | 'command', frame: Uint8Array) => String(Buffer.from(foreignFrame(echo, model, kind, frame)))
  const plain = {
    ...echo.get('words')!,
    encode: (c: Command) => Buffer.from(c.kind === 'command' ? `${c.name} ${c.no} ${c.values}` : ''),
  }
  assert.equal(String(Buffer.from(foreignFrame(codecs(plain), model, 'command', command))), 'blink 5 3')
  const status = encodeStatus({ timestamp: 8, properties: statusFromJson(model, { light: [1, 2.5] }) })
  const said = JSON.parse(octetsOf('status', status))
  assert.deepEqual(
    [said.timestamp, said.objects[0].label, said.objects[0].types, said.objects[0].values],
    [8, 'light', [7, 2], [1, 2.5]],
  )
})

test("Pando's own frames are a codec like any other", () => {
  const own = parseModel({ ...config, codec: 'pando' })
  const status = encodeStatus({ timestamp: 4, properties: [{ subDevice: 2, object: 3, values: [1, 0.25], types: [7, 2] }] })
  assert.deepEqual(pandoCodec.decode(status, own, 'status'), {
    timestamp: 4,
    status: Object.assign(Object.create(null), { light: [1, 0.25] }),
  })
  const event = encodeEvent({ timestamp: 4, subDevice: 1, no: 6, priority: 1, values: ['x'], types: [12] })
  assert.deepEqual(pandoCodec.decode(event, own, 'event'), { timestamp: 4, event: { name: 'pressed', values: ['x'] } })
  assert.deepEqual(nativeFrame(builtInCodecs, own, 'status', status), status)
  const command: Command = { kind: 'command', timestamp: 1, ...commandFromJson(own, { blink: [3] }) }
  assert.deepEqual(decodeCommand(encodeFor(builtInCodecs, own, command)).values, [3n])
})

test('a product names its codec; what is no text is refused with its place', () => {
  assert.equal(model.codec, 'words')
  assert.equal(parseModel({ ...config, codec: undefined }).codec, undefined)
  assert.throws(() => parseModel({ ...config, codec: 5 }), code('model_wrong_format', /: codec must be a string/))
})
