/** Devices that speak XMPP, through a real server: the way up and down, presence, refusals, discovery. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Link } from '#access/xmppaccess/component/link.ts'
import { ns } from '#access/xmppaccess/names.ts'
import { readConfig } from '#src/config.ts'
import { DOMAIN, OTHER, SECRET } from '../support/xmppkind.ts'
import { needsXmppServer, takes, type XmppServer, xmppServer } from '../support/xmppserver.ts'
import { freePort } from '../world/ports.ts'
import { addressOf, type Element, el, elementsOf, errorOf, pando, textOf, XmppLink } from '../world/xmpp.ts'
import { makeWorld, until, type World, type WorldOptions } from '../world.ts'

const SENSOR_DATA = 'urn:xmpp:iot:sensordata'
const CONTROL = 'urn:xmpp:iot:control'
const PING = 'urn:xmpp:ping'
const INFO = 'http://jabber.org/protocol/disco#info'
const ITEMS = 'http://jabber.org/protocol/disco#items'
const ping = () => el('ping', PING)

interface Place {
  world: World
  server: XmppServer
}

/** A server, a cloud that is its component, and links that are closed at the end. */
function withServer(
  name: string,
  act: (p: Place & { open: (link: Promise<XmppLink>) => Promise<XmppLink> }) => Promise<void>,
  o: WorldOptions = {},
): void {
  test(name, needsXmppServer, async () => {
    const server = await xmppServer()
    const links: XmppLink[] = []
    const world = await makeWorld({ ...o, env: { ...server.env, ...o.env } })
    try {
      await connected(world)
      await act({
        world,
        server,
        async open(opening) {
          const link = await opening
          links.push(link)
          return link
        },
      })
    } finally {
      for (const l of links) l.close()
      await world.close()
      await server.stop()
    }
  })
}

const connected = (world: World) =>
  until('the component to be taken', () => metric(world, 'pando_xmpp_connected').then((v) => v === 1), 20_000)

/** Of all processes together. */
async function metric(world: World, name: string): Promise<number> {
  const line = new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (.*)$`, 'm')
  const texts = await Promise.all(world.every('ops').map(async (url) => (await fetch(`${url}/metrics`)).text()))
  return texts.reduce((sum, text) => sum + Number(line.exec(text)?.[1] ?? 0), 0)
}

/** Another component of the same server. */
function otherComponent({ components }: XmppServer): Promise<Link> {
  const [host, port] = components.split(':')
  const o = { server: { host: host!, port: Number(port) }, domain: OTHER, secret: SECRET, most: 1000 }
  return new Promise((done) => {
    const link = new Link(o, { online: () => done(link), stanza() {}, closed() {} })
  })
}

const child = (e: Element, name: string): Element | undefined => elementsOf(e).find((c) => c.name === name)
const command = (l: XmppLink) => l.next('a command', (e) => e.name === 'iq' && e.attrs['type'] === 'set')

// XMPP-1
test(
  'X-01 the handshake with the right secret is taken, with a wrong one refused and tried again; twice: the one that came first stays',
  needsXmppServer,
  async () => {
    const server = await xmppServer()
    const wrong = await makeWorld({ env: { ...server.env, PANDO_XMPPACCESS_SECRET: 'wrong' } })
    const first = await makeWorld({ env: server.env })
    const second = await makeWorld({ env: server.env })
    try {
      await until('two refusals', () => (wrong.running.logged().match(/not-authorized/g) ?? []).length >= 2, 20_000)
      assert.equal(await metric(wrong, 'pando_xmpp_connected'), 0)
      const up = async () => (await Promise.all([first, second].map((w) => metric(w, 'pando_xmpp_connected')))).join()
      if (takes === 'all') return void (await until('both', async () => (await up()) === '1,1', 20_000))
      await until('one of two', async () => ['1,0', '0,1'].includes(await up()), 20_000)
      const [has, waits] = (await up()) === '1,0' ? [first, second] : [second, first]
      await until('a conflict', () => waits.running.logged().includes('conflict'), 20_000)
      await has.stop()
      await until('the other one', () => metric(waits, 'pando_xmpp_connected').then((v) => v === 1), 20_000)
    } finally {
      for (const w of [wrong, first, second]) await w.close()
      await server.stop()
    }
  },
)

// XMPP-2 XMPP-3
withServer(
  'XMPP: a device shows its token, reports by queries and messages, and is offline when it is unavailable',
  async ({ world, server, open }) => {
    const d = await world.device()
    const app = await world.application()
    const link = await open(XmppLink.device(server.clients, d))
    const online = await world.told(d, 'online')
    assert.deepEqual([online.params['protocol'], online.params['address']], ['xmpp', 'alice@localhost'])
    assert.equal((await link.report(d, 'status', { light: [1, 10] })).attrs['type'], 'result')
    const list = [{ timestamp: 1_700_000_000_000, status: { light: [2, 20] } }]
    assert.equal((await link.report(d, 'status', list)).attrs['type'], 'result')
    const frame = Buffer.from(d.statusFrame({ light: [3, 30] })).toString('base64')
    const octets = await link.ask('set', addressOf(d), pando('status', frame, { type: 'frame' }))
    assert.equal(octets.attrs['type'], 'result')
    assert.deepEqual(((await app.get(`/devices/${d.identifier}/status/latest`)).data as { light: number[] }).light, [3, 30])
    const bad = await link.ask('set', addressOf(d), pando('status', 'AAAA', { type: 'frame' }))
    assert.match(errorOf(bad), /^bad-request /)
    assert.equal(errorOf(await link.report(d, 'status', { light: [1, 'x'] })), 'bad-request value_wrong_type')
    const event = el('message', 'jabber:client', { to: addressOf(d), id: 'm1' }, [
      pando('event', '{"alarm":["hot"]}'),
      el('request', 'urn:xmpp:receipts'),
    ])
    link.send(event)
    const receipt = await link.next('a receipt', (e) => child(e, 'received') !== undefined)
    assert.equal(child(receipt, 'received')?.attrs['id'], 'm1')
    await until('the event', () => world.hooks.hooks.length === 1)
    link.send(el('presence', 'jabber:client', { to: addressOf(d), type: 'unavailable' }))
    await world.told(d, 'offline', 'disconnected')
    assert.equal(errorOf(await link.report(d, 'status', { light: [1, 1] })), 'not-authorized session_gone')
  },
)

// XMPP-4
withServer(
  'XMPP: commands come as queries, by name, as a frame, or as XEP-0325 says; the answer is the delivery',
  async ({ world, server, open }) => {
    const d = await world.device()
    const app = await world.application()
    const put = (light: number[]) => app.put(`/devices/${d.identifier}/status`, { light })
    const link = await open(XmppLink.device(server.clients, d))
    const first = put([9, 900])
    const told = elementsOf(await command(link))[0]!
    assert.deepEqual([told.name, told.ns, textOf(told)], ['status', 'urn:pando:device:1', '{"light":[9,900]}'])
    assert.equal((await first).code, 0)
    await link.login(d, { format: 'iot' })
    const second = put([10, 1000])
    const set = elementsOf(await command(link))[0]!
    assert.deepEqual([set.name, set.ns], ['set', CONTROL])
    assert.deepEqual(
      elementsOf(set).map((v) => [v.name, v.attrs['name'], v.attrs['value']]),
      [
        ['int', `light.${d.model.objectIndex.byName.get('light')!.status[0]!.name}`, '10'],
        ['int', `light.${d.model.objectIndex.byName.get('light')!.status[1]!.name}`, '1000'],
      ],
    )
    assert.equal((await second).code, 0)
    await link.login(d, { format: 'frame' })
    link.obeys = false
    const third = put([11, 1100])
    const query = await command(link)
    assert.equal(elementsOf(query)[0]!.attrs['type'], 'frame')
    const { id, from: to } = query.attrs
    link.send(el('iq', 'jabber:client', { type: 'error', id, to }, [el('error', 'jabber:client', { type: 'cancel' })]))
    assert.notEqual((await third).code, 0)
  },
)

// XMPP-4 XMPP-7
withServer('XMPP: readout both ways in the form of XEP-0323', async ({ world, server, open }) => {
  const d = await world.device()
  const app = await world.application()
  const names = d.model.objectIndex.byName.get('light')!.status.map((v) => `light.${v.name}`)
  const link = await open(XmppLink.device(server.clients, d, { format: 'iot' }))
  const asked = app.get(`/devices/${d.identifier}/status/current`)
  assert.equal(elementsOf(await link.next('a readout', (e) => child(e, 'req') !== undefined))[0]!.ns, SENSOR_DATA)
  const numeric = (i: number, value: number) => el('numeric', SENSOR_DATA, { name: names[i], value: String(value) })
  const time = el('timestamp', SENSOR_DATA, { value: '2026-01-02T03:04:05Z' }, [numeric(0, 4), numeric(1, 44)])
  const fields = el('fields', SENSOR_DATA, { seqnr: '1', done: 'true' }, [el('node', SENSOR_DATA, { nodeId: 'd' }, [time])])
  link.send(el('message', 'jabber:client', { to: addressOf(d) }, [fields]))
  assert.deepEqual(((await asked).data as { light: number[] }).light, [4, 44])
  const accepted = await link.ask('get', addressOf(d), el('req', SENSOR_DATA, { seqnr: '7', momentary: 'true' }))
  assert.equal(child(accepted, 'accepted')?.attrs['seqnr'], '7')
  const said = child(await link.next('fields', (e) => child(e, 'fields') !== undefined), 'fields')!
  const values = elementsOf(elementsOf(elementsOf(said)[0]!)[0]!).map((f) => [f.attrs['name'], f.attrs['value']])
  assert.deepEqual(
    [said.attrs['seqnr'], values],
    [
      '7',
      [
        [names[0], '4'],
        [names[1], '44'],
      ],
    ],
  )
  const status = await link.ask('get', addressOf(d), pando('status'))
  assert.deepEqual(JSON.parse(textOf(child(status, 'status')!)), { light: [4, 44] })
  const wrong = el('fields', SENSOR_DATA, {}, [el('node', SENSOR_DATA, {}, [el('timestamp', SENSOR_DATA, { value: 'x' })])])
  assert.match(errorOf(await link.ask('set', addressOf(d), wrong)), /^bad-request/)
})

// XMPP-5
withServer(
  'X-02 the server is restarted: the component comes back, and what waited for the device is told again',
  async ({ world, server, open }) => {
    const d = await world.device()
    const app = await world.application()
    const link = await open(XmppLink.device(server.clients, d))
    link.obeys = false
    // a server may take that long to be there again
    const say = (text: string) => app.post(`/devices/${d.identifier}/commands?timeout=40`, { say: [text] })
    const waiting = say('first')
    await command(link)
    await server.kill()
    await until('the loss to be noticed', () => metric(world, 'pando_xmpp_connected').then((v) => v === 0))
    const kept = say('second')
    await server.start()
    await connected(world)
    const back = await open(XmppLink.device(server.clients, d))
    const got = [elementsOf(await command(back))[0]!, elementsOf(await command(back))[0]!]
    assert.deepEqual(got.map(textOf), ['{"say":["first"]}', '{"say":["second"]}'])
    assert.equal(got[0]!.attrs['again'], 'true')
    assert.deepEqual([(await waiting).code, (await kept).code], [0, 0])
  },
)

// XMPP-5
withServer(
  'X-03 the server is killed under load: what was answered is there, in order; a device that is not there any more is offline',
  async ({ world, server, open }) => {
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    let answered = 0
    const load = (async () => {
      for (let i = 1; i < 100_000; i++) {
        await link.report(d, 'status', { light: [1, i % 65_536] })
        answered = i
      }
    })().catch(() => {})
    await until('some answers', () => answered > 100, 20_000)
    await server.kill()
    await load
    await server.start()
    await connected(world)
    await world.told(d, 'offline', 'closed_by_peer')
    const { items } = await world.peers.controller.records({ deviceId: d.id, kinds: ['status'], limit: 1000 })
    assert.ok(items.length > 0)
    const latest = JSON.parse((await world.peers.controller.latest({ deviceId: d.id })).json) as { light: number[] }
    assert.ok([answered, answered + 1].includes(latest.light[1]!), `${answered} answered, ${latest.light[1]} there`)
  },
)

// XMPP-2 XMPP-6
withServer(
  'X-04 the full address that has shown the token is the device, its other resources are not; the last one that shows it stays',
  async ({ world, server, open }) => {
    const d = await world.device()
    const phone = await open(XmppLink.device(server.clients, d, { resource: 'phone' }))
    const tablet = await open(XmppLink.open(server.clients, { user: 'alice', resource: 'tablet' }))
    assert.equal(errorOf(await tablet.report(d, 'status', { light: [1, 1] })), 'not-authorized session_gone')
    const full = `${addressOf(d)}/anything`
    assert.equal((await phone.ask('set', full, pando('status', '{"light":[2,2]}'))).attrs['type'], 'result')
    assert.equal((await tablet.login(d)).attrs['type'], undefined)
    const over = await phone.next('the end', (e) => e.name === 'presence' && e.attrs['type'] === 'unavailable')
    assert.equal(errorOf(over), 'taken_over')
    await world.told(d, 'offline', 'taken_over')
    assert.equal((await tablet.report(d, 'status', { light: [3, 3] })).attrs['type'], 'result')
    // MQTT ends it, and the other way round
    await d.connect()
    await tablet.next('the end', (e) => e.name === 'presence' && e.attrs['type'] === 'unavailable')
    await tablet.login(d)
    await until('MQTT to end', () => d.link.ended)
  },
)

// XMPP-6
withServer(
  'X-05 a query gets its answer under its id; what is not known, or is no query, an error of the same id',
  async ({ world, server, open }) => {
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    const to = addressOf(d)
    assert.equal(errorOf(await link.ask('get', to, el('query', 'urn:example:none'))), 'service-unavailable')
    assert.equal(errorOf(await link.ask('set', to, ping())), 'service-unavailable')
    link.send(el('iq', 'jabber:client', { type: 'get', id: 'two', to }, [ping(), ping()]))
    const two = await link.next('the answer to two', (e) => e.attrs['id'] === 'two')
    assert.equal(errorOf(two), 'bad-request')
    assert.equal(errorOf(await link.ask('set', DOMAIN, el('query', 'urn:example:none'))), 'service-unavailable')
    link.send(el('message', 'jabber:client', { to, id: 'chat' }, [el('body', 'jabber:client', {}, ['hello'])]))
    assert.equal(errorOf(await link.next('the answer to a chat', (e) => e.attrs['id'] === 'chat')), 'service-unavailable')
    // errors and answers get none
    link.send(el('iq', 'jabber:client', { type: 'result', id: 'late', to }))
    link.send(el('message', 'jabber:client', { type: 'error', id: 'bounced', to }))
    assert.equal((await link.ask('get', to, ping())).attrs['type'], 'result')
    assert.ok(!link.got.some((e) => ['late', 'bounced'].includes(e.attrs['id'] ?? '')))
  },
)

// XMPP-6
withServer('X-06 what is no device, or none that exists, is item-not-found', async ({ world, server, open }) => {
  const d = await world.device()
  const link = await open(XmppLink.open(server.clients, { user: 'bob' }))
  assert.equal(errorOf(await link.ask('get', `nobody@${DOMAIN}`, ping())), 'item-not-found')
  assert.equal(errorOf(await link.ask('get', `0@${DOMAIN}`, ping())), 'item-not-found')
  const unknown = `7fffffff@${DOMAIN}`
  const login = pando('login', '', { token: d.token })
  link.send(el('presence', 'jabber:client', { to: unknown }, [login]))
  const refused = await link.next('a refusal', (e) => e.name === 'presence' && e.attrs['from'] === unknown)
  assert.match(errorOf(refused), /^(item-not-found device_unknown|not-authorized token_of_other_device)$/)
  // who has shown nothing does not learn which devices there are
  const stranger = errorOf(await link.ask('get', addressOf(d), ping()))
  assert.deepEqual([stranger, errorOf(await link.ask('get', unknown, ping()))], [stranger, stranger])
  assert.equal(stranger, 'not-authorized session_gone')
})

// XMPP-6
withServer(
  'X-07 stanzas of a domain that is not allowed, or that say they are of another, change nothing',
  async ({ world, server, open }) => {
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    const other = await otherComponent(server)
    const report = (from: string) =>
      other.send(el('iq', ns.component, { type: 'set', id: 'f', from, to: addressOf(d) }, [pando('status', '{"light":[66,66]}')]))
    report(`bot@${OTHER}`)
    await until('the drop', () => metric(world, 'pando_xmpp_dropped_total{reason="domain"}').then((n) => n === 1))
    // the server itself does not let a component speak for others
    report(link.jid)
    // nor a user: it says who has sent it, or ends his stream
    const bob = await open(XmppLink.open(server.clients, { user: 'bob' }))
    const forged = { type: 'set', id: 'x', from: link.jid, to: addressOf(d) }
    bob.send(el('iq', 'jabber:client', forged, [pando('status', '{"light":[67,67]}')]))
    const refusal = bob.next('a refusal', (e) => e.attrs['id'] === 'x')
    const refused = await refusal.then(errorOf, () => (bob.closed ? 'ended' : 'nothing'))
    assert.ok(['not-authorized session_gone', 'ended'].includes(refused), refused)
    assert.equal((await link.report(d, 'status', { light: [1, 1] })).attrs['type'], 'result')
    const { items } = await world.peers.controller.records({ deviceId: d.id, kinds: ['status'] })
    assert.ok(!items.some((i) => /6[67]/.test(i.values ?? '')))
    await other.stop()
  },
  { env: { PANDO_XMPPACCESS_USER_DOMAINS: 'localhost' } },
)

// XMPP-7
withServer('X-08 pings are answered by the component, and by a device to who is in', async ({ world, server, open }) => {
  const d = await world.device()
  const link = await open(XmppLink.device(server.clients, d))
  assert.equal((await link.ask('get', DOMAIN, ping())).attrs['type'], 'result')
  assert.equal((await link.ask('get', addressOf(d), ping())).attrs['type'], 'result')
})

// XMPP-2
withServer(
  'X-08 a silent device is pinged: it stays while it answers, and is offline when it does not',
  async ({ world, server, open }) => {
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    await until('two pings', () => metric(world, 'pando_connections{protocol="xmpp"}').then((n) => n === 1))
    link.obeys = false
    await link.next('a ping', (e) => e.name === 'iq' && child(e, 'ping') !== undefined)
    link.close()
    await world.told(d, 'offline', 'disconnected')
  },
  { env: { PANDO_XMPP_LEASE: '1s' } },
)

// XMPP-7
withServer('X-09 discovery tells what can be asked, and lists no device', async ({ world, server, open }) => {
  const d = await world.device()
  const link = await open(XmppLink.device(server.clients, d))
  const query = async (to: string, ns: string) => elementsOf(elementsOf(await link.ask('get', to, el('query', ns)))[0]!)
  const info = await query(DOMAIN, INFO)
  assert.deepEqual([info[0]!.name, info[0]!.attrs['category']], ['identity', 'gateway'])
  for (const to of [DOMAIN, addressOf(d)]) {
    const features = (await query(to, INFO)).map((f) => f.attrs['var'])
    for (const f of [INFO, PING, 'urn:pando:device:1']) assert.ok(features.includes(f), `${to} has ${f}`)
    assert.deepEqual(await query(to, ITEMS), [])
  }
  const [, utc] = elementsOf(elementsOf(await link.ask('get', addressOf(d), el('time', 'urn:xmpp:time')))[0]!)
  assert.ok(Math.abs(Date.parse(textOf(utc!)) - Date.now()) < 60_000)
})

// XMPP-10
withServer(
  'X-10 ten thousand stanzas at once are taken in their order, and each is answered',
  async ({ world, server, open }) => {
    const COUNT = 10_000
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    const to = addressOf(d)
    for (let i = 0; i < COUNT; i++)
      link.raw(`<iq type="set" id="n${i}" to="${to}"><status xmlns="urn:pando:device:1">{"light":[1,${i}]}</status></iq>`)
    await until('all answers', () => link.got.length === COUNT, 60_000)
    assert.deepEqual(
      link.got.map((e) => `${e.attrs['type']} ${e.attrs['id']}`),
      Array.from({ length: COUNT }, (_, i) => `result n${i}`),
    )
    const values: number[] = []
    for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
      const page = await world.peers.controller.records({ ...inOrder(d.id), ...(cursor !== undefined && { cursor }) })
      for (const i of page.items) values.push((JSON.parse(i.values!) as { light: number[] }).light[1]!)
      cursor = page.next
    }
    assert.deepEqual(
      values,
      Array.from({ length: COUNT }, (_, i) => i),
    )
  },
)

const inOrder = (deviceId: number) => ({ deviceId, kinds: ['status' as const], limit: 1000 })

// XMPP-6 TOK-3 A-02
withServer(
  'A-02 a token that is wrong, of another device or revoked lets nobody in, and the session ends within a second',
  async ({ world, server, open }) => {
    const [d, other] = [await world.device(), await world.device()]
    const link = await open(XmppLink.open(server.clients, { user: 'alice' }))
    const shown = async (token: string) => errorOf(await link.login(d, { token }))
    assert.equal(await shown('0'.repeat(32)), 'not-authorized token_unknown')
    assert.equal(await shown(other.token), 'not-authorized token_of_other_device')
    assert.equal(await shown('x'), 'not-authorized token_malformed')
    assert.equal((await link.login(d)).attrs['type'], undefined)
    // a wrong one later leaves the session alone
    assert.equal(await shown(other.token), 'not-authorized token_of_other_device')
    assert.equal((await link.report(d, 'status', { light: [1, 1] })).attrs['type'], 'result')
    const began = performance.now()
    await world.peers.registry.revokeTokens({ deviceId: d.id })
    const end = await link.next('the end', (e) => e.name === 'presence' && e.attrs['type'] === 'unavailable')
    assert.ok(performance.now() - began < 1000)
    assert.equal(errorOf(end), 'token_revoked')
    assert.match(await shown(d.token), /^not-authorized token_/)
    await world.told(d, 'offline', 'token_revoked')
  },
)

// XMPP-10 A-02
withServer(
  'A-02 who sends above the rate is told so; who guesses waits; what is too large is refused, and the others go on',
  async ({ world, server, open }) => {
    const d = await world.device()
    const link = await open(XmppLink.device(server.clients, d))
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => link.report(d, 'status', { light: [1, i] })))
    const refused = answers.filter((e) => e.attrs['type'] === 'error').map(errorOf)
    assert.ok(refused.length > 0 && refused.length < 30, String(refused.length))
    assert.deepEqual([...new Set(refused)], ['resource-constraint rate_exceeded'])
    const large = await link.ask('set', addressOf(d), pando('status', 'x'.repeat(20_000)))
    assert.equal(errorOf(large), 'policy-violation packet_too_large')
    const guessing = await open(XmppLink.open(server.clients, { user: 'bob' }))
    const guess = async () => errorOf(await guessing.login(d, { token: '1'.repeat(32) }))
    assert.deepEqual([await guess(), await guess()], Array(2).fill('not-authorized token_unknown'))
    assert.equal(await guess(), 'policy-violation rate_limited')
    assert.equal((await link.ask('get', addressOf(d), ping())).attrs['type'], 'result')
  },
  { env: { PANDO_MQTT_MAX_RATE: '10', PANDO_MQTT_MAX_PACKET: '4k', PANDO_FAILURES_PER_MINUTE: '2' } },
)

// XMPP-9
test(
  'XMPP: accounts of the server are checked by the cloud: the device id in hex, and its token while it is good',
  needsXmppServer,
  async () => {
    const port = await freePort()
    const auth = `127.0.0.1:${port}`
    const server = await xmppServer({ authUrl: `http://${auth}/v1/xmpp/auth` })
    const world = await makeWorld({ env: { ...server.env, PANDO_XMPPACCESS_AUTH_LISTEN: auth, PANDO_FAILURES_PER_MINUTE: '2' } })
    const signIn = (user: string, password: string) =>
      XmppLink.open(server.clients, { user, domain: 'devices.localhost', password })
    try {
      await connected(world)
      const [d, other] = [await world.device(), await world.device()]
      const link = await signIn(d.clientId, d.token)
      assert.equal((await link.login(d)).attrs['type'], undefined)
      const online = await world.told(d, 'online')
      assert.equal(online.params['address'], `${d.clientId}@devices.localhost`)
      link.close()
      await assert.rejects(signIn(other.clientId, d.token), /not-authorized/)
      await assert.rejects(signIn('nobody', d.token), /not-authorized/)
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      await assert.rejects(signIn(d.clientId, d.token), /not-authorized/)
      // who guesses waits, though he has it by now
      await assert.rejects(signIn(other.clientId, d.secret), /not-authorized/)
      await assert.rejects(signIn(other.clientId, other.token), /not-authorized/)
      const asked = async (path: string, init?: RequestInit) => (await fetch(`http://${auth}${path}`, init)).status
      assert.deepEqual([await asked('/v1/xmpp/auth'), await asked('/v1/xmpp/auth', { method: 'POST' })], [401, 404])
    } finally {
      await world.close()
      await server.stop()
    }
  },
)

// XMPP-1
test('XMPP: settings that make no component are refused by name', () => {
  const some = { PANDO_XMPPACCESS_SERVER: '127.0.0.1:1', PANDO_XMPPACCESS_DOMAIN: 'a@b' }
  assert.throws(() => readConfig(some), /PANDO_XMPPACCESS_SECRET must be set together/)
  assert.throws(() => readConfig({ ...some, PANDO_XMPPACCESS_SECRET: 's' }), /PANDO_XMPPACCESS_DOMAIN must be a domain/)
})
