/**
 * The server side of the ETSI plugtest list for CoAP (CoAP#4: CORE, LINK, BLOCK, OBS), each case with its id; those of DTLS are in
 * test/scenarios/coaps.test.ts, peers in test/scenarios/coappeers.test.ts, and which cases there are not in docs/coap.md.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LARGE, type PlugtestServer, plugtestServer } from '../../../test/support/coapserver.ts'
import { CoapLink, type Got, same, textIn } from '../../../test/world/coap.ts'
import { until } from '../../../test/world/wait.ts'
import { type Block, blockOf, blockOption } from './message/block.ts'
import { ACK, CON, NON, RST } from './message/message.ts'
import { answer, format, option } from './message/numbers.ts'
import { all, find, uintIn, uintOption } from './message/options.ts'

let s: PlugtestServer
let link: CoapLink
before(async () => {
  s = await plugtestServer()
  link = await CoapLink.open(s.url)
})
after(async () => {
  link.close()
  await s.stop()
})

const is = (m: Got, status: string, type: number): void => assert.deepEqual([m.status, m.type], [status, type])
const empty = (id: number) => (m: Got) => m.id === id && m.code === 0
const body = 'payload'

// COAP-10
for (const [id, name, status, type] of [
  ['01', 'GET', '2.05', CON],
  ['02', 'DELETE', '2.02', CON],
  ['03', 'PUT', '2.04', CON],
  ['04', 'POST', '2.01', CON],
  ['05', 'GET', '2.05', NON],
  ['06', 'DELETE', '2.02', NON],
  ['07', 'PUT', '2.04', NON],
  ['08', 'POST', '2.01', NON],
] as const) {
  test(`TD_COAP_CORE_${id} ${name} ${type === CON ? 'confirmable' : 'non-confirmable'}`, async () => {
    const got = await link.ask(name, 'test', { type, ...(['PUT', 'POST'].includes(name) && { payload: body, format: 0 }) })
    is(got, status, type === CON ? ACK : NON)
    if (name === 'GET') assert.deepEqual([textIn(got), uintIn(got, option.contentFormat)], ['test', 0])
  })
}

test('TD_COAP_CORE_09 GET with a separate response', async () => {
  const { id, token } = link.send('GET', 'separate')
  await link.next('empty ACK', empty(id))
  const got = await link.next('response', (m) => same(m.token, token))
  is(got, '2.05', CON)
  assert.equal(textIn(got), 'later')
})

test('TD_COAP_CORE_10 a request with a token, TD_COAP_CORE_11 without', async () => {
  for (const token of [Buffer.from('12345678'), new Uint8Array(0)]) {
    const { id } = link.send('GET', 'test', { token })
    const got = await link.next('response', (m) => m.id === id)
    assert.ok(same(got.token, token))
  }
})

test('TD_COAP_CORE_12 a request with several path segments', async () => {
  assert.equal(textIn(await link.ask('GET', 'seg1/seg2/seg3')), 'long path')
})

test('TD_COAP_CORE_13 a request with several queries', async () => {
  assert.equal(textIn(await link.ask('GET', 'query', { query: ['first=1', 'second=2'] })), 'first=1&second=2')
})

test('TD_COAP_CORE_14 a request that is lost is sent again, TD_COAP_CORE_15 and so is one whose answer was lost: one effect, one answer', async () => {
  const id = link.nextId()
  const token = link.nextToken()
  const first = await link.ask('POST', 'test', { id, token, payload: body })
  const second = await link.ask('POST', 'test', { id, token, payload: body })
  assert.deepEqual([second.status, second.id], [first.status, first.id])
})

test('TD_COAP_CORE_16 a separate response that is not confirmed is sent again', async () => {
  link.acks = false
  const { token } = link.send('GET', 'separate')
  const first = await link.next('response', (m) => same(m.token, token))
  const again = await link.next('the same again', (m) => same(m.token, token))
  assert.equal(first.id, again.id)
  link.empty(ACK, again.id)
  link.acks = true
})

test('TD_COAP_CORE_17 a separate response to a non-confirmable request', async () => {
  is(await link.ask('GET', 'separate', { type: NON }), '2.05', NON)
})

test('TD_COAP_CORE_18 POST with Location-Path, TD_COAP_CORE_19 with Location-Query', async () => {
  const path = await link.ask('POST', 'test', { payload: body })
  assert.deepEqual(
    all(path, option.locationPath).map(String),
    ['location1', 'location2'].map((t) => String(Buffer.from(t))),
  )
  const query = await link.ask('POST', 'location-query', { payload: body })
  assert.deepEqual(
    all(query, option.locationQuery).map((q) => Buffer.from(q).toString()),
    ['first=1', 'second=2'],
  )
})

test('TD_COAP_CORE_20 Accept chooses the format, and one that is not there is 4.06', async () => {
  for (const accept of [format.text, format.json]) {
    assert.equal(uintIn(await link.ask('GET', 'multi-format', { accept }), option.contentFormat), accept)
  }
  is(await link.ask('GET', 'multi-format', { accept: 41 }), '4.06', ACK)
})

test('TD_COAP_CORE_21 validation by ETag, TD_COAP_CORE_22 If-Match', async () => {
  const first = await link.ask('GET', 'validate')
  const etag = { no: option.etag, value: find(first, option.etag)! }
  is(await link.ask('GET', 'validate', { options: [etag] }), '2.03', ACK)
  is(await link.ask('PUT', 'validate', { options: [{ no: option.ifMatch, value: etag.value }], payload: 'new' }), '2.04', ACK)
  is(await link.ask('PUT', 'validate', { options: [{ no: option.ifMatch, value: etag.value }], payload: 'newer' }), '4.12', ACK)
  is(await link.ask('GET', 'validate', { options: [etag] }), '2.05', ACK)
})

test('TD_COAP_CORE_23 If-None-Match creates once', async () => {
  const options = [{ no: option.ifNoneMatch, value: new Uint8Array(0) }]
  is(await link.ask('PUT', 'create1', { options, payload: body }), '2.01', ACK)
  is(await link.ask('PUT', 'create1', { options, payload: body }), '4.12', ACK)
})

test('TD_COAP_CORE_24 proxying is refused, TD_COAP_CORE_25 by both options, and so are CORE_26 to CORE_30, which test proxies', async () => {
  for (const no of [option.proxyUri, option.proxyScheme]) {
    is(await link.ask('GET', 'test', { options: [{ no, value: Buffer.from('coap://example.com') }] }), '5.05', ACK)
  }
})

test('TD_COAP_CORE_31 a ping is answered with a reset', async () => {
  const id = link.nextId()
  link.empty(CON, id)
  is(await link.next('reset', empty(id)), '0.00', RST)
})

const links = async (query?: string): Promise<string> => {
  let found = ''
  for (let num = 0; ; num++) {
    const options = num === 0 ? [] : [blockOption(option.block2, { num, more: false, szx: szx! })]
    const got: Got = await link.ask('GET', '.well-known/core', { ...(query && { query: [query] }), options })
    assert.equal(uintIn(got, option.contentFormat), format.link)
    found += textIn(got)
    const block = find(got, option.block2)
    if (block === undefined || !blockOf(block).more) return found
    szx = blockOf(block).szx
  }
}
let szx: number | undefined

// COAP-11
test('TD_COAP_LINK_01 all links', async () => {
  const all_ = await links()
  for (const path of ['/test', '/link1', '/path/sub1']) assert.ok(all_.includes(`<${path}>`), path)
  assert.match(all_, /<\/obs>;obs/)
})
for (const [id, query, found] of [
  ['02', 'rt=Type1', ['test', 'link1', 'link3']],
  ['03', 'rt=*', ['test', 'link1', 'link2', 'link3']],
  ['04', 'rt=Type2', ['test', 'link1', 'link2']],
  ['05', 'if=If*', ['test', 'link1', 'link2']],
  ['06', 'sz=*', ['large']],
  ['07', 'href=/link1', ['link1']],
  ['08', 'href=/link*', ['link1', 'link2', 'link3']],
  ['09', 'ct=40', ['path']],
] as const) {
  test(`TD_COAP_LINK_${id} links by ${query}`, async () => {
    assert.deepEqual(
      [...(await links(query)).matchAll(/<\/([^>]*)>/g)].map((m) => m[1]),
      found,
    )
  })
}

/** Fetches a body in blocks. */
async function fetched(path: string, first: Partial<Block> | undefined, by = link): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let block: Block | undefined = first && { num: 0, more: false, szx: 6, ...first }
  for (;;) {
    const got: Got = await by.ask('GET', path, { options: block ? [blockOption(option.block2, block)] : [] })
    is(got, '2.05', ACK)
    parts.push(got.payload)
    const { num, more, szx } = blockOf(find(got, option.block2)!)
    if (block) assert.equal(num * 2 ** szx, block.num * 2 ** block.szx)
    if (!more) return Buffer.concat(parts)
    block = { num: num + 1, more: false, szx }
  }
}

// COAP-12
test('TD_COAP_BLOCK_01 a large GET, the block size asked for early; TD_COAP_BLOCK_02 late', async () => {
  assert.deepEqual(await fetched('large', { szx: 2 }), LARGE)
  assert.deepEqual(await fetched('large', undefined), LARGE)
})

const put = async (name: 'PUT' | 'POST', path: string, size: number): Promise<Got> => {
  const exponent = Math.log2(size) - 4
  for (let num = 0; ; num++) {
    const more = (num + 1) * size < LARGE.length
    const payload = LARGE.subarray(num * size, (num + 1) * size)
    const got = await link.ask(name, path, { payload, options: [blockOption(option.block1, { num, more, szx: exponent })] })
    assert.equal(blockOf(find(got, option.block1)!).num, num)
    if (!more) return got
    is(got, '2.31', ACK)
  }
}

test('TD_COAP_BLOCK_03 a large PUT', async () => {
  is(await put('PUT', 'large-update', 256), '2.04', ACK)
  assert.deepEqual(await fetched('large-update', { szx: 4 }), LARGE)
})

test('TD_COAP_BLOCK_04 a large POST that creates', async () => {
  is(await put('POST', 'large-create', 512), '2.01', ACK)
})

test('TD_COAP_BLOCK_05 a large POST with a large answer', async () => {
  const first = await put('POST', 'large-post', 1024)
  is(first, '2.04', ACK)
  const parts = [first.payload]
  for (let b = blockOf(find(first, option.block2)!); b.more; ) {
    const next = { num: b.num + 1, more: false, szx: b.szx }
    const got = await link.ask('POST', 'large-post', { options: [blockOption(option.block2, next)] })
    parts.push(got.payload)
    b = blockOf(find(got, option.block2)!)
  }
  assert.deepEqual(Buffer.concat(parts), LARGE)
})

test('TD_COAP_BLOCK_06 a large GET in the smallest blocks, from an address of which nothing is known', async () => {
  const other = await CoapLink.open(s.url)
  assert.deepEqual(await fetched('large', { szx: 0 }, other), LARGE)
  other.close()
})

test('B-11 blocks: holes, wrong sizes, reserved sizes, numbers beyond the end, bodies too large', async () => {
  const one = (num: number, more: boolean, size: number, payload = LARGE.subarray(0, 256)) =>
    link.ask('PUT', 'large-update', { payload, options: [blockOption(option.block1, { num, more, szx: size })] })
  is(await one(1, true, 4), '4.08', ACK)
  is(await one(0, true, 4), '2.31', ACK)
  is(await one(2, true, 4), '4.08', ACK)
  is(await one(0, true, 5), '4.00', ACK)
  is(await one(0, true, 7), '4.00', ACK)
  const huge = await one(2 ** 20 - 1, true, 4)
  is(huge, '4.13', ACK)
  assert.equal(uintIn(huge, option.size1), 4096)
  is(await link.ask('GET', 'large', { options: [blockOption(option.block2, { num: 5000, more: false, szx: 2 })] }), '4.00', ACK)
  is(await link.ask('GET', 'large', { options: [blockOption(option.block2, { num: 0, more: false, szx: 7 })] }), '4.00', ACK)
})

const observe = uintOption(option.observe, 0)
const sequence = (m: Got): number => uintIn(m, option.observe)!

async function observing(by: CoapLink, path = 'obs', type: 0 | 1 = CON): Promise<Uint8Array> {
  const token = by.nextToken()
  const got = await by.ask('GET', path, { type, token, options: [observe] })
  assert.ok(find(got, option.observe))
  return token
}
const text = (t: string) => ({ code: answer.content, format: format.text, payload: Buffer.from(t) })
const noted = (by: CoapLink, token: Uint8Array) => by.next('notification', (m) => same(m.token, token))

// COAP-13
test('TD_COAP_OBS_01 observation with confirmations, in order; TD_COAP_OBS_12 a GET with Observe 1 ends it', async () => {
  const token = await observing(link)
  const how: string[] = []
  s.obs.tell(text('1'), (h) => how.push(h))
  const one = await noted(link, token)
  s.obs.tell(text('2'), (h) => how.push(h))
  const two = await noted(link, token)
  is(one, '2.05', CON)
  assert.deepEqual([textIn(one), textIn(two)], ['1', '2'])
  assert.ok(sequence(two) > sequence(one))
  await until('both confirmed', async () => how.join() === 'acked,acked' || undefined)
  await link.ask('GET', 'obs', { token, options: [uintOption(option.observe, 1)] })
  assert.equal(s.obs.size, 0)
})

test('TD_COAP_OBS_02 observation without confirmations, in order', async () => {
  const token = await observing(link, 'obs', NON)
  for (const n of ['1', '2']) {
    s.obs.tell(text(n))
    const got = await noted(link, token)
    is(got, '2.05', NON)
    assert.equal(textIn(got), n)
  }
  await link.ask('GET', 'obs', { token, options: [uintOption(option.observe, 1)] })
})

test('TD_COAP_OBS_04 Max-Age says when a client that hears nothing must ask again', async () => {
  const got = await link.ask('GET', 'obs', { options: [observe] })
  assert.equal(uintIn(got, option.maxAge), 5)
  await link.ask('GET', 'obs', { token: got.token, options: [uintOption(option.observe, 1)] })
})

test('TD_COAP_OBS_05 an observer that confirms nothing is forgotten', async () => {
  const silent = await CoapLink.open(s.url)
  await observing(silent)
  silent.acks = false
  const how: string[] = []
  s.obs.tell(text('x'), (h) => how.push(h))
  await until('the end', async () => s.obs.size === 0 || undefined, 15_000)
  assert.deepEqual(how, ['lost'])
  silent.close()
})

test('TD_COAP_OBS_06 an observer that rejects, also what needs no confirmation, is forgotten', async () => {
  for (const confirmed of [() => {}, undefined]) {
    const token = await observing(link)
    link.acks = false
    s.obs.tell(text('x'), confirmed)
    link.empty(RST, (await noted(link, token)).id)
    await until('the end', async () => s.obs.size === 0 || undefined)
    link.acks = true
  }
})

test('TD_COAP_OBS_07 a resource that is deleted ends it with 4.04, and its observers are forgotten', async () => {
  const token = await observing(link)
  await link.ask('DELETE', 'obs')
  const got = await noted(link, token)
  assert.equal(got.status, '4.04')
  assert.equal(find(got, option.observe), undefined)
  assert.equal(s.obs.size, 0)
})

test('TD_COAP_OBS_08 a state that cannot be told in the format that was asked for ends it with an error', async () => {
  for (const code of [answer.notAcceptable, answer.internal]) {
    const token = await observing(link)
    s.obs.tell({ code })
    const got = await noted(link, token)
    assert.deepEqual([got.code, find(got, option.observe), s.obs.size], [code, undefined, 0])
    s.obs.state = text('0')
  }
})

test('TD_COAP_OBS_09 a change by somebody else is told', async () => {
  const token = await observing(link)
  const other = await CoapLink.open(s.url)
  is(await other.ask('PUT', 'obs', { payload: 'by another' }), '2.04', ACK)
  assert.equal(textIn(await noted(link, token)), 'by another')
  await link.ask('GET', 'obs', { token, options: [uintOption(option.observe, 1)] })
  other.close()
})

test('TD_COAP_OBS_10 a GET without Observe does not end it, and who observes again is one observer', async () => {
  const token = await observing(link)
  assert.equal(find(await link.ask('GET', 'obs'), option.observe), undefined)
  await link.ask('GET', 'obs', { token, options: [observe] })
  assert.equal(s.obs.size, 1)
  s.obs.tell(text('still'))
  assert.equal(textIn(await noted(link, token)), 'still')
  await link.ask('GET', 'obs', { token, options: [uintOption(option.observe, 1)] })
})

test('TD_COAP_OBS_11 a notification that is lost is sent again until it is confirmed', async () => {
  const token = await observing(link)
  link.acks = false
  const how: string[] = []
  s.obs.tell(text('lossy'), (h) => how.push(h))
  const first = await noted(link, token)
  const again = await noted(link, token)
  assert.deepEqual([again.id, textIn(again)], [first.id, 'lossy'])
  link.empty(ACK, again.id)
  link.acks = true
  await until('the confirmation', async () => how.join() === 'acked' || undefined)
  await link.ask('GET', 'obs', { token, options: [uintOption(option.observe, 1)] })
  link.got.length = 0
})

for (const [id, states] of [
  ['13', [LARGE.toReversed()]],
  ['14', [LARGE.subarray(0, 1100), LARGE]],
] as const) {
  test(`TD_COAP_OBS_${id} a large state${states.length > 1 ? ' of changing size' : ''} is told by its first block, the others are fetched`, async () => {
    const token = await observing(link, 'obs-large')
    link.got.length = 0
    for (const state of states) {
      const how: string[] = []
      s.large.tell({ ...text(''), payload: Buffer.from(state) }, (h) => how.push(h))
      const first = await noted(link, token)
      const parts = [first.payload]
      for (let b = blockOf(find(first, option.block2)!); b.more; ) {
        assert.deepEqual(how, [])
        const next = { num: b.num + 1, more: false, szx: b.szx }
        const got = await link.ask('GET', 'obs-large', { options: [blockOption(option.block2, next)] })
        parts.push(got.payload)
        b = blockOf(find(got, option.block2)!)
      }
      assert.deepEqual(Buffer.concat(parts), Buffer.from(state))
      assert.deepEqual(how, ['acked'])
    }
    await link.ask('GET', 'obs-large', { token, options: [uintOption(option.observe, 1)] })
  })
}

// COAP-19
test('RFC 9175 an answer that would be larger than three times its request asks for an echo; with it, it comes whole', async () => {
  const other = await CoapLink.open(s.url)
  s.resources.set('b', { GET: { handle: (ex) => ex.respond(text('x'.repeat(900))) } })
  const options = [blockOption(option.block2, { num: 0, more: false, szx: 6 })]
  const sent = other.send('GET', 'b', { token: new Uint8Array(0) })
  const challenge = await other.next('challenge', (m) => m.id === sent.id)
  is(challenge, '4.01', ACK)
  const value = find(challenge, option.echo)!
  for (const wrong of [Buffer.alloc(12), Buffer.from(value).fill(0, 8), value.subarray(1)]) {
    const { token, size } = other.send('GET', 'b', { options: [...options, { no: option.echo, value: wrong }] })
    const got = await other.next('answer', (m) => same(m.token, token))
    assert.ok(got.size <= 3 * size, `${got.size} octets for ${size}`)
  }
  const whole = await other.ask('GET', 'b', { options: [...options, { no: option.echo, value }] })
  assert.equal(textIn(whole), 'x'.repeat(900))
  assert.equal(textIn(await other.ask('GET', 'b')), 'x'.repeat(900))
  other.close()
})
