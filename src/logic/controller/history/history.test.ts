import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Device } from '#contracts/registry.ts'
import { type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { NaiveHistory } from '#core/history/naive.ts'
import type { HistoryQuery, HistoryRecord } from '#core/history/port.ts'
import { PandoError } from '#lib/errors.ts'
import { encodeEvent, encodeStatus } from '#protocol/frames.ts'
import { parseModel } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import { seeded } from '../../../../test/simulated-disk.ts'
import { gapsOf, quietIn, type Said } from './gaps.ts'
import { makeHistory } from './history.ts'

const object = (no: number, label: string, names: [string, number][]) => ({
  no,
  label,
  status: names.map(([name, value_type]) => ({ name, value_type, unit: name === 'power' ? 'W' : undefined })),
})
const meter: [string, number][] = [
  ['power', 1],
  ['total', 10],
]
/** Version 2 has the meter elsewhere, its values in another order, and a text. */
const versions = [
  { objects: [object(1, 'meter', meter)], events: [{ no: 1, name: 'alarm', params: [{ name: 'level', value_type: 7 }] }] },
  { objects: [object(9, 'meter', [...meter].reverse()), object(1, 'note', [['text', 12]])], events: [] },
].map(parseModel)

const start = Date.UTC(2026, 0, 1)
const device = { id: 7, productId: 3, modelVersion: 2 } as Device

function report(at: number, power: number, total: bigint, version: number): NewRecord {
  const values: Value[] = version === 1 ? [power, total] : [total, power]
  const types = version === 1 ? [1, 10] : [10, 1]
  const properties = [{ subDevice: 0, object: version === 1 ? 1 : 9, values, types }]
  const data = encodeStatus({ timestamp: at - 5, properties })
  return { kind: recordKind.status, device: 7, product: 3, version, time: at, data }
}

function cloudOf(
  records: readonly NewRecord[],
  now = Number.MAX_SAFE_INTEGER,
  droppedUntil = 0,
  given: (r: HistoryRecord) => HistoryRecord = (r) => r,
) {
  const naive = new NaiveHistory()
  naive.batch(1, 1, records)
  const read = async (q: HistoryQuery) => {
    const from = Number(q.cursor ?? 0)
    const all = naive.read(q)
    const end = from + (q.limit ?? 100)
    return { records: all.slice(from, end).map(given), ...(end < all.length && { next: String(end) }) }
  }
  return makeHistory({
    history: { read, buckets: async (q) => naive.buckets(q), droppedUntil },
    models: { get: async (_product, version) => versions[version - 1]! },
    translator: { records: async (list) => list },
    find: async () => ({ device, model: versions[1]! }),
    registry: { modelVersions: async () => ({ items: [1, 2].map((version) => ({ version }) as never) }) },
    clock: { now: () => now },
  })
}

const asked = { deviceId: 7, object: 'meter', value: 'power', from: start, to: start + 86_400_000 }

/** Reports at odd times, half of them by each version. */
function reports(seed: number, n: number): { records: NewRecord[]; values: { at: number; v: number }[] } {
  const random = seeded(seed)
  const values = Array.from({ length: n }, (_, i) => ({
    at: start + Math.floor((i * 86_400_000) / n + random() * 1000),
    v: Math.round(random() * 1e6) / 10 - 5e4,
  }))
  return { records: values.map(({ at, v }, i) => report(at, v, 2n ** 63n + BigInt(i), 1 + (i % 2))), values }
}

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-9 * (1 + Math.abs(b)), `${a} is not ${b}`)

describe('one value by time', () => {
  it('SERIES-1 raw values are exact, whichever version of the model they were written with, and paged once each', async () => {
    const { records, values } = reports(1, 250)
    const cloud = cloudOf(records)
    const all = await cloud.series(asked)
    assert.deepEqual([all.step, all.object, all.name, all.unit, all.next], [0, 'meter', 'power', 'W', undefined])
    assert.deepEqual([all.t, all.v], [values.map((x) => x.at), values.map((x) => x.v)])
    const totals: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await cloud.series({ ...asked, value: 'total', limit: 60, ...(cursor !== undefined && { cursor }) })
      totals.push(...page.v)
      cursor = page.next
    } while (cursor !== undefined)
    assert.deepEqual(
      totals,
      records.map((_, i) => String(2n ** 63n + BigInt(i))),
    )
  })

  it('SERIES-2 buckets are what their definition makes of the values', async () => {
    for (const [seed, every] of [
      [2, 60_000],
      [3, 3_600_000],
      [4, 7_777_777],
    ] as const) {
      const { records, values } = reports(seed, 700)
      const cloud = cloudOf(records)
      const groups = [...Map.groupBy(values, (x) => Math.floor(x.at / every) * every)].map(([at, some]) => ({
        at,
        ns: some.map((x) => x.v),
      }))
      const fns = {
        avg: (ns: number[]) => ns.reduce((a, b) => a + b) / ns.length,
        min: (ns: number[]) => Math.min(...ns),
        max: (ns: number[]) => Math.max(...ns),
        last: (ns: number[]) => ns.at(-1)!,
        count: (ns: number[]) => ns.length,
      }
      for (const [fn, of] of Object.entries(fns) as [keyof typeof fns, (ns: number[]) => number][]) {
        const got = await cloud.series({ ...asked, every, fn })
        assert.equal(got.step, every)
        assert.deepEqual(
          got.t,
          groups.map((g) => g.at),
        )
        for (const [i, { ns }] of groups.entries()) near(Number(got.v[i]), of(ns))
        assert.deepEqual([got.min, got.max], [groups.map((g) => Math.min(...g.ns)), groups.map((g) => Math.max(...g.ns))])
      }
    }
  })

  it('SERIES-3 fewer points keep every extreme, and are no more than asked for', async () => {
    for (const points of [2, 3, 10, 99, 500]) {
      const { records, values } = reports(points, 900)
      const at = 890 - points
      values[at]!.v = 1e9
      records[at] = report(values[at]!.at, 1e9, 1n, 1)
      const got = await cloudOf(records).series({ ...asked, points })
      assert.ok(got.t.length <= points && got.t.length > points / 3, `${got.t.length} of ${points}`)
      assert.equal(Math.max(...got.max), 1e9)
      assert.equal(Math.min(...got.min), Math.min(...values.map((x) => x.v)))
      assert.ok(got.t.every((t) => t % got.step === 0))
      const i = got.max.indexOf(1e9)
      assert.equal(got.t[i], Math.floor(values[at]!.at / got.step) * got.step, 'the extreme stands at its time')
    }
    const { records, values } = reports(6, 40)
    const few = await cloudOf(records).series({ ...asked, points: 40 })
    assert.deepEqual([few.step, few.v], [0, values.map((x) => x.v)])
  })

  it('SERIES-4 what cannot be is refused by its name', async () => {
    const cloud = cloudOf([])
    const refused = async (more: object, field: string, text: RegExp) =>
      assert.rejects(cloud.series({ ...asked, ...more }), (e) => {
        assert.ok(e instanceof PandoError && e.code === 'invalid')
        assert.match(e.message, text)
        return e.params['field'] === field
      })
    await refused({ object: 'nope' }, 'object', /meter, note/)
    await refused({ value: 'nope' }, 'value', /total, power/)
    await refused({ value: undefined }, 'value', /name one/)
    await refused({ value: 7 }, 'value', /7/)
    await refused({ object: 'note', value: undefined, points: 10 }, 'value', /no number/)
    await refused({ every: 1 }, 'every', /50000/)
    await refused({ to: start }, 'to', /later/)
    assert.equal((await cloud.series({ ...asked, value: 1 })).name, 'power')
    assert.equal((await cloud.series({ ...asked, value: '1' })).name, 'power')
  })
})

describe('gaps', () => {
  const range = { from: 0, to: 1000 }
  const gaps = (said: Said[], offline: { from: number; to: number }[], within: { from: number; to: number }) =>
    gapsOf(quietIn(said, within), offline)
  const every10 = (from: number, to: number) =>
    Array.from({ length: (to - from) / 10 }, (_, i) => ({ firstAt: from + i * 10, lastAt: from + i * 10, count: 1 }))

  it('SERIES-5 silence is a gap when it is much longer than usual, an offline device at once', () => {
    assert.deepEqual(gaps(every10(0, 1000), [], range), [])
    assert.deepEqual(gaps([...every10(0, 300), ...every10(500, 1000)], [], range), [{ from: 290, to: 500 }])
    assert.deepEqual(gaps([...every10(0, 300), ...every10(320, 1000)], [], range), [])
    const offline = [{ from: 295, to: 315 }]
    assert.deepEqual(gaps([...every10(0, 300), ...every10(320, 1000)], offline, range), offline)
    assert.deepEqual(gaps([], [], range), [range])
    assert.deepEqual(gaps(every10(100, 900), [], range), [
      { from: 0, to: 100 },
      { from: 890, to: 1000 },
    ])
    const buckets = [0, 100, 500, 600, 700].map((at) => ({ firstAt: at, lastAt: at + 90, count: 10 }))
    assert.deepEqual(gaps(buckets, [], { from: 0, to: 800 }), [{ from: 190, to: 500 }])
  })

  it('SERIES-5 when it was offline is taken from its records; what has not come yet is no gap', async () => {
    const said = [0, 1, 2, 3].map((i) => report(start + i * 1000, i, 0n, 1))
    const gone = { kind: recordKind.offline, device: 7, time: start + 3200, data: Buffer.from('{}') }
    const back = { kind: recordKind.online, device: 7, time: start + 3600, data: Buffer.from('{}') }
    const cloud = cloudOf([...said, gone, back], start + 3900)
    const series = await cloud.series({ ...asked, to: start + 10_000 })
    assert.deepEqual(series.gaps, [{ from: start + 3200, to: start + 3600 }])
  })
})

describe('the loop', () => {
  it('HIST-8 gets its turn before 1000 records have been decoded, whatever is asked', async () => {
    let [inTurn, most] = [0, 0]
    const counted = ({ data, ...r }: HistoryRecord): HistoryRecord => ({
      ...r,
      get data() {
        most = Math.max(most, ++inTurn)
        return data
      },
    })
    const { records } = reports(9, 6000)
    const cloud = cloudOf(records, Number.MAX_SAFE_INTEGER, 0, counted)
    let going = true
    const turn = (): void => {
      inTurn = 0
      if (going) setImmediate(turn)
    }
    turn()
    assert.equal((await cloud.series(asked)).t.length, 6000)
    assert.equal((await cloud.series({ ...asked, points: 6000 })).t.length, 6000)
    assert.equal((await cloud.records({ deviceId: 7, limit: 1000 })).items.length, 1000)
    going = false
    assert.ok(most > 100 && most <= 1000, `${most} at once`)
  })
})

describe('what was dropped', () => {
  it('SERIES-6 a series says until when, and calls no gap what was dropped', async () => {
    const until = start + 43_200_000
    const said = [0, 1, 2, 3].map((i) => report(until + i * 1000, i, 0n, 1))
    const cloud = cloudOf(said, until + 4000, until)
    const { hoursUntil, gaps } = await cloud.series(asked)
    assert.deepEqual([hoursUntil, gaps], [until, []])
    assert.equal((await cloud.series({ ...asked, every: 60_000 })).hoursUntil, until)
    assert.equal((await cloud.series({ ...asked, from: until })).hoursUntil, undefined)
  })

  it('RECORDS-3 records say until when they have been dropped, where that is in the stretch', async () => {
    const until = start + 43_200_000
    const cloud = cloudOf([report(until, 1, 0n, 1)], until + 4000, until)
    assert.equal((await cloud.records({ deviceId: 7 })).droppedUntil, until)
    assert.equal((await cloud.records({ deviceId: 7, from: until - 1 })).droppedUntil, until)
    assert.equal((await cloud.records({ deviceId: 7, from: until })).droppedUntil, undefined)
  })
})

describe('what a device said', () => {
  const events = [0, 1].map((i): NewRecord => {
    const data = encodeEvent({ timestamp: 0, subDevice: 0, no: 1 + i, priority: 0, values: [i], types: [7] })
    return { kind: recordKind.event, device: 7, product: 3, version: 1, time: start + 10 + i, data }
  })
  const records: NewRecord[] = [
    report(start, 1.5, 2n ** 64n - 1n, 1),
    ...events,
    { ...report(start + 20, 2, 1n, 2), flags: recordFlag.redecoded },
    { ...report(start + 30, 2, 1n, 1), version: 2 },
    { kind: recordKind.undecodable, reason: 1, device: 7, time: start + 40, data: Buffer.from('x') },
    { kind: recordKind.offline, reason: 0, device: 7, time: start + 50, data: Buffer.from('{"a":1}') },
    { kind: recordKind.command, device: 7, time: start + 60 },
  ]

  it('RECORDS-1 each record is read by the model of its time', async () => {
    const { items, next } = await cloudOf(records).records({ deviceId: 7, named: true })
    assert.equal(next, undefined)
    assert.deepEqual(items, [
      {
        kind: 'status',
        at: start,
        version: 1,
        deviceTime: start - 5,
        values: '{"meter":[1.5,18446744073709551615]}',
        params: '{"meter":{"power":1.5,"total":18446744073709551615}}',
      },
      { kind: 'event', at: start + 10, version: 1, no: 1, name: 'alarm', values: '[0]', params: '{"level":0}' },
      { kind: 'event', at: start + 11, version: 1, no: 2, name: '', values: '[1]', params: '{"#1":1}' },
      {
        kind: 'status',
        at: start + 20,
        version: 2,
        redecoded: true,
        deviceTime: start + 15,
        values: '{"meter":[1,2]}',
        params: '{"meter":{"total":1,"power":2}}',
      },
      {
        kind: 'status',
        at: start + 30,
        version: 2,
        deviceTime: start + 25,
        values: '{"note":[2,1]}',
        params: '{"note":{"text":2,"#2":1}}',
      },
      { kind: 'undecodable', at: start + 40, reason: 'frame_truncated' },
      { kind: 'offline', at: start + 50, cause: 'none', params: '{"a":1}' },
    ])
  })

  it('RECORDS-2 pages of any size give each record once, filtered or not, both ways', async () => {
    const cloud = cloudOf(records)
    const all = async (more: object, limit: number) => {
      const found: number[] = []
      let cursor: string | undefined
      do {
        const page = await cloud.records({ deviceId: 7, ...more, limit, ...(cursor !== undefined && { cursor }) })
        assert.ok(page.items.length <= limit)
        found.push(...page.items.map((i) => i.at - start))
        cursor = page.next
      } while (cursor !== undefined)
      return found
    }
    for (const limit of [1, 2, 3, 100]) {
      assert.deepEqual(await all({}, limit), [0, 10, 11, 20, 30, 40, 50])
      assert.deepEqual(await all({ newestFirst: true }, limit), [50, 40, 30, 20, 11, 10, 0])
      assert.deepEqual(await all({ kinds: ['event'], name: 'alarm' }, limit), [10])
      assert.deepEqual(await all({ kinds: ['status'], object: 'meter' }, limit), [0, 20])
      assert.deepEqual(await all({ from: start + 11, to: start + 40 }, limit), [11, 20, 30])
    }
  })
})
