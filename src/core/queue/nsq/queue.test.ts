import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '#lib/log.ts'
import { breakingEngine, onEngine } from '../../../../test/support/engines.ts'
import { gate } from '../../../../test/support/gate.ts'
import { sleep, until } from '../../../../test/world/wait.ts'
import { openQueue } from '../open.ts'
import type { Queue, RegistryBell } from '../port.ts'
import { queueSuite } from '../suite.ts'

const open = (url: string): Promise<Queue> => openQueue(url, { log: silentLog() })
const bell = (id: number): RegistryBell => ({ what: 'token', id, change: 'revoked' })
/** All that is rung on the way between two connected clients is heard by then. */
const ON_THE_WAY_MS = 250

function suite(url: string): void {
  queueSuite('nsq', async () => {
    const queues = [await open(url)]
    return {
      queue: queues[0]!,
      async settled() {
        for (const q of queues) await until('a connection of each listener', () => q.health().state === 'ok')
        await sleep(ON_THE_WAY_MS)
      },
      async another() {
        queues.push(await open(url))
        return queues[1]!
      },
    }
  })
}

/** Two processes: what one rings until the other hears it, and the other way round. */
async function hearOneAnother(a: Queue, b: Queue, id: number): Promise<void> {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    let heard = false
    const stop = to.listen('registry', `test ${id}`, (x) => {
      heard ||= x.id === id
    })
    await until(
      'bell',
      async () => {
        if (!heard) from.ring('registry', bell(id))
        await sleep(20)
        return heard
      },
      20_000,
    )
    stop()
  }
}

onEngine('nsq', (url) => {
  suite(url)

  // ENG-2, ENG-5
  test('queue nsq: cut off or hanging, ringing costs nobody anything, bells in the process go on; then all hear one another again', async (t) => {
    const door = await gate(url)
    const through = door.through(url).replace(/\?.*/, '')
    const [a, b] = [await open(through), await open(through)]
    t.after(async () => {
      await Promise.all([a.close(), b.close()])
      await door.close()
    })
    await hearOneAnother(a, b, 1)
    for (const shut of [() => door.cut(), () => door.freeze()]) {
      shut()
      let near = 0
      const stop = a.listen('log', 'near', () => void near++)
      for (let seq = 1; seq <= 50_000; seq++) a.ring('log', { stream: seq % 7, seq })
      assert.equal(near, 50_000)
      stop()
      const h = await until('a state of degraded', () => a.health().error?.includes(`${door.port}`) && a.health(), 10_000)
      assert.equal(h.state, 'degraded')
      door.open()
      await hearOneAnother(a, b, 2)
      await until('a state of ok', () => a.health().state === 'ok' && b.health().state === 'ok', 20_000)
    }
  })

  // ENG-5
  test('queue nsq: of what waits while nsqd is away, the newest of each stream and every bell of the registry comes later', async (t) => {
    const door = await gate(url)
    const a = await open(door.through(url).replace(/\?.*/, ''))
    const b = await open(url)
    t.after(async () => {
      await Promise.all([a.close(), b.close()])
      await door.close()
    })
    const ids = new Set<number>()
    const last = new Map<number, number>()
    b.listen('registry', 'x', (r) => void ids.add(r.id))
    b.listen('log', 'x', ({ stream, seq }) => void last.set(stream, seq))
    await hearOneAnother(a, b, 1)
    await until('a connection of each listener', () => b.health().state === 'ok')
    door.cut()
    for (let i = 1; i <= 100; i++) {
      a.ring('registry', bell(1000 + i))
      a.ring('log', { stream: 2 ** 52 + 1, seq: i })
    }
    door.open()
    await until('all of it', () => last.get(2 ** 52 + 1) === 100 && [...ids].filter((id) => id > 1000).length === 100, 20_000)
  })

  // CLU-16
  test('queue nsq: clouds that share a server hear only their own bells', async (t) => {
    const [ours, theirs] = [`${url}&prefix=ours-${Date.now()}.`, `${url}&prefix=theirs-${Date.now()}.`]
    const [a, b, stranger] = await Promise.all([open(ours), open(ours), open(theirs)])
    t.after(() => Promise.all([a, b, stranger].map((q) => q.close())))
    const heard: number[] = []
    stranger.listen('registry', 'x', ({ id }) => void heard.push(id))
    await until('a connection of each listener', () => stranger.health().state === 'ok')
    await hearOneAnother(a, b, 1)
    await sleep(ON_THE_WAY_MS)
    assert.deepEqual(heard, [])
    for (const bad of ['', 'a b', 'x'.repeat(57)])
      await assert.rejects(open(`${url}&prefix=${encodeURIComponent(bad)}`), {
        code: 'config_invalid',
        message: /prefix: 1 to 56/,
      })
  })

  test('queue nsq: a message of somebody else on its topic is passed over', async (t) => {
    const nsqjs = await import('nsqjs')
    const q = await open(url)
    t.after(() => q.close())
    await hearOneAnother(q, q, 1)
    const [, host = '', port = ''] = /\/\/([^:]+):(\d+)/.exec(url) ?? []
    const writer = new nsqjs.Writer(host, Number(port))
    await new Promise<void>((done) => {
      writer.on('ready', done)
      writer.connect()
    })
    for (const text of ['no JSON', '{}', '[1]', '{"from":"x","n":1,"bells":[null,3]}'])
      await new Promise((done) => writer.publish('pando.registry', text, done))
    writer.close()
    await hearOneAnother(q, q, 2)
  })
})

breakingEngine('nsq', (begin) => {
  // ENG-5
  test('queue nsq: nsqd is killed and started again', async (t) => {
    const own = await begin()
    t.after(() => own.stop())
    const [a, b] = [await open(own.url), await open(own.url)]
    t.after(() => Promise.all([a.close(), b.close()]))
    await hearOneAnother(a, b, 1)
    await own.kill()
    a.ring('registry', bell(7))
    await own.start()
    await hearOneAnother(a, b, 2)
  })
})
