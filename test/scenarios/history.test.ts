/** What a device said, for applications (docs/application-api.md §4). */
import assert from 'node:assert/strict'
import { encodeStatus } from '#protocol/frames.ts'
import { ask } from '../fakes/http.ts'
import { scenario, type World } from '../world.ts'

type Application = Awaited<ReturnType<World['application']>>
type Page = { items: { at: number; values: Record<string, unknown[]> & unknown[]; name?: string }[]; next?: string }
type Series = { step: number; t: number[]; v: unknown[]; min: number[]; max: number[]; gaps: unknown[] }

const text = (world: World, app: Application, path: string, accept: string) =>
  ask(world.listen['apiprovider']!, {
    method: 'GET',
    path: `/application/v1${path}`,
    headers: { 'App-Key': app.key, Accept: accept },
  })

// RECORDS-1, RECORDS-2, SERIES-1, SERIES-2, EXPORT-1, EXPORT-2
scenario('history: pages, series, CSV and NDJSON of what a device said', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  const wide = 2n ** 63n + 1n
  const properties = [{ subDevice: 0, object: 110, values: [wide], types: [10] }]
  await device.publish('s', encodeStatus({ properties }))
  for (let i = 0; i < 12; i++) await device.status({ light: [i, 2 * i] })
  await device.status({ o_string: ['=1+1, "x"'] })
  await device.event('alarm', ['fire'])
  await device.event('tick')
  const at = `/devices/${device.identifier}`
  const get = async <T>(path: string) => {
    const got = await app.get(at + path)
    assert.deepEqual([got.code, got.message], [0, ''])
    return got.data as T
  }

  const seen: unknown[] = []
  let next = ''
  do {
    const page = await get<Page>(`/status/history?object=light&limit=5&cursor=${next}`)
    seen.push(...page.items.map((i) => i.values['light']))
    next = page.next ?? ''
  } while (next !== '')
  const said = Array.from({ length: 12 }, (_, i) => [i, 2 * i])
  assert.deepEqual(seen, said)
  const newest = await get<Page>('/status/history?order=desc&limit=1')
  assert.deepEqual(newest.items[0]?.values, { o_string: ['=1+1, "x"'] })
  const events = await get<Page>('/events')
  assert.deepEqual(
    events.items.map((e) => [e.name, e.values]),
    [
      ['alarm', ['fire']],
      ['tick', []],
    ],
  )
  assert.deepEqual(
    (await get<Page>('/events?name=tick')).items.map((e) => e.name),
    ['tick'],
  )

  const raw = await get<Series>('/status/history?object=light&value=level')
  assert.deepEqual([raw.step, raw.v], [0, said.map(([, level]) => level)])
  assert.deepEqual((await get<Series>('/status/history?object=o_uint64&value=v')).v[0], String(wide))
  const sum = (v: unknown[]) => v.reduce<number>((a, b) => a + Number(b), 0)
  const counted = await get<Series>('/status/history?object=light&value=level&every=1d&fn=count')
  assert.deepEqual([counted.step, sum(counted.v), Math.max(...counted.max)], [86_400_000, 12, 22])
  const few = await get<Series>('/status/history?object=light&value=level&points=2')
  assert.deepEqual([Math.min(...few.min), Math.max(...few.max), few.t.length <= 2], [0, 22, true])

  const csv = await text(world, app, `${at}/status/history?object=light&value=onoff`, 'text/csv')
  assert.match(String(csv.headers['content-type']), /^text\/csv/)
  assert.match(csv.body, /^time,value\r\n(\d{4}-[\d:.T-]+Z,\d+\r\n){12}$/)
  const quoted = await text(world, app, `${at}/status/history?object=o_string`, 'text/csv')
  assert.match(quoted.body, /^time,device_time,object,name,value\r\n.*,o_string,v,"'=1\+1, ""x"""\r\n$/)
  const lines = (await text(world, app, `${at}/status/history`, 'application/x-ndjson')).body.trimEnd().split('\n')
  assert.equal(lines.length, 14)
  assert.ok(lines[0]!.includes(`"o_uint64":[${wide}]`), 'every digit')
  assert.equal((await text(world, app, `${at}/events?limit=1`, 'text/csv')).body.split('\r\n').length, 3)
})

// EXPORT-2
scenario('history: a long answer arrives whole, once each', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  for (let i = 0; i < 1100; i += 10) await Promise.all(Array.from({ length: 10 }, (_, j) => device.status({ o_uint32: [i + j] })))
  const got = await text(world, app, `/devices/${device.identifier}/status/history`, 'application/x-ndjson')
  const values = got.body
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Page['items'][0]).values['o_uint32']![0])
  assert.deepEqual(
    values,
    Array.from({ length: 1100 }, (_, i) => i),
  )
})

// SERIES-4
scenario('history: a wrong query is named, and what is out of scope is not there', async (world) => {
  const app = await world.application()
  const device = await world.connected()
  await device.status({ light: [1, 2] })
  const at = `/devices/${device.identifier}`
  for (const [query, name] of [
    ['from=yesterday', 'from'],
    ['to=1e9', 'to'],
    ['from=5&to=5', 'to'],
    ['limit=0', 'limit'],
    ['cursor=x', 'cursor'],
    ['order=up', 'order'],
    ['value=level', 'object'],
    ['object=light&every=5', 'every'],
    ['object=light&points=1', 'points'],
    ['object=light&value=level&fn=avg', 'fn'],
    ['object=light&value=level&every=1m&fn=median', 'fn'],
    ['object=nope&value=level', 'object'],
    ['object=light&value=nope', 'value'],
    ['object=o_string&points=10', 'value'],
    ['object=light&value=level&every=1ms&from=2020-01-01', 'every'],
    ['object=light&value=level&every=1m&points=5', 'points'],
  ] as const) {
    for (const accept of ['*/*', 'text/csv']) {
      const got = await text(world, app, `${at}/status/history?${query}`, accept)
      const { code, message } = JSON.parse(got.body) as { code: number; message: string }
      assert.equal(code, 10_007, `${query}: ${message}`)
      assert.match(message, new RegExp(`^${name}\\b`), query)
    }
  }
  const other = await world.application({ domain: 'vendor/9999' })
  assert.equal((await other.get(`${at}/status/history`)).code, 10_008)
  assert.equal((await other.get(`${at}/events`)).code, 10_008)
  assert.equal((await app.get('/devices/1-1-nobody/events')).code, (await app.get('/devices/1-1-nobody/status/latest')).code)
})
