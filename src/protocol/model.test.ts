import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outcome, outcome, testOutcomes } from '../../test/vectors/compare.ts'
import { modelDifferences } from '../../test/vectors/differences.ts'
import { type GoldenValue, goldenValue, hex, octets, vectors } from '../../test/vectors/read.ts'
import { ProtocolError } from './errors.ts'
import { decodeStatus, encodeCommand, encodeStatus } from './frames.ts'
import { stringifyExact } from './json.ts'
import {
  commandFromJson,
  commandOf,
  eventOf,
  eventToJson,
  modelJson,
  objectOf,
  parseModel,
  statusFromJson,
  statusToJson,
} from './model.ts'

type ConfigName = 'docs' | 'rich'
type ToMap = { config: ConfigName; name: string; json?: string; error: string | null; sub_data_hex?: string }
type Param = { tag: number; value?: GoldenValue }
type FromMap = { config: ConfigName; json: string; error?: string; panic?: string; frame_hex?: string; sub_data_hex?: string[] }
type GoldenParam = { value_type: number; Name: string }
type GoldenObject = { No: number; Label: string; Part: number; Status: GoldenParam[] | null }
type Golden = {
  configs: Record<ConfigName, unknown>
  parse: { json: string; error: string | null; parsed?: { Objects: GoldenObject[] | null } }[]
  status_to_map: ToMap[]
  event_to_map: (ToMap & { no: number; params: Param[] })[]
  map_to_status: FromMap[]
  map_to_command: FromMap[]
}
const golden = vectors<Golden>('productconfig')
const models = { docs: parseModel(golden.configs.docs), rich: parseModel(golden.configs.rich) }

const theirs = (c: { error?: string | null; panic?: string }, value?: string): string =>
  c.panic === undefined && !c.error ? value! : `error ${c.error ?? 'panic'}`

/** Go writes `<`, `>` and `&` as escapes, which mean the same. */
const unescaped = (json: string | undefined): string | undefined =>
  json?.replaceAll('\\u003c', '<').replaceAll('\\u003e', '>').replaceAll('\\u0026', '&')

const statusFrame = (subData: string): Uint8Array => octets('00'.repeat(25) + subData)

const objectsLine = (
  list: { no: number; label: string; part: number; status: readonly { valueType: number; name: string }[] }[],
): string =>
  list.map((o) => `${o.no} ${o.label} ${o.part} (${o.status.map((s) => `${s.valueType} ${s.name}`).join(', ')})`).join('; ')

const goldenObjects = (list: GoldenObject[] | null): string =>
  objectsLine(
    (list ?? []).map((o) => ({
      no: o.No,
      label: o.Label,
      part: o.Part,
      status: (o.Status ?? []).map((s) => ({ valueType: s.value_type, name: s.Name })),
    })),
  )

testOutcomes(
  'productconfig',
  [
    ...golden.parse.map(
      (c): Outcome => ({
        name: `parse ${c.json}`,
        theirs: c.error === null ? `ok ${goldenObjects(c.parsed!.Objects)}` : 'error',
        ours: outcome('message', () => `ok ${objectsLine([...parseModel(c.json).objects])}`).replace(/^error .*/, 'error'),
      }),
    ),
    ...golden.status_to_map.map(
      (c): Outcome => ({
        name: `status to JSON: ${c.name}`,
        theirs: theirs(c, unescaped(c.json)),
        ours: outcome('message', () =>
          stringifyExact(statusToJson(models[c.config], decodeStatus(statusFrame(c.sub_data_hex!))).data),
        ),
      }),
    ),
    ...golden.event_to_map.map(
      (c): Outcome => ({
        name: `event to JSON: ${c.name}`,
        theirs: theirs(c, unescaped(c.json)),
        ours: outcome('message', () => {
          const values = c.params.map((p) => (p.value === undefined ? '' : goldenValue(p.value)))
          const { name, values: list } = eventToJson(models[c.config], { no: c.no, values, types: c.params.map((p) => p.tag) })
          return stringifyExact({ [name]: list })
        }),
      }),
    ),
    ...golden.map_to_status.map(
      (c): Outcome => ({
        name: `JSON to status: ${c.json}`,
        theirs: theirs(c, c.sub_data_hex?.join('')),
        ours: outcome('message', () => hex(encodeStatus({ properties: statusFromJson(models[c.config], c.json) })).slice(50)),
      }),
    ),
    ...golden.map_to_command.map(
      (c): Outcome => ({
        name: `JSON to command: ${c.json}`,
        theirs: theirs(c, c.frame_hex),
        ours: outcome('message', () => hex(encodeCommand(commandFromJson(models[c.config], c.json)))),
      }),
    ),
  ],
  modelDifferences,
)

test('golden docs-product and rich-product: parsed, and written back with every key', () => {
  for (const name of ['docs-product', 'rich-product']) {
    const config = vectors<unknown>(name)
    assert.deepEqual(JSON.parse(modelJson(parseModel(JSON.stringify(config)))), config)
  }
})

const refusal = (act: () => unknown): ProtocolError => {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return error
  }
  return assert.fail('nothing was refused')
}

// VAL-1
test('a wrong value: the message names label, position, expected type and range; nothing comes out', () => {
  const error = refusal(() => statusFromJson(models.rich, '{"o_uint8":[1],"light":[1,65536]}'))
  assert.equal(error.code, 'value_out_of_range')
  assert.equal(error.message, 'wrong value at position 2 (level) of light: expected uint16 (0 to 65535), got 65536')
  assert.deepEqual(error.params, {
    label: 'light',
    position: 2,
    name: 'level',
    expected: 'uint16',
    min: '0',
    max: '65535',
    got: '65536',
  })
  const cases: [string, string, RegExp][] = [
    ['{"light":[1.5,1]}', 'value_not_integer', /position 1 \(onoff\) of light: expected uint8 \(0 to 255\), got 1.5/],
    ['{"light":["1",1]}', 'value_wrong_type', /position 1 .* got "1"/],
    ['{"light":[null,1]}', 'value_wrong_type', /got null/],
    ['{"light":[true,1]}', 'value_wrong_type', /got true/],
    [
      '{"o_int64":[9223372036854775808]}',
      'value_out_of_range',
      /expected int64 \(-9223372036854775808 to 9223372036854775807\), got 9223372036854775808/,
    ],
    ['{"o_int64":[9007199254740993.5]}', 'value_not_integer', /expected int64/],
    [
      '{"o_float32":[1e300]}',
      'value_out_of_range',
      /expected float32 \(-3.4028234663852886e\+38 to 3.4028234663852886e\+38\), got 1e\+300/,
    ],
    ['{"o_float64":[1e400]}', 'value_out_of_range', /expected float64/],
    ['{"o_bool":[1]}', 'value_wrong_type', /expected bool, got 1/],
    ['{"o_string":["\\ud800"]}', 'value_wrong_type', /expected string/],
    [`{"o_bytes":["${'é'.repeat(32768)}"]}`, 'value_out_of_range', /expected bytes \(at most 65535 bytes\)/],
  ]
  for (const [json, code, message] of cases) {
    const { code: got, message: text } = refusal(() => statusFromJson(models.rich, json))
    assert.deepEqual([got, message.test(text)], [code, true], `${json}: ${text}`)
  }
})

test('texts of the old cloud stay, the detail says more', () => {
  const status = refusal(() => statusFromJson(models.rich, '{"light":[1]}'))
  assert.deepEqual([status.message, status.code], ['wrong status parameters.', 'wrong_count'])
  assert.equal(status.detail, 'light takes 2 values (onoff, level), got 1')
  assert.equal(refusal(() => statusFromJson(models.rich, '{"nosuch":[]}')).detail, 'no object is called "nosuch"')
  const type99 = refusal(() => statusFromJson(models.rich, '{"o_unknown":[1]}'))
  assert.deepEqual([type99.message, type99.code], ['unsuport value: <nil>', 'value_type_unknown'])
  assert.match(type99.detail, /position 1 of o_unknown .* type 99/)
  assert.equal(
    refusal(() => commandFromJson(models.rich, '{"switch":{"b":[1000000,"x"],"a":null}}')).message,
    'command format error: map[a:<nil> b:[1e+06 x]]',
  )
})

test('B-09 what is not one object of arrays is refused, both ways down', () => {
  for (const json of ['[]', 'null', '1', '"x"', 'true']) {
    assert.equal(refusal(() => statusFromJson(models.rich, json)).code, 'wrong_format', json)
    assert.equal(refusal(() => commandFromJson(models.rich, json)).code, 'wrong_format', json)
  }
  assert.equal(refusal(() => statusFromJson(models.rich, '{}')).code, 'status_empty')
  assert.equal(refusal(() => statusFromJson(models.rich, '{"light":[1,2]} x')).code, 'json_wrong_format')
  assert.equal(refusal(() => statusFromJson(models.rich, `{"light":${'['.repeat(1e5)}`)).code, 'json_too_deep')
  for (const json of ['{}', '{"ping":[],"say":["x"]}'])
    assert.equal(refusal(() => commandFromJson(models.rich, json)).code, 'command_not_one')
})

test('B-09 labels that are names of Object.prototype are labels', () => {
  const labels = ['__proto__', 'constructor', 'toString', '1', '']
  const model = parseModel({ objects: labels.map((label, i) => ({ no: i + 1, label, status: [{ value_type: 7, name: 'v' }] })) })
  const json = `{${labels.map((label, i) => `"${label}":[${i}]`).join(',')}}`
  const frame = decodeStatus(encodeStatus({ properties: statusFromJson(model, json) }))
  const { data, unknown } = statusToJson(model, frame)
  assert.deepEqual(unknown, [])
  assert.deepEqual(new Map(Object.entries(data)), new Map(labels.map((label, i) => [label, [i]])))
  assert.equal(refusal(() => statusFromJson(models.docs, '{"__proto__":[1]}')).code, 'object_unknown')
  assert.equal(refusal(() => commandFromJson(models.docs, '{"constructor":[]}')).code, 'command_unknown')
})

// VAL-3
test('B-08 NaN and infinities of a device are null, −0 stays, unknown objects are reported', () => {
  const properties = [
    { subDevice: 1, object: 101, values: [Number.NaN], types: [1] },
    { subDevice: 1, object: 102, values: [Number.NEGATIVE_INFINITY, -0, Math.fround(0.1)], types: [2, 2, 2] },
    { subDevice: 1, object: 9999, values: [1], types: [7] },
  ]
  const { data, unknown } = statusToJson(models.rich, decodeStatus(encodeStatus({ properties })))
  assert.equal(stringifyExact(data), '{"o_float64":[null],"o_float32":[null,-0,0.1]}')
  assert.deepEqual(unknown, [9999])
})

// MOD-3
test('the platform has commands and events of its own, the product comes first', () => {
  const { docs, rich } = models
  assert.equal(commandOf(docs, 65528)?.name, 'report_status')
  assert.equal(commandOf(rich, 65528)?.name, 'shadow_get_status')
  assert.equal(commandOf(rich, 'report_status')?.no, 65528)
  assert.equal(eventOf(docs, 65535)?.name, 'online')
  assert.equal(eventToJson(docs, { no: 65532, values: [], types: [] }).name, 'offline')
  assert.equal(hex(encodeCommand(commandFromJson(docs, '{"report_status":[]}'))).slice(50), 'fffffff800630000')
  assert.equal(
    hex(encodeCommand(commandFromJson(docs, '{"set_clock":[1700000000000]}'))).slice(50),
    '0000fffb00630001000a0000018bcfe56800',
  )
})

// MOD-1
test('a product configuration: unknown keys are kept, what is wrong is named by its path', () => {
  const config = '{"objects":[{"id":9,"no":1,"label":"x","extra":12345678901234567890}],"more":{"b":1}}'
  assert.equal(modelJson(parseModel(config)), config)
  assert.equal(objectOf(parseModel('{"objects":[{"no":1,"label":"a"},{"no":1,"label":"b"}]}'), 1)?.label, 'a')
  const bad: [unknown, string][] = [
    [[], 'the configuration'],
    [null, 'the configuration'],
    [{ objects: {} }, 'objects'],
    [{ objects: [1] }, 'objects[0]'],
    [{ objects: [{ no: 65536 }] }, 'objects[0].no'],
    [{ commands: [{}, { params: [{ value_type: 1.5 }] }] }, 'commands[1].params[0].value_type'],
    [{ events: [{ name: 1 }] }, 'events[0].name'],
    [{ events: [{ priority: '1' }] }, 'events[0].priority'],
  ]
  for (const [json, path] of bad) {
    const { code, params } = refusal(() => parseModel(json))
    assert.deepEqual([code, params['path']], ['model_wrong_format', path])
  }
})
