/** CoAP over TCP against a raw socket: greeting, signals, limits, blocks, observation, and what breaks the framing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '#lib/service.ts'
import { addressUrl } from '#lib/settings.ts'
import { engineOf, LARGE, plugtestResources, Watched } from '../../../../test/support/coapserver.ts'
import { CoapStream } from '../../../../test/world/coapstream.ts'
import { BERT, blockOf, blockOption } from '../message/block.ts'
import { answer, method, option, signal } from '../message/numbers.ts'
import { find, textOption, uintIn, uintOption } from '../message/options.ts'
import { StreamReader, writeStreamed } from '../message/stream.ts'
import { listenTcp, type TcpListener } from './listen.ts'
import { capabilities, ping } from './signals.ts'

const none = new Uint8Array(0)
const obs = new Watched()
const { engine, wheel } = engineOf(systemClock, plugtestResources(systemClock, obs, new Watched()))
const limits = { most: 8192, first: 4096, greeting: 2, patience: 60, lease: 60 }
let listener: TcpListener
let url: string

before(async () => {
  listener = await listenTcp({ address: { host: '127.0.0.1', port: 0 }, engine, wheel, limits, maxConnections: 100 })
  url = addressUrl('coap+tcp', listener.address)
})
after(async () => {
  await listener.close()
  wheel.stop()
})

async function connected(act: (s: CoapStream) => Promise<void>, greets = true): Promise<void> {
  const s = await CoapStream.open(url, greets)
  try {
    await act(s)
  } finally {
    s.close()
  }
}

// COAP-17
test('both sides say first what they can take; then requests are answered, in one write or octet by octet', () =>
  connected(async (s) => {
    const csm = await s.next('capabilities', (m) => m.code === signal.csm)
    assert.deepEqual([uintIn(csm, 2), find(csm, 4)?.length], [limits.first, 0])
    const get = (token: string) =>
      writeStreamed({ code: method.GET, token: Buffer.from(token), options: [textOption(option.uriPath, 'test')], payload: none })
    s.raw(Buffer.concat([get('a'), get('b')]))
    for (const octet of get('c')) s.raw(Buffer.of(octet))
    for (const token of ['a', 'b', 'c']) {
      const got = await s.next(`answer ${token}`, (m) => String(Buffer.from(m.token)) === token)
      assert.deepEqual([got.status, String(Buffer.from(got.payload))], ['2.05', 'test'])
    }
    s.raw(Buffer.of(0, 0))
    assert.equal((await s.ask('GET', 'seg1/seg2/seg3')).status, '2.05')
  }))

// COAP-17
test('a ping is answered with custody when nothing waits; release and abort end the connection', () =>
  connected(async (s) => {
    s.say({ ...ping, token: Buffer.from('p') })
    const pong = await s.next('pong', (m) => m.code === signal.pong)
    assert.deepEqual([String(Buffer.from(pong.token)), find(pong, 2)?.length], ['p', 0])
    s.ask('GET', 'separate').catch(() => {})
    s.say({ ...ping, token: Buffer.from('q') })
    assert.equal(find(await s.next('second pong', (m) => m.code === signal.pong), 2), undefined)
    s.say({ code: signal.release, token: none, options: [], payload: none })
    await s.closed()
  }))

// COAP-18
test('more requests than may wait for their answer are read when others have been answered', () =>
  connected(async (s) => {
    const most = 2500
    for (let i = 0; i < most; i++) {
      const token = Buffer.alloc(2)
      token.writeUInt16BE(i)
      s.raw(writeStreamed({ code: method.GET, token, options: [textOption(option.uriPath, 'separate')], payload: none }))
    }
    await s.until('all answers', () => s.got.filter((m) => m.status === '2.05').length === most)
  }))

// COAP-18
for (const [what, bytes] of [
  ['no greeting', writeStreamed({ code: method.GET, token: none, options: [], payload: none })],
  [
    'a greeting with an option that must be understood and is not',
    writeStreamed({ code: signal.csm, token: none, options: [uintOption(9, 1)], payload: none }),
  ],
  ['a message that is too large', Buffer.concat([writeStreamed(capabilities(1152)), Buffer.of(0xf0, 0, 0, 0, 0, 2)])],
  ['a token that is too long', Buffer.concat([writeStreamed(capabilities(1152)), Buffer.of(0x09, 1), Buffer.alloc(9)])],
  ['an option that is cut off', Buffer.concat([writeStreamed(capabilities(1152)), Buffer.of(0x10, 1, 0xb5)])],
  ['a signal that there is not', writeStreamed({ code: 0xe9, token: none, options: [], payload: none })],
] as const) {
  test(`${what} is answered with an abort that says so, and the connection ends`, () =>
    connected(async (s) => {
      s.raw(bytes)
      const abort = await s.next('abort', (m) => m.code === signal.abort)
      assert.ok(abort.payload.length > 0)
      await s.closed()
    }, what.startsWith('a signal')))
}

// COAP-18
test('a peer that says nothing is let go', () =>
  connected(async (s) => {
    await s.next('release', (m) => m.code === signal.release, 10_000)
    await s.closed()
  }, false))

// COAP-17
test('a body comes in one piece to who takes it, else in blocks; BERT blocks are taken', () =>
  connected(async (s) => {
    const first = await s.ask('GET', 'large')
    const block = blockOf(find(first, option.block2)!)
    assert.deepEqual([block.num, block.more, first.payload.length < LARGE.length], [0, true, true])
    s.say(capabilities(100_000))
    const whole = await s.ask('GET', 'large')
    assert.deepEqual(Buffer.from(whole.payload), LARGE)
    const body = Buffer.alloc(3000, 'x')
    const send = (num: number, more: boolean, payload: Uint8Array) =>
      s.ask('PUT', 'large-update', { options: [blockOption(option.block1, { num, more, szx: BERT })], payload })
    assert.equal((await send(0, true, body.subarray(0, 2048))).status, '2.31')
    assert.equal((await send(2, false, body.subarray(2048))).status, '2.04')
    assert.deepEqual(Buffer.from((await s.ask('GET', 'large-update')).payload), body)
  }))

// COAP-17
test('who observes is told in order, and what must arrive is asked for; the end of the connection ends it', async () => {
  await connected(async (s) => {
    const token = Buffer.from('o')
    const got = await s.ask('GET', 'obs', { token, options: [uintOption(option.observe, 0)] })
    assert.ok(find(got, option.observe))
    const outcomes: string[] = []
    obs.tell({ code: answer.content, payload: Buffer.from('1') }, (how) => outcomes.push(how))
    const asked = await s.next('ping', (m) => m.code === signal.ping)
    assert.equal(String(Buffer.from((await s.next('told', (m) => m.token.length === 1 && m.payload.length > 0)).payload)), '1')
    assert.equal(outcomes.length, 0)
    s.say({ code: signal.pong, token: asked.token, options: [], payload: none })
    await s.ask('GET', 'test')
    assert.equal(outcomes.join(), 'acked')
    obs.tell({ code: answer.content, payload: Buffer.from('2') }, (how) => outcomes.push(how))
    await s.next('second ping', (m) => m.code === signal.ping)
    s.close()
    await s.until('the loss to be told', () => outcomes.length === 2)
    assert.deepEqual([outcomes.join(), obs.size], ['acked,lost', 0])
  })
})

// COAP-18
test('B-11 streams of mutated messages, cut anywhere: the same is read whichever way they are cut, and nothing is thrown', () => {
  let seed = 23
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
  const message = () =>
    writeStreamed({
      code: 1 + next(4),
      token: Buffer.alloc(next(9), 't'),
      options: [textOption(option.uriPath, 'x'.repeat(next(300))), uintOption(option.accept, next(99))],
      payload: Buffer.alloc(next(5) === 0 ? next(900) : next(20)),
    })
  const read = (b: Buffer, cut: () => number): unknown[] => {
    const reader = new StreamReader(1500)
    const found: unknown[] = []
    for (let at = 0; at < b.length; ) {
      const to = at + cut()
      for (const m of reader.read(b.subarray(at, to))) {
        found.push(typeof m === 'string' ? m : [m.code, m.size, m.options.length, m.payload.length])
        if (typeof m === 'string') return found
      }
      at = to
    }
    return found
  }
  let broken = 0
  for (let i = 0; i < 20_000; i++) {
    const b = Buffer.concat([message(), message(), message()])
    for (let n = next(3); n > 0; n--) b[next(next(2) ? 4 : b.length)] = next(256)
    const whole = read(b, () => b.length)
    assert.deepEqual(
      read(b, () => 1 + next(40)),
      whole,
    )
    if (typeof whole.at(-1) === 'string') broken++
  }
  assert.ok(broken > 500, String(broken))
})
