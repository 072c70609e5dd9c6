import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { avoidTaken } from '../listening.ts'
import { makePlace, pando, program, type Running, start } from '../testing.ts'
import { linesOf, programPath } from './lines.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Pastes a line into a shell, as a person would. */
const paste = (line: string, env: Record<string, string>): Running =>
  start('/bin/sh', ['-c', `exec ${line}`], { env, cwd: root, input: '' })

describe('demo', () => {
  const place = makePlace()
  let running: Running
  let demo: { app_key: string; identifier: string; product_key: string; lines: Record<string, string> }

  const ask = async (line: string): Promise<{ code: number; data?: Record<string, number[]> }> => {
    const { code, stdout, stderr } = await paste(line, place.env).ended
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }

  before(async () => {
    running = start(program('pando'), ['demo'], { env: place.env, cwd: root })
    const ready = JSON.parse(await running.line())
    assert.equal(ready.ready, true)
    demo = ready.demo
  })
  after(async () => {
    await running.stop()
    place.remove()
  })

  test('the ready line says how to reach the virtual device, which has reported', async () => {
    assert.match(demo.app_key, /^[0-9a-f]{64}$/)
    assert.match(demo.product_key, /^[0-9a-f]{64}$/)
    const { code, data } = await ask(demo.lines['latest']!)
    assert.equal(code, 0)
    assert.deepEqual(Object.keys(data!), ['light', 'climate'])
    assert.deepEqual(data!['light'], [0, 50])
  })

  // CLI-5
  test('the lines to paste set values and give a command, and the device does it', async () => {
    const until = async (light: number[]) => {
      for (let i = 0; i < 100; i++) {
        if (String((await ask(demo.lines['latest']!)).data!['light']) === String(light)) return
        await wait(50)
      }
      assert.fail(`the light did not become ${light}`)
    }
    assert.deepEqual(await ask(demo.lines['set']!), { code: 0, message: '' })
    await until([1, 80])
    assert.deepEqual(await ask(demo.lines['command']!), { code: 0, message: '' })
    await until([0, 80])
    assert.deepEqual((await ask(demo.lines['latest']!.replace('/latest', '/current'))).data!['light'], [0, 80])
  })

  // CLI-5
  test('one line to paste makes a second device report', async () => {
    const second = paste(demo.lines['second']!, place.env)
    assert.match(await second.line(), /^device 1-1-second is connected/)
    const line = demo.lines['latest']!.replace(demo.identifier, '1-1-second')
    for (let i = 0; i < 100; i++) {
      if ((await ask(line)).data?.['light']) break
      await wait(50)
    }
    assert.deepEqual((await ask(line)).data!['light'], [0, 50])
    assert.equal((await second.stop('SIGINT')).code, 0)
  })

  test('a second cloud on the same data directory is refused by name', async () => {
    const { code, stderr } = await pando(place, ['serve'])
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`is in use by process ${running.child.pid}`))
  })

  // CLI-6
  test('nothing is written but the data directory, and the next start finds the same device and keys', async () => {
    assert.equal((await running.stop()).code, 0)
    assert.deepEqual(readdirSync(place.dir), ['data'])
    running = start(program('pando'), ['demo'], { env: place.env, cwd: root })
    const again = JSON.parse(await running.line()).demo
    assert.deepEqual([again.app_key, again.identifier, again.product_key], [demo.app_key, demo.identifier, demo.product_key])
  })
})

test('demo takes a free port where a default one is taken, and leaves addresses alone that were set', async () => {
  const listening = async (port: number) => {
    const server = createServer().listen(port, '127.0.0.1')
    await new Promise((done, failed) => server.once('listening', done).once('error', failed))
    return server
  }
  const taken = await listening(0)
  const { port } = taken.address() as { port: number }
  const ours = await listening(9090).catch(() => undefined) // or somebody else has it: taken is taken
  const set = { PANDO_MQTTACCESS_LISTEN: `127.0.0.1:${port}` }
  const { env, moved } = await avoidTaken(set)
  taken.close()
  ours?.close()
  assert.equal(env['PANDO_MQTTACCESS_LISTEN'], set.PANDO_MQTTACCESS_LISTEN)
  assert.deepEqual(
    moved.filter((m) => m.setting === 'PANDO_OPS_LISTEN'),
    [{ setting: 'PANDO_OPS_LISTEN', from: '127.0.0.1:9090' }],
  )
  assert.equal(env['PANDO_OPS_LISTEN'], '127.0.0.1:0')
})

test('lines to paste are quoted for the shell', () => {
  const facts = { applications: 'http://a:1', devices: 'http://d:2', appKey: 'k', productKey: 'p', identifier: "1-1-it's & so" }
  const { latest } = linesOf(facts)
  assert.equal(latest, `curl -H 'App-Key: k' 'http://a:1/application/v1/devices/1-1-it'\\''s%20%26%20so/status/latest'`)
  assert.equal(programPath(root), 'bin/pando')
  assert.equal(programPath('/'), `${root.slice(1)}bin/pando`)
})
