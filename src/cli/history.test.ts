import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HistoryItem, Series } from '#contracts/controller.ts'
import { askedFor, pieces } from './history.ts'
import { UsageError } from './usage.ts'

const now = Date.UTC(2026, 0, 2)
const range = { from: now - 86_400_000, to: now }

// EXPORT-3
test('flags: times, how long ago, buckets', () => {
  assert.deepEqual(askedFor({}, now), range)
  assert.deepEqual(askedFor({ from: '2h', to: '1h' }, now), { from: now - 7_200_000, to: now - 3_600_000 })
  assert.deepEqual(askedFor({ from: '2026-01-01', object: 'a', value: '0', every: '5m', fn: 'max' }, now), {
    ...range,
    object: 'a',
    value: '0',
    every: 300_000,
    fn: 'max',
  })
})

test('flags that cannot be are refused by their name', () => {
  const refused = (flags: Parameters<typeof askedFor>[0], text: RegExp) =>
    assert.throws(
      () => askedFor(flags, now),
      (e) => e instanceof UsageError && text.test(e.message),
    )
  refused({ from: 'x' }, /--from x/)
  refused({ from: '1h', to: '2h' }, /--to must be later/)
  refused({ object: 'a', every: '5' }, /--every 5/)
  refused({ object: 'a', every: '5m', fn: 'median' }, /--fn median .*avg/)
  refused({ object: 'a', fn: 'max' }, /--every/)
  refused({ value: 'v' }, /--object/)
})

const status = { kind: 'status', at: 0, values: '{"light":[1]}', params: '{"light":{"level":1}}' } as HistoryItem
const offline = { kind: 'offline', at: 1000, cause: 'keepalive_timeout', params: '{}' } as HistoryItem
const page: Series = { step: 0, t: [0], v: [1.5], min: [], max: [], gaps: [], object: 'm', name: 'p', unit: 'W' }
const fake = {
  records: async ({ cursor }: { cursor?: string }) => (cursor ? { items: [offline] } : { items: [status], next: 'n' }),
  series: async ({ cursor, every }: { cursor?: string; every?: number }) =>
    every ? { ...page, step: every, min: [1], max: [2] } : cursor ? page : { ...page, next: 'n' },
}
async function printed(more: object, form: 'csv' | 'json' | 'text'): Promise<string> {
  let text = ''
  for await (const piece of pieces(fake, { deviceId: 1, ...range, ...more }, form)) text += piece
  return text
}

// EXPORT-3
test('all pages are printed, as text, CSV and JSON', async () => {
  assert.equal(
    await printed({}, 'text'),
    '1970-01-01T00:00:00.000Z status      {"light":[1]}\n1970-01-01T00:00:01.000Z offline     keepalive_timeout (Nothing came for 1.5 times the keep-alive time.)\n',
  )
  assert.equal(
    await printed({}, 'csv'),
    'time,device_time,object,name,value\r\n1970-01-01T00:00:00.000Z,,light,level,1\r\n1970-01-01T00:00:01.000Z,,offline,keepalive_timeout\r\n',
  )
  assert.match(await printed({}, 'json'), /^\{"kind":"status","at":0,"values":\{"light":\[1\]\}.*\n\{"kind":"offline".*\n$/)
  const line = '1970-01-01T00:00:00.000Z 1.5 W\n'
  assert.equal(await printed({ object: 'm', value: 'p' }, 'text'), line + line)
  assert.equal(await printed({ object: 'm', every: 60_000 }, 'text'), '1970-01-01T00:00:00.000Z 1.5 W (1 … 2)\n')
  assert.equal(await printed({ object: 'm', every: 60_000 }, 'csv'), 'time,value,min,max\r\n1970-01-01T00:00:00.000Z,1.5,1,2\r\n')
  assert.equal(await printed({ object: 'm', every: 60_000 }, 'json'), '{"at":0,"v":1.5,"min":1,"max":2}\n')
})
