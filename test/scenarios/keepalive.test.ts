/** test/vectors/mqtt-keepalive-and-rules.json, and what else hangs on the passing of time. Time is moved by hand. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { keepaliveDifferences } from '../differences/mqtt-keepalive.ts'
import { type Outcome, testOutcomes } from '../vectors/compare.ts'
import { vectors } from '../vectors/read.ts'
import { heldTime } from '../world/time.ts'
import { type Device, makeWorld, needsEmbedded, until, type World } from '../world.ts'

const time = heldTime()
let world: World

const open = (d: Device) => (d.link.ended === undefined ? 'open' : 'closed')
const online = async (d: Device) =>
  (await world.peers.devicemanager.routes({ devices: [d.id] })).items.length > 0 ? 'online' : 'offline'
const device = async (keepAlive: number) => {
  const d = await world.device()
  await d.connect({ keepAlive })
  return d
}
/** Its end is told when what it had sent is durable. */
async function gone(d: Device): Promise<string> {
  await until('its end to be known', async () => (await online(d)) === 'offline')
  return 'offline'
}
const answers = async (name: string, act: Promise<unknown>) =>
  act.then(
    () => name,
    () => `no ${name}`,
  )

/** What ours does, by case: the same acts as the old cloud was seen with. */
const acts: Record<string, () => Promise<string>> = {
  'keepalive 2, silent: when does the server close?': async () => {
    const d = await device(2)
    let seconds = 0
    while (open(d) === 'open' && seconds < 60) {
      await time.pass(1)
      seconds++
    }
    const when = seconds >= 3 && seconds <= 5 ? '3 to 5' : String(seconds)
    return `${open(d)} after ${when} s, ${open(d) === 'open' ? await online(d) : await gone(d)}`
  },
  'keepalive 60, PUBLISH QoS1 after 50 s of silence': async () => {
    const d = await device(60)
    await time.pass(50)
    const puback = await answers('PUBACK', d.status({ light: [1, 2] }))
    await time.pass(50)
    return `${puback}, ${open(d)}`
  },
  'keepalive 60, silent for 52 s, then PINGREQ': async () => {
    const d = await device(60)
    await time.pass(40)
    const at40 = await online(d)
    await time.pass(8)
    const at48 = await online(d)
    await time.pass(4)
    const pong = await answers('PINGRESP', d.ping())
    return `${at40} at 40 s, ${at48} at 48 s, ${pong}, ${open(d)}`
  },
  'keepalive 2, PINGREQ every 1.5 s: stays?': () => pinging(2, 1, 60),
  'keepalive 30, PINGREQ every 20 s for 100 s': () => pinging(30, 20, 5),
  'keepalive 0, silent 130 s': async () => {
    const d = await device(0)
    await time.pass(130)
    return `${open(d)}, ${await online(d)}`
  },
  'keepalive 65535, silent 130 s (uint16 arithmetic 3*k/2)': () => silent(65_535, 130),
  'keepalive 50000, silent 130 s': () => silent(50_000, 130),
}

async function pinging(keepAlive: number, every: number, times: number): Promise<string> {
  const d = await device(keepAlive)
  for (let i = 0; i < times && open(d) === 'open'; i++) {
    await time.pass(every)
    await d.ping().catch(() => {})
  }
  return open(d)
}

async function silent(keepAlive: number, seconds: number): Promise<string> {
  const d = await device(keepAlive)
  await time.pass(seconds)
  return open(d)
}

type Observed = {
  closed_after_ms?: number
  closed?: boolean
  puback?: boolean
  pingresp?: boolean
  tcp_open?: boolean
  online?: { exists: number }
  at40?: { exists: number }
  at48?: { exists: number }
}

function theirs(o: Observed): string {
  const word = (at: { exists: number }) => (at.exists ? 'online' : 'offline')
  return [
    ...(o.at40 && o.at48 ? [`${word(o.at40)} at 40 s`, `${word(o.at48)} at 48 s`] : []),
    ...(o.puback ? ['PUBACK'] : []),
    ...(o.pingresp === false ? ['no PINGRESP'] : []),
    o.closed_after_ms
      ? `closed after ${Math.round(o.closed_after_ms / 1000)} s`
      : o.closed || o.pingresp === false
        ? 'closed'
        : 'open',
    ...(o.online ? [word(o.online)] : []),
  ].join(', ')
}

async function replay(): Promise<Outcome[]> {
  const { results } = vectors<{ results: Record<string, Observed> }>('mqtt-keepalive-and-rules')
  const outcomes: Outcome[] = []
  for (const [name, observed] of Object.entries(results)) {
    if (name.startsWith('rules')) continue
    outcomes.push({ name, theirs: theirs(observed), ours: await acts[name]!() })
  }
  return outcomes
}

describe('keep-alive', needsEmbedded, async () => {
  world = await makeWorld({ shape: 'encoded', clock: time.clock })
  after(() => world.close())
  testOutcomes('mqtt-keepalive', await replay(), keepaliveDifferences)

  // MQTT-10
  test('keep-alive: 1.5 times the time of CONNECT, and the diary says why', async () => {
    const d = await device(30)
    await time.pass(44)
    assert.equal(open(d), 'open')
    await time.pass(4)
    assert.equal(open(d), 'closed')
    await world.told(d, 'offline', 'keepalive_timeout')
  })

  test('keep-alive: MQTT 5 is told 0x8D', async () => {
    const d = await world.device({ dialect: 'mqtt5' })
    await d.connect({ keepAlive: 10 })
    await time.pass(20)
    assert.equal((await d.link.next('disconnect')).reason, 0x8d)
  })
})
