/** Stanzas that are nearly right, through the reader and the handler of the XMPP service, beside a device that is right. */
import assert from 'node:assert/strict'
import { Door } from '#access/shared/door.ts'
import { makeFailures } from '#access/shared/failures.ts'
import { type Start, type Wire, xmppNode } from '#access/xmppaccess/node.ts'
import { Sessions } from '#access/xmppaccess/sessions.ts'
import { makeHandle } from '#access/xmppaccess/stanzas/handle.ts'
import type { Element } from '#access/xmppaccess/xml/element.ts'
import { StreamFault } from '#access/xmppaccess/xml/fault.ts'
import { Reader } from '#access/xmppaccess/xml/reader.ts'
import { silentLog } from '#lib/log.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { testClock } from '../support/testclock.ts'
import { vectors } from '../vectors/read.ts'
import { until } from '../world/wait.ts'
import { makeRandom, mutate, type Random } from './random.ts'

const HEAD = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
const TOKEN = '6278779577d0f41b467e5e321532a903'
const ON = 'xmlns="urn:pando:device:1"'
const IOT = 'urn:xmpp:iot:sensordata'
const from = (user: string) => `from="${user}@localhost/here" to="2a@iot"`

const login = (user: string) => `<presence ${from(user)}><login ${ON} token="${TOKEN}"/></presence>`
const seeds = [
  login('good'),
  login('m'),
  `<presence ${from('m')} type="unavailable"/>`,
  `<iq ${from('m')} type="set" id="1"><status ${ON}>{"light":[1,500]}</status></iq>`,
  `<iq ${from('m')} type="set" id="2"><event ${ON}>{"alarm":["hot"]}</event></iq>`,
  `<iq ${from('m')} type="set" id="3"><status type="frame" ${ON}>AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ==</status></iq>`,
  `<iq ${from('m')} type="get" id="4"><req xmlns="${IOT}" seqnr="7"/></iq>`,
  `<iq ${from('m')} type="get" id="5"><status ${ON}/></iq>`,
  `<iq ${from('m')} type="result" id="p5"/>`,
  `<iq ${from('m')} type="error" id="ping"><error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`,
  `<iq ${from('m')} type="get" id="6"><query xmlns="http://jabber.org/protocol/disco#info" node="a"/></iq>`,
  `<iq from="m@localhost/here" to="iot" type="get" id="7"><ping xmlns="urn:xmpp:ping"/></iq>`,
  `<message ${from('m')} id="8"><fields xmlns="${IOT}" seqnr="1"><node nodeId="a"><timestamp value="2026-01-01T00:00:00Z">` +
    `<numeric name="light.on" value="1"/><numeric name="light.level" value="2"/></timestamp></node></fields></message>`,
  `<message ${from('m')} id="9"><event ${ON}>[{"timestamp":1,"event":{"alarm":["x"]}}]</event><request xmlns="urn:xmpp:receipts"/></message>`,
]

const pieces = [
  '<',
  '>',
  '/',
  '"',
  "'",
  '&',
  '&amp;',
  '&x;',
  '&#0;',
  '<a>',
  '</iq>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '<!DOCTYPE x>',
  '<?x?>',
  'xmlns=""',
  'type="set"',
  '@iot',
  '{',
  '[[[',
  '1e999',
  '\u0000',
  '\ufffe',
  '😀',
  ' '.repeat(50),
]

function mutated(r: Random): Buffer {
  let text = r.pick(seeds)
  for (let n = r.below(3); n > 0; n--) {
    const at = r.below(text.length + 1)
    const kind = r.below(4)
    if (kind === 0) text = text.slice(0, at) + r.pick(pieces) + text.slice(at)
    else if (kind === 1) text = text.slice(0, at)
    else if (kind === 2) text = text.slice(0, at) + text.slice(at, at + r.below(40)).repeat(r.below(4)) + text.slice(at)
    else text = text.replace(/="[^"]*"/, `="${r.pick(pieces).replaceAll('"', '')}"`)
  }
  const octets = Buffer.from(text)
  return r.once(2) ? octets : mutate(octets, r)
}

/** A node whose device manager lets everybody in with the one token. */
function service() {
  const clock = testClock()
  const answers: Element[] = []
  const stops: (() => unknown)[] = []
  const device = { id: 42, productId: 1, modelVersion: 1 }
  const config = JSON.stringify(vectors('rich-product'))
  let epoch = 0
  const connect = async ({ items }: { items: { deviceId: number; token: string }[] }) => ({
    items: items.map((i) =>
      i.token === TOKEN && [42, 43].includes(i.deviceId)
        ? { device: { ...device, id: i.deviceId }, epoch: ++epoch }
        : { refused: 'token_unknown' },
    ),
  })
  const peers = {
    controller: { accept: async () => ({}), latest: async () => ({ json: '{"light":[1,2]}' }) },
    devicemanager: { connect, disconnected: async () => ({}) },
    registry: { model: async () => ({ config }) },
  }
  const s = {
    config: {
      uplinkMaxWaiting: 8 << 20,
      mqttMaxRate: 1_000_000_000,
      mqttMaxPacket: 65_536,
      xmppLease: 300_000,
      failuresPerMinute: 300,
    },
    ...{ clock, log: silentLog(), metrics: makeMetrics(), instance: 'fuzz', peers },
    onStop: (f: () => unknown) => void stops.push(f),
    readiness() {},
  } as unknown as Start
  const wire: Wire = { online: true, send: (e) => void answers.push(e) }
  const { node, durable } = xmppNode(s, wire)
  const sessions = new Sessions(node, new Door(() => node, 'fuzz', s.peers), makeFailures(300, clock), 'iot')
  const handle = makeHandle({
    ...{ node, sessions, domain: 'iot', domains: [] },
    query: { node, controller: () => s.peers.controller, durable },
    dropped() {},
  })
  return { sessions, handle, answers, clock, stop: () => stops.map((f) => f()) }
}

export interface Fuzzed {
  faults: number
  stanzas: number
  errors: number
  results: number
}

/** Sends so many. Fails where anything but the end of a stream is thrown, the good device is harmed, or something is kept. */
export async function fuzzStanzas(count: number, seed = 1): Promise<Fuzzed> {
  const r = makeRandom(seed)
  const { sessions, handle, answers, clock, stop } = service()
  const done: Fuzzed = { faults: 0, stanzas: 0, errors: 0, results: 0 }
  const begin = () => {
    const reader = new Reader(
      { most: 65_536, end: 1 << 20 },
      {
        opened() {},
        closed() {},
        element(e, whole, size) {
          done.stanzas++
          handle(e, whole, size)
        },
      },
    )
    reader.read(Buffer.from(HEAD))
    return reader
  }
  const settle = async () => {
    clock.advance(1000)
    await new Promise((done) => setTimeout(done, 6))
    for (let i = 0; i < 4; i++) await new Promise((done) => setImmediate(done))
    for (const e of answers.splice(0)) {
      if (e.attrs['type'] === 'error') done.errors++
      if (e.attrs['type'] === 'result') done.results++
    }
  }
  const good = `<iq from="good@localhost/here" to="2b@iot" type="set" id="good"><status ${ON}>{"light":[1,1]}</status></iq>`
  begin().read(Buffer.from(login('good').replace('2a@', '2b@')))
  await settle()
  let reader = begin()
  for (let i = 0; i < count; i++) {
    try {
      reader.read(mutated(r))
    } catch (e) {
      if (!(e instanceof StreamFault)) throw e
      done.faults++
      reader = begin()
    }
    if (i % 500 !== 499) continue
    await settle()
    begin().read(Buffer.from(good))
    await until(`answer to the good device after ${i}`, () =>
      answers.some((e) => e.attrs['id'] === 'good' && e.attrs['type'] === 'result'),
    )
    reader = begin()
  }
  const held = [...sessions.all()].length
  assert.ok(held < 100, `${held} sessions are held`)
  for (const f of stop()) await f
  return done
}
