import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Cloud, startCloud } from '#src/cloud.ts'
import { furnish } from '../demo/furnish.ts'
import { here, makePlace, pando } from '../testing.ts'

describe('pando device against a running cloud', () => {
  const place = makePlace()
  let cloud!: Cloud
  let key: string

  before(async () => {
    cloud = await startCloud({ env: place.env })
    key = (await furnish(cloud.peers.registry)).product.key
  })
  after(async () => {
    await cloud?.stop()
    place.remove()
  })

  const flags = (...args: string[]) => ['device', '--base', cloud.listen['httpaccess']!, '--product-key', key, '--json', ...args]
  const device = (...args: string[]) => here(place, flags(...args))

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await device(...args)
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }

  // CLI-7
  test('a fleet with every fault: all come back, every message but those under way is acknowledged', async () => {
    const faults = 'drop,duplicate,bad-frame,slow,reconnect-storm'
    const args = ['--count', '20', '--interval', '100ms', '--event-every', '500ms', '--duration', '6s', '--faults', faults]
    const { code, stdout, stderr } = await pando(place, flags(...args))
    assert.equal(code, 0, stderr)
    const r = JSON.parse(stdout)
    assert.deepEqual([r.devices, r.registered, r.logged_in, r.connects, r.refused], [20, 20, 20, 20, 0])
    for (const count of ['dropped', 'duplicated', 'bad_frames', 'slowed', 'storms', 'events']) assert.ok(r[count] > 0, count)
    assert.ok(r.reconnects >= r.dropped, `${r.reconnects} reconnects after ${r.dropped} drops`)
    assert.ok(r.reconnects >= 20, 'the storm took all')
    assert.ok(r.sent - r.acked <= 20, `${r.sent} sent, ${r.acked} acknowledged`)
    assert.ok(r.p50_ms > 0 && r.p50_ms <= r.p99_ms)
  })

  test('undecodable frames were kept and the diary tells how each connection ended: pando why', async () => {
    const { code, stdout } = await here(place, ['why', '1-1-sim-1', '--json'])
    assert.equal(code, 0)
    const { online, sentence, diary } = JSON.parse(stdout)
    assert.equal(online, false)
    // how often the faults have ended its connection is a matter of chance
    const offline = /^1-1-sim-1: Offline since \d{4}-.*Z \(disconnected\)\. The device said goodbye\.$/
    const restless =
      /^1-1-sim-1: It comes and goes: \d+ .* \(disconnected\)\. The last: The device said goodbye\. It is offline at the moment\.$/
    assert.ok(offline.test(sentence) || restless.test(sentence), sentence)
    assert.equal(diary[0].kind, 'offline')
    assert.ok(diary.some((d: { kind: string }) => d.kind === 'online'))
    const text = await here(place, ['why', '1-1-sim-1'])
    assert.ok(text.stdout.startsWith(`${sentence}\n  `))
  })

  test('credentials are kept: the same devices come back with the same tokens, without registering or logging in', async () => {
    const creds = join(place.dir, 'creds.json')
    const args = ['--count', '3', '--code', 'kept-{n}', '--interval', '100ms', '--duration', '400ms', '--creds', creds]
    const first = await run(...args)
    assert.deepEqual([first.registered, first.logged_in, first.connects], [3, 3, 3])
    assert.equal(statSync(creds).mode & 0o777, 0o600)
    const kept = JSON.parse(readFileSync(creds, 'utf8'))
    assert.deepEqual(Object.keys(kept.devices), ['kept-1', 'kept-2', 'kept-3'])
    const second = await run(...args)
    assert.deepEqual([second.registered, second.logged_in, second.connects], [0, 0, 3])
    // a token that is good no more is replaced by logging in, as nothing else is lost
    kept.devices['kept-2'].access_token = '0'.repeat(32)
    writeFileSync(creds, JSON.stringify(kept))
    const third = await run(...args)
    assert.deepEqual([third.registered, third.logged_in, third.connects, third.refused], [0, 1, 3, 1])
  })

  test('QoS 2 and QoS 0', async () => {
    const args = ['--code', 'qos', '--interval', '50ms', '--duration', '400ms']
    const [two, none] = [await run(...args, '--qos', '2'), await run(...args, '--qos', '0')]
    assert.ok(two.acked > 1)
    assert.equal(two.acked, two.sent)
    assert.ok(none.sent > 1 && none.acked === 0)
  })

  test('what can not be done is told in one line', async () => {
    const elsewhere = await here(place, ['device', '--base', cloud.listen['ops']!, '--product-key', key, '--duration', '1s'])
    assert.equal(elsewhere.code, 1)
    assert.match(elsewhere.stderr, /is this the address of httpaccess\?/)
    const nowhere = await here(place, ['device', '--base', 'http://127.0.0.1:9', '--product-key', key, '--duration', '1s'])
    assert.equal(nowhere.code, 1)
    assert.match(nowhere.stderr, /^pando: cannot reach http:\/\/127\.0\.0\.1:9/)
    const stranger = await device('--duration', '1s', '--product-key', '0'.repeat(64))
    assert.equal(stranger.code, 1)
    assert.match(stranger.stderr, /registration refused: 10001/)
  })
})
