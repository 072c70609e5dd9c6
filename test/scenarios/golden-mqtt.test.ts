/** Every case of test/vectors/mqtt.json over real sockets, in the order in which it was recorded. */
import assert from 'node:assert/strict'
import { mqttDifferences } from '../differences/mqtt.ts'
import {
  type Beside,
  ending,
  golden,
  type MqttCase,
  newToken,
  oldToken,
  ourText,
  type Replay,
  replayCase,
  theirs,
  told,
  translate,
} from '../replay/mqtt.ts'
import { clock } from '../replay/packettext.ts'
import { type Outcome, testOutcomes } from '../vectors/compare.ts'
import { RawLink } from '../world/rawlink.ts'
import { makeWorld, sleep } from '../world.ts'

const world = await makeWorld({ shape: 'encoded' })
const app = await world.application()
/** What an application does while the device is connected. */
const beside: Record<string, Beside> = {
  'session: messages published by server: packet id starts at 0': async ({ path }) => {
    const answers = [await app.post(`${path}/commands`, { ping: [] }), await app.post(`${path}/commands`, { switch: [1, 2] })]
    return [...answers, await app.put(`${path}/status`, { light: [1, 300] })].map(told).join('; ')
  },
  'session: command: late ack after timeout': async ({ path }) =>
    told(await app.post(`${path}/commands?timeout=1`, { ping: [] })),
  'session: two concurrent GET status/current': async ({ path }) => {
    const asked = [app.get(`${path}/status/current`), app.get(`${path}/status/current`)]
    return (await Promise.all(asked)).map(told).join('; ')
  },
}

const device = await deviceOfTheFile()
const replay: Replay = {
  world,
  device,
  beside,
  tokens: new Map([
    [oldToken, device.token],
    [newToken, device.token],
  ]),
}

/** Cases that are more than connections one after the other. */
const special: Record<string, (c: MqttCase) => Promise<Outcome>> = {
  'connect: byte by byte': byteByByte,
  'connect: wait 3 s without CONNECT': waiting,
  'session: GET status/current: report comes immediately (0 ms)': reportsAtOnce,
  'session: relogin makes old token useless, open connection stays': relogin,
}

const outcomes: Outcome[] = []
try {
  for (const c of golden.cases) outcomes.push(await (special[c.name] ?? ((x) => replayCase(replay, x)))(c))
} finally {
  await world.close()
}
// MQTT-2 MQTT-20
testOutcomes('mqtt', outcomes, mqttDifferences)

/** The device of the golden file has id 23 (in hex: its client id). */
async function deviceOfTheFile() {
  for (;;) {
    const d = await world.device()
    if (d.id === golden.device_a.device_id) return d
  }
}

function open() {
  return RawLink.open(world.listen['mqttaccess']!)
}

function hello(c: MqttCase, connection = 0) {
  return translate(c.connections![connection]!.find((s) => s.type === 'CONNECT')!.hex!, replay.tokens)
}

async function byteByByte(c: MqttCase): Promise<Outcome> {
  const link = await open()
  for (const digits of hello(golden.cases[0]!).match(/../g)!) {
    link.send(digits)
    await sleep(1)
  }
  await link.has(() => true, 1, 2000)
  const ours = ourText(link, link.closed ? 'closed' : 'open')
  await link.drop()
  return { name: c.name, theirs: theirs(c), ours }
}

/** The limit of ours, 10 s, is tested with hard case B-03. */
async function waiting(c: MqttCase): Promise<Outcome> {
  const link = await open()
  const ours = (await link.isClosedWithin(500)) ? 'closed' : 'open'
  await link.drop()
  return { name: c.name, theirs: theirs(c), ours }
}

async function relogin(c: MqttCase): Promise<Outcome> {
  const [first, second, third] = c.connections!.map((_, i) => i) as [number, number, number]
  const old = await open()
  old.send(hello(c, first))
  await old.has((p) => p[0] === 0x20, 1, 2000)
  await device.login()
  old.send('c000')
  await old.has((p) => p[0] === 0xd0, 1, 2000)
  const refused = await open()
  refused.send(hello(c, second))
  await refused.isClosedWithin(2000)
  replay.tokens.set(newToken, device.token)
  const taker = await open()
  taker.send(hello(c, third))
  await taker.has((p) => p[0] === 0x20, 1, 2000)
  const ours = [
    ourText(old, (await old.isClosedWithin(2000)) ? 'closed' : 'open'),
    ourText(refused, refused.closed ? 'closed' : 'open'),
    ourText(taker, await ending(taker, [])),
  ]
  for (const link of [old, refused, taker]) await link.drop()
  replay.tokens.set(oldToken, device.token)
  return { name: c.name, theirs: theirs(c), ours: ours.join(' | ') }
}

/** The device answers each question at once, under packet id 5, and does not confirm it. */
async function reportsAtOnce(c: MqttCase): Promise<Outcome> {
  const link = await open()
  link.send(hello(c))
  await link.has((p) => p[0] === 0x20, 1, 2000)
  const report = Buffer.concat([Buffer.from('322b0001730005', 'hex'), device.statusFrame({ light: [1, 300] })])
  const answers: string[] = []
  for (let n = 1; n <= 5; n++) {
    const asked = app.get(`/devices/${device.identifier}/status/current`)
    await link.has((p) => p[0]! >> 4 === 3 && !clock(p), n, 2000)
    link.send(report)
    await link.has((p) => p[0] === 0x40, n, 2000)
    answers.push(told(await asked))
  }
  assert.deepEqual(new Set(answers), new Set(['0 {"light":[1,300]}']))
  const ours = ourText(link, await ending(link, c.connections![0]!))
  await link.drop()
  return { name: c.name, theirs: theirs(c), ours }
}
