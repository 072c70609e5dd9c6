import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { after, afterEach, before, describe, it } from 'node:test'
import { systemClock } from '#lib/service.ts'
import { hookCertificate } from '../support/hookcertificate.ts'
import { answers, type Hook, type HookReceiver, hookReceiver, type Manner } from '../support/hookreceiver.ts'
import { countEvent, startWebhooks, until, type Webhooks } from '../support/webhooks.ts'

const DEVICES = 6
const EACH = 5

/** Numbers that a device told, in order of their arrival, repetitions left out. */
const numbersOf = (hooks: readonly Hook[], device: number): unknown[] => {
  const ids = new Set<string>()
  return hooks.flatMap((h) => {
    if (h.json.identifier !== `1-1-d${device}` || ids.has(h.id)) return []
    ids.add(h.id)
    return h.json.data['n']!
  })
}

/** Everything confirmed once or more, in order for each device, and each id says the same thing each time. */
function assertAllTold(r: HookReceiver, from = 1, to = EACH): void {
  const numbers = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  for (let d = 1; d <= DEVICES; d++) assert.deepEqual(numbersOf(r.confirmed, d), numbers)
  const said = new Map<string, string>()
  for (const h of r.hooks) {
    assert.equal(said.get(h.id) ?? h.body, h.body, 'one id, one message')
    said.set(h.id, h.body)
  }
}

const told = (r: HookReceiver) => new Set(r.confirmed.map((h) => h.id)).size

describe('F-10 a receiver that misbehaves', () => {
  let bad: HookReceiver
  let good: HookReceiver
  let w: Webhooks
  let n = 0

  before(async () => {
    good = await hookReceiver()
    bad = await hookReceiver()
    w = await startWebhooks({ config: { notifierTimeout: 20_000 } })
    for (let d = 1; d <= DEVICES; d++) w.addDevice(d)
    w.addApplication(bad.url)
    w.addApplication(good.url)
  })
  after(async () => {
    await w.stop()
    await good.close()
    await bad.close()
  })
  afterEach(() => {
    for (const r of [good, bad]) {
      r.hooks.length = 0
      r.confirmed.length = 0
      r.manner = answers(200)
    }
  })

  async function events(): Promise<void> {
    for (let i = 1; i <= EACH; i++) await w.write(Array.from({ length: DEVICES }, (_, d) => countEvent(d + 1, n + i)))
    n += EACH
  }

  const stateOfBad = async () => (await w.face.state({})).items[0]!

  const manners: [string, Manner, RegExp][] = [
    ['answers 500', answers(500), /answered 500/],
    ['answers 400', answers(400), /answered 400/],
    [
      'answers 302 to itself',
      (res) => answers(302, { Location: bad.url })(res, {} as Hook, {} as never),
      /answered 302 \(redirects are not followed\)/,
    ],
    ['hangs', () => {}, /no answer within 20 s/],
    ['cuts the connection', (res) => void res.socket?.destroy(), /other side closed|ECONNRESET|socket hang up/i],
    [
      'resets in the middle of its header',
      (res) => void res.socket?.write('HTTP/1.1 200 OK\r\nContent-', () => res.socket?.resetAndDestroy()),
      /other side closed|ECONNRESET|reset/i,
    ],
    ['answers what is not HTTP', (res) => void res.socket?.end('hello\r\n\r\n'), /Expected HTTP|parse|closed/i],
    [
      'drips one byte a second of its header',
      (res) => {
        const { socket } = res
        let i = 0
        const timer = setInterval(() => {
          if (!socket || socket.destroyed) clearInterval(timer)
          else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'.charAt(i++))
        }, 10)
      },
      /no answer within 20 s/,
    ],
  ]

  for (const [what, manner, error] of manners) {
    it(`${what}: retried until it behaves, the other told at once, nothing lost or out of order`, async () => {
      bad.manner = manner
      const from = n + 1
      await events()
      await until(() => told(good) === DEVICES * EACH, 'the good receiver was told')
      assert.equal(told(bad), 0)
      let state = await stateOfBad()
      await until(() => {
        void stateOfBad().then((s) => {
          state = s
        })
        return state.state === 'failing'
      }, 'the state says failing')
      assert.match(state.lastError ?? '', error)
      assert.equal(state.waiting, DEVICES * EACH)
      bad.manner = answers(204)
      await until(
        () => told(bad) === DEVICES * EACH,
        () => `${told(bad)} told`,
      )
      assertAllTold(good, from, n)
      assertAllTold(bad, from, n)
      assert.equal(w.registry.letters.length, 0)
      await until(() => {
        void stateOfBad().then((s) => {
          state = s
        })
        return state.state === 'ok' && state.waiting === 0
      }, 'the state says ok, nothing waits')
    })
  }

  // HOOK-6
  it('waits as long as Retry-After says', async () => {
    let refusedAt = 0
    bad.manner = (res, hook) => {
      const refuse = hook.json.identifier === '1-1-d1' && refusedAt === 0
      if (refuse) refusedAt = Date.now()
      answers(refuse ? 503 : 200, refuse ? { 'Retry-After': '30' } : {})(res, hook, {} as never)
    }
    const from = n + 1
    await events()
    await until(() => told(bad) === DEVICES * EACH, 'told')
    const again = bad.hooks.filter((h) => h.json.identifier === '1-1-d1')[1]!
    assert.ok(again.at - refusedAt >= 290, `after ${again.at - refusedAt} ms at 100-fold speed`)
    assertAllTold(bad, from, n)
  })
})

describe('F-10 a receiver that confirms and then misbehaves', () => {
  let r: HookReceiver
  let w: Webhooks
  before(async () => {
    r = await hookReceiver()
    w = await startWebhooks({ clock: systemClock })
    for (let d = 1; d <= DEVICES; d++) w.addDevice(d)
    w.addApplication(r.url)
  })
  after(async () => {
    await w.stop()
    await r.close()
  })
  afterEach(() => {
    r.hooks.length = 0
    r.confirmed.length = 0
  })

  async function events(): Promise<void> {
    for (let i = 1; i <= EACH; i++) await w.write(Array.from({ length: DEVICES }, (_, d) => countEvent(d + 1, i)))
  }

  it('a 2xx counts, whatever becomes of the rest of the answer', async () => {
    r.manner = (res) => {
      res.writeHead(200, { 'Content-Length': '100000' })
      res.write('x', () => res.socket?.resetAndDestroy())
    }
    await events()
    await until(() => told(r) === DEVICES * EACH, 'told')
    assert.equal(r.hooks.length, DEVICES * EACH, 'once each')
  })

  it('reads no endless answer: what is beyond 16 KB is cut off', async () => {
    let written = 0
    r.manner = (res) => {
      res.writeHead(200)
      const more = () => {
        if (res.destroyed || written > 5_000_000_000) return
        written += 65_536
        res.write(Buffer.alloc(65_536), more)
      }
      more()
    }
    await events()
    await until(() => told(r) === DEVICES * EACH, 'told')
    assert.ok(written / (DEVICES * EACH) < 20_000_000, `${written} octets, where sockets on loopback hold a few MB each`)
  })
})

describe('F-10 a receiver that cannot be reached', () => {
  let w: Webhooks
  const servers: Server[] = []
  const closing: (() => Promise<void>)[] = []
  afterEach(async () => {
    await w.stop()
    for (const s of servers.splice(0)) s.close()
    for (const close of closing.splice(0)) await close()
  })

  const lastError = async () => (await w.face.state({})).items[0]?.lastError

  async function errorOf(url: string, o: Parameters<typeof startWebhooks>[0] = {}): Promise<string> {
    w = await startWebhooks(o)
    w.addDevice(1)
    w.addApplication(url)
    await w.write([countEvent(1, 1)])
    let error: string | undefined
    await until(() => {
      void lastError().then((e) => {
        error = e
      })
      return error !== undefined
    }, 'an error')
    return error!
  }

  it('refuses connections: told when it is back', async () => {
    const first = await hookReceiver()
    await first.close()
    assert.match(await errorOf(first.url), /ECONNREFUSED/)
    const second = await hookReceiver({ port: first.port })
    closing.push(() => second.close())
    await until(() => told(second) === 1, 'told')
  })

  it('accepts connections and says nothing, with TLS', async () => {
    const sockets: Socket[] = []
    const silent = createServer((s) => void sockets.push(s))
    servers.push(silent)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const error = await errorOf(`https://127.0.0.1:${port}/`, { config: { notifierTimeout: 20_000 } })
    assert.match(error, /no answer within 20 s/)
    for (const s of sockets) s.destroy()
  })

  it('has a certificate that nobody trusts: refused, in words; trusted: told under its name', async () => {
    const r = await hookReceiver({ tls: hookCertificate })
    closing.push(() => r.close())
    assert.match(await errorOf(r.url), /self-signed certificate/)
    assert.equal(r.hooks.length, 0)
    await w.stop()
    const resolve = (_: string, done: (e: null, a: { address: string; family: number }[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }])
    w = await startWebhooks({ ca: hookCertificate.cert, resolve })
    w.addDevice(1)
    w.addApplication(`https://hooks.test:${r.port}/hook`)
    await w.write([countEvent(1, 1)])
    await until(() => told(r) === 1, 'told')
    assert.equal(r.hooks[0]!.headers.host, `hooks.test:${r.port}`)
  })

  it('has a certificate of another name: refused, in words', async () => {
    const r = await hookReceiver({ tls: hookCertificate })
    closing.push(() => r.close())
    const resolve = (_: string, done: (e: null, a: { address: string; family: number }[]) => void) =>
      done(null, [{ address: '127.0.0.1', family: 4 }])
    assert.match(await errorOf(`https://other.test:${r.port}/hook`, { ca: hookCertificate.cert, resolve }), /altnames/)
    assert.equal(r.hooks.length, 0)
  })
})
