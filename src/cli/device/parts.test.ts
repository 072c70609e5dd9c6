import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { checkFrame, decodeEvent, decodeStatus, frameKind } from '#protocol/frames.ts'
import { eventToJson, parseModel, statusToJson } from '#protocol/model.ts'
import { UsageError } from '../usage.ts'
import { badFrame, EVERY, makeFaults } from './faults.ts'
import { deviceOptions } from './options.ts'
import { demoShape } from './product.ts'
import { makeStats } from './stats.ts'
import { commandResult, shapeOf, Twin } from './twin.ts'

const vector = (name: string) => readFileSync(new URL(`../../../test/vectors/${name}`, import.meta.url), 'utf8')
const NOW = 1_800_000_000_000

describe('twin', () => {
  test('a status of every type that a product may have is well-formed, objects of unknown types are left out', () => {
    const model = parseModel(vector('rich-product.json'))
    const frame = new Twin(shapeOf(model), 3).status(NOW)
    assert.equal(checkFrame(frameKind.status, frame, 0, frame.length), 0)
    const { data } = statusToJson(model, decodeStatus(frame))
    assert.deepEqual(
      Object.keys(data),
      model.objects.map((o) => o.label).filter((label) => label !== 'o_unknown'),
    )
  })

  test("the product's events take turns; one without events has none", () => {
    const { model } = demoShape()
    const twin = new Twin(demoShape(), 1)
    const names = [1, 2, 3].map(() => eventToJson(model, decodeEvent(twin.event(NOW)!)).name)
    assert.deepEqual(names, ['motion', 'alarm', 'motion'])
    const mute = parseModel('{"objects":[],"commands":[],"events":[]}')
    assert.equal(new Twin(shapeOf(mute), 1).event(NOW), undefined)
  })

  const lightOf = (twin: Twin) => statusToJson(demoShape().model, decodeStatus(twin.status(NOW))).data['light']
  const head = { flags: 0, timestamp: 0, token: new Uint8Array(16) }

  test('values that were set stay, unknown objects are ignored', () => {
    const twin = new Twin(demoShape(), 1)
    const property = { subDevice: 1, count: 2, types: [7, 8] }
    twin.set({
      ...head,
      properties: [
        { ...property, object: 1, values: [1, 80] },
        { ...property, object: 99, values: [2, 2] },
      ],
    })
    assert.deepEqual(lightOf(twin), [1, 80])
  })

  test('a command sets the values that its parameters are named after', () => {
    const twin = new Twin(demoShape(), 1)
    const command = { ...head, subDevice: 1, priority: 0, count: 1 }
    assert.equal(twin.run({ ...command, no: 2, values: [7], types: [8] }, NOW), 'dim')
    assert.deepEqual(lightOf(twin), [0, 7])
    assert.equal(twin.run({ ...command, no: 77, values: [], types: [] }, NOW), undefined)
  })

  test('the result of a command names it by its time (event 65534)', () => {
    const event = decodeEvent(commandResult(NOW, 1, 'unknown command', NOW))
    assert.deepEqual([event.no, event.values[0], event.values[1]], [65534, BigInt(NOW), 1])
    assert.equal(Buffer.from(event.values[2] as Uint8Array).toString(), 'unknown command')
  })
})

test('faults strike one message of ten, each kind in turn; a bad frame cannot be decoded', () => {
  const faults = makeFaults(['bad-frame', 'drop', 'reconnect-storm'])
  const struck = Array.from({ length: 4 * EVERY }, () => faults.next()).flatMap((f, i) => (f ? [[i + 1, f]] : []))
  assert.deepEqual(struck, [
    [10, 'bad-frame'],
    [20, 'drop'],
    [30, 'bad-frame'],
    [40, 'drop'],
  ])
  assert.equal(makeFaults([]).next(), undefined)
  const frame = badFrame(new Twin(demoShape(), 1).status(NOW))
  assert.notEqual(checkFrame(frameKind.status, frame, 0, frame.length), 0)
})

test('quantiles are right to 2 %, over seven orders of magnitude', () => {
  const stats = makeStats()
  assert.equal(stats.quantile(0.5), 0)
  for (let i = 1; i <= 1000; i++) stats.took(i / 10)
  const near = (got: number, want: number) => assert.ok(Math.abs(got / want - 1) <= 0.021, `${got} for ${want}`)
  near(stats.quantile(0.5), 50)
  near(stats.quantile(0.99), 99)
  const wide = makeStats()
  for (const ms of [0.02, 1, 600_000]) wide.took(ms)
  near(wide.quantile(0.1), 0.02)
  near(wide.quantile(1), 600_000)
})

describe('options', () => {
  const base = {
    base: 'http://127.0.0.1:1',
    'product-key': 'a'.repeat(64),
    count: '1',
    interval: '2s',
    qos: '1',
    code: 'sim-{n}',
  }
  const of = (more: Record<string, unknown>) => deviceOptions({ ...base, ...more })

  test('a rate of the fleet, or an interval of each device', () => {
    assert.equal(of({ count: '100', interval: '2s' }).rate, 50)
    assert.equal(of({ count: '100', rate: '7.5' }).rate, 7.5)
  })

  test('serial numbers differ', () => {
    const codes = (code: string, count: string) => [1, 2].map(of({ code, count }).code)
    assert.deepEqual(codes('sim-{n}', '2'), ['sim-1', 'sim-2'])
    assert.deepEqual(codes('same', '2'), ['same-1', 'same-2'])
    assert.equal(of({ code: 'same' }).code(1), 'same')
  })

  test('wrong values are refused with what is allowed', () => {
    const cases: [Record<string, string>, RegExp][] = [
      [{ count: '0' }, /--count 0 is not allowed: it takes a whole number from 1 to 100000/],
      [{ count: '100001' }, /--count/],
      [{ interval: '2' }, /--interval 2 is not allowed: it takes a time as 500ms/],
      [{ rate: '-1' }, /--rate -1 is not allowed: it takes a number above 0/],
      [{ qos: '3' }, /--qos 3 is not allowed: it takes 0, 1, 2/],
      [{ faults: 'drop,melt' }, /--faults drop,melt is not allowed: it takes some of drop, duplicate/],
      [{ base: '127.0.0.1:8080' }, /--base 127.0.0.1:8080 is not allowed: it takes a URL/],
      [{ 'product-key': 'abc' }, /--product-key abc is not a key: it takes 64 hex digits/],
    ]
    for (const [more, message] of cases) {
      assert.throws(
        () => of(more),
        (e) => e instanceof UsageError && message.test(e.message),
        JSON.stringify(more),
      )
    }
  })
})
