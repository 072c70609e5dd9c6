/** the same day of a device, by every way in: the same rows, webhooks and diary, but for the name of the protocol. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { CON } from '#access/coapaccess/message/message.ts'
import { format, option } from '#access/coapaccess/message/numbers.ts'
import { uintOption } from '#access/coapaccess/message/options.ts'
import { needsXmppServer, type XmppServer, xmppServer } from '../support/xmppserver.ts'
import { CoapLink, same } from '../world/coap.ts'
import { HttpDevice } from '../world/httpdevice.ts'
import type { Env } from '../world/shapes.ts'
import { XmppLink } from '../world/xmpp.ts'
import { type Application, type Device, makeWorld, until, type World } from '../world.ts'

/** A way in, as a device uses it. */
interface Way {
  status(values: Record<string, unknown[]>, timestamp: number): Promise<unknown>
  event(name: string, values: unknown[], timestamp: number): Promise<unknown>
  /** Takes the next command and acknowledges it. */
  obey(): Promise<unknown>
  leave(): Promise<unknown>
}

async function mqtt(world: World, d: Device): Promise<Way> {
  await d.connect()
  d.acks = true
  return {
    status: (v, t) => d.publish('s', d.statusFrame(v, t)),
    event: (n, v, t) => d.publish('e', d.eventFrame(n, v, t)),
    obey: () => d.expectCommand(),
    leave: () => world.peers.registry.revokeTokens({ deviceId: d.id }),
  }
}

async function websocket(world: World, d: Device): Promise<Way> {
  const options = { clientId: d.clientId, username: 'x', password: d.token, reconnectPeriod: 0 }
  const client = await connectAsync(world.listen['mqttaccessWs']!, options)
  const command = new Promise<void>((done) =>
    client.on('message', (topic, _p, packet) => topic === 'c' && packet.qos === 1 && done()),
  )
  return {
    status: (v, t) => client.publishAsync('s', Buffer.from(d.statusFrame(v, t)), { qos: 1 }),
    event: (n, v, t) => client.publishAsync('e', Buffer.from(d.eventFrame(n, v, t)), { qos: 1 }),
    obey: () => command,
    async leave() {
      const ended = new Promise<void>((done) => client.once('close', () => done()))
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      await ended
      await client.endAsync(true)
    },
  }
}

async function http(world: World, d: Device): Promise<Way> {
  const h = new HttpDevice(d, () => world.listen)
  await h.poll('wait=0')
  return {
    status: (v, t) => h.post('status', [{ timestamp: t, status: v }]),
    event: (n, v, t) => h.post('events', [{ timestamp: t, event: { [n]: v } }]),
    async obey() {
      const [told] = (await h.poll()).json['commands'] as { id: number }[]
      await h.poll(`wait=0&ack=${told!.id}`)
    },
    leave: () => world.peers.registry.revokeTokens({ deviceId: d.id }),
  }
}

async function coap(world: World, d: Device): Promise<Way> {
  const link = await CoapLink.open(world.listen['coapaccess']!)
  const query = [`id=${d.clientId}`, `token=${d.token}`]
  const json = { query, format: format.json }
  const token = link.nextToken()
  const told = () => link.next('a command', (m) => same(m.token, token) && m.type === CON && m.payload.length > 0)
  await link.ask('GET', 'c', { token, query, accept: format.json, options: [uintOption(option.observe, 0)] })
  return {
    status: (v, t) => link.ask('POST', 's', { ...json, payload: JSON.stringify([{ timestamp: t, status: v }]) }),
    event: (n, v, t) => link.ask('POST', 'e', { ...json, payload: JSON.stringify([{ timestamp: t, event: { [n]: v } }]) }),
    obey: told,
    async leave() {
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      await until('the end', () => link.got.length > 0)
      link.close()
    },
  }
}

const xmpp =
  (server: XmppServer) =>
  async (world: World, d: Device): Promise<Way> => {
    await until('the component', () => world.running.logged().includes('has taken the component'), 20_000)
    const link = await XmppLink.device(server.clients, d)
    return {
      status: (v, t) => link.report(d, 'status', [{ timestamp: t, status: v }]),
      event: (n, v, t) => link.report(d, 'event', [{ timestamp: t, event: { [n]: v } }]),
      obey: () => link.next('a command', (e) => e.attrs['type'] === 'set'),
      async leave() {
        await world.peers.registry.revokeTokens({ deviceId: d.id })
        await link.next('the end', (e) => e.attrs['type'] === 'unavailable')
        link.close()
      },
    }
  }

const ways = { mqtt, websocket, http, coap }

/** What is left of the day, without what differs between two devices of one way too. */
async function day(way: (world: World, d: Device) => Promise<Way>, env: Env = {}): Promise<object> {
  const world = await makeWorld({ env })
  try {
    const app: Application = await world.application({ tags: ['event', 'status', 'online', 'offline'] })
    const d = await world.device()
    const w = await way(world, d)
    await w.status({ light: [1, 300] }, 1_700_000_000_001)
    await w.event('alarm', ['the same'], 1_700_000_000_002)
    const answer = app.post(`/devices/${d.identifier}/commands?timeout=10`, { ping: [] })
    await w.obey()
    const { code } = await answer
    await w.status({ light: [2, 65_535] }, 1_700_000_000_003)
    await w.leave()
    await world.told(d, 'offline', 'token_revoked')
    await until('all webhooks', () => world.hooks.hooks.length >= 5)
    const latest = await app.get(`/devices/${d.identifier}/status/latest`)
    const { items } = await world.peers.controller.records({ deviceId: d.id, named: true })
    const { items: diary } = await world.peers.controller.diary({ deviceId: d.id })
    const life = await world.peers.controller.commands({ deviceId: d.id })
    return {
      code,
      latest: latest.data,
      rows: items.map(({ at: _, params, ...rest }) => ({ ...rest, params: plain(params) })),
      hooks: world.hooks.hooks
        .map(({ json: { tag, identifier, data } }) => ({
          tag,
          identifier,
          data: tag === 'online' ? plain(JSON.stringify(data)) : data,
        }))
        .sort(byText),
      diary: diary.map(({ kind, cause, params }) => ({ kind, cause, params: plain(JSON.stringify(params)) })),
      steps: life.items.map((c) => c.state),
    }
  } finally {
    await world.close()
  }
}

const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

/** What says by which way it came, and from where. */
const ways_own = ['protocol', 'version', 'keepalive', 'over', 'lease', 'address', 'paced']
function plain(params: string | undefined): object {
  const all = JSON.parse(params ?? '{}') as Record<string, unknown>
  return Object.fromEntries(Object.entries(all).filter(([k]) => !ways_own.includes(k)))
}

// ACCESS-3
test('A-01 the same day by every way in leaves the same rows, webhooks, diary and steps of commands', async () => {
  const wanted = await day(mqtt)
  for (const [name, way] of Object.entries(ways)) assert.deepEqual(await day(way), wanted, name)
})

// ACCESS-3
test('A-01 XMPP, through a server, leaves them too', needsXmppServer, async () => {
  const server = await xmppServer()
  try {
    assert.deepEqual(await day(xmpp(server), server.env), await day(mqtt))
  } finally {
    await server.stop()
  }
})
