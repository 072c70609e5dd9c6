import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { here, makePlace, program, type Running, start } from '../testing.ts'
import { lineOf } from './lines.ts'

describe('tail beside a cloud whose device reports', () => {
  const place = makePlace({ PANDO_LOG_LEVEL: 'error' })
  let cloud: Running
  let identifier: string

  const demo = async (): Promise<void> => {
    cloud = start(program('pando'), ['demo'], place)
    identifier = JSON.parse(await cloud.line()).demo.identifier
  }
  before(demo)
  after(async () => {
    await cloud.stop()
    place.remove()
  })

  // CLI-11
  test('lines as they come, by device and kind; over a restart nothing is missing; Ctrl-C ends it cleanly', async () => {
    const text = start(program('pando'), ['tail', identifier, '--kind', 'status'], place)
    const json = start(program('pando'), ['tail', '--product', '1', '--json'], place)
    assert.match(await text.line(), new RegExp(`^\\d{4}-\\S+Z ${identifier} status +\\{"light":\\[\\d,\\d+\\]`))
    const item = JSON.parse(await json.line())
    assert.deepEqual([item.device, item.product_id], [identifier, 1])
    await cloud.stop()
    await demo()
    const kinds: string[] = []
    while (!kinds.includes('online') || kinds.at(-1) !== 'status') kinds.push(JSON.parse(await json.line()).kind)
    assert.ok(kinds.indexOf('offline') >= 0 && kinds.indexOf('offline') < kinds.indexOf('online'), kinds.join())
    const stopped = await json.stop('SIGINT')
    assert.deepEqual([stopped.code, /cloud is gone/.test(stopped.stderr)], [0, true])
    assert.equal((await text.stop('SIGTERM')).code, 0)
  })

  // EXPORT-3
  test('history beside it; nothing is told as nothing', async () => {
    assert.match((await here(place, ['history', identifier, '--from', '1h'])).stdout, / status +\{"light"/)
    const nothing = await here(place, ['history', identifier, '--object', 'nope'])
    assert.deepEqual([nothing.code, nothing.stdout], [0, ''])
    assert.match(nothing.stderr, /said nothing of nope from .* to .*--from/)
  })

  test('what cannot be is told', async () => {
    const told = async (args: string[], text: RegExp, code: number) => {
      const r = await here(place, ['tail', ...args])
      assert.equal(r.code, code, r.stderr)
      assert.match(r.stderr, text)
    }
    await told(['1-1-nobody'], /no device has the identifier 1-1-nobody/, 1)
    await told(['--kind', 'rumour'], /--kind rumour .*status/, 2)
    await told(['--product', 'x'], /a whole number/, 2)
    await told(['--product', '999'], /there is no product 999/, 1)
    const both = await here(place, ['history', identifier, '--csv', '--json'])
    assert.deepEqual([both.code, /choose one/.test(both.stderr)], [2, true])
  })
})

test('without a cloud it says so', async () => {
  const place = makePlace()
  const { code, stderr } = await here(place, ['tail'])
  assert.deepEqual([code, /no cloud runs on .*to hear its devices/.test(stderr)], [1, true])
  place.remove()
})

test('a line for people, and one for programs', () => {
  const known = new Map([[7, '1-1-lamp']])
  const event = {
    deviceId: 7,
    productId: 1,
    kind: 'event',
    at: 0,
    no: 3,
    name: 'alarm',
    values: '["1"]',
    params: '{"level":1}',
  } as const
  assert.equal(lineOf(event, known, false), '1970-01-01T00:00:00.000Z 1-1-lamp event       alarm {"level":1}\n')
  assert.equal(
    lineOf(event, known, true),
    '{"device":"1-1-lamp","device_id":7,"product_id":1,"kind":"event","at":0,"no":3,"name":"alarm","values":["1"],"params":{"level":1}}\n',
  )
  const sent = {
    deviceId: 7,
    productId: 1,
    kind: 'command',
    at: 0,
    command: 'ab12',
    no: 5,
    name: 'blink',
    values: '[3]',
  } as const
  assert.equal(lineOf(sent, known, false), '1970-01-01T00:00:00.000Z 1-1-lamp command     ab12 blink [3]\n')
  const late = {
    deviceId: 7,
    productId: 1,
    kind: 'commandState',
    at: 0,
    command: 'ab12',
    state: 'failed',
    why: 'no_room',
  } as const
  assert.equal(lineOf(late, known, false), '1970-01-01T00:00:00.000Z 1-1-lamp command     ab12 failed no_room\n')
  const gone = { deviceId: 8, productId: 1, kind: 'offline', at: 0, cause: 'disconnected', params: '{}' } as const
  assert.equal(
    lineOf(gone, known, false),
    '1970-01-01T00:00:00.000Z device 8 offline     disconnected (The device said goodbye.)\n',
  )
})
