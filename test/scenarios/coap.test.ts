/** Devices that speak CoAP: the way up and down, sessions, presence. */
import assert from 'node:assert/strict'
import { CON, NON, RST } from '#access/coapaccess/message/message.ts'
import { format, option } from '#access/coapaccess/message/numbers.ts'
import { find, uintIn, uintOption } from '#access/coapaccess/message/options.ts'
import { decodeCbor, encodeCbor } from '#protocol/cbor.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { CoapLink, type Got, same, textIn } from '../world/coap.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const credentials = (d: Device): string[] => [`id=${clientIdOf(d.id)}`, `token=${d.token}`]
const observe = (begin: boolean) => uintOption(option.observe, begin ? 0 : 1)

async function withLink(world: World, act: (link: CoapLink) => Promise<void>): Promise<void> {
  const link = await CoapLink.open(world.listen['coapaccess']!)
  try {
    await act(link)
  } finally {
    link.close()
  }
}

/** Observes commands → the token of the observation. */
async function observing(link: CoapLink, d: Device, accept?: number): Promise<Uint8Array> {
  const token = link.nextToken()
  const got = await link.ask('GET', 'c', { token, query: credentials(d), options: [observe(true)], ...(accept && { accept }) })
  assert.equal(got.status, '2.05')
  assert.ok(find(got, option.observe))
  return token
}

const told = (link: CoapLink, token: Uint8Array): Promise<Got> =>
  link.next('notification', (m) => same(m.token, token) && m.type === CON && m.payload.length > 0)

// COAP-1
scenario('CoAP: register, log in, report in three formats, and the application reads it', (world) =>
  withLink(world, async (link) => {
    const product = await world.product()
    const app = await world.application()
    const body = { product_key: product.key, device_code: 'coap-1', version: '2.0' }
    const registered = await link.ask('POST', 'v1/devices/registration', {
      format: format.json,
      payload: JSON.stringify(body),
    })
    assert.equal(registered.status, '2.01')
    const { device_id: id, device_secret, device_identifier } = JSON.parse(textIn(registered))
    const again = await link.ask('POST', 'v1/devices/registration', { format: format.cbor, payload: encodeCbor(body) })
    assert.equal(again.status, '2.04')
    assert.deepEqual((decodeCbor(again.payload) as { device_id: number }).device_id, id)
    const login = await link.ask('POST', 'v1/devices/authentication', {
      format: format.json,
      payload: JSON.stringify({ device_id: id, device_secret }),
    })
    assert.equal(login.status, '2.04')
    const { access_token: token, access_addr } = JSON.parse(textIn(login))
    assert.ok(world.every('coapaccess').includes(`coap://${access_addr}`), access_addr)
    const query = [`id=${clientIdOf(id)}`, `token=${token}`]
    const sent = [
      { format: format.json, payload: JSON.stringify({ light: [1, 101] }) },
      { format: format.cbor, payload: encodeCbor({ light: [2, 102] }) },
      { format: format.json, payload: JSON.stringify([{ timestamp: 1_700_000_000_000, status: { light: [3, 103] } }]) },
    ]
    for (const s of sent) assert.equal((await link.ask('POST', 's', { query, ...s })).status, '2.04')
    const { data } = await app.get(`/devices/${device_identifier}/status/latest`)
    assert.deepEqual((data as { light: number[] }).light, [3, 103])
  }),
)

// COAP-2
scenario('CoAP: frames as octets, confirmable or not; what is no frame is kept and refused with its reason', (world) =>
  withLink(world, async (link) => {
    const d = await world.device()
    const app = await world.application()
    const query = credentials(d)
    const payload = d.statusFrame({ light: [7, 700] })
    assert.equal((await link.ask('POST', 'v1/devices/me/status', { query, payload })).status, '2.04')
    const non = await link.ask('POST', 's', { query, payload: d.statusFrame({ light: [8, 800] }), type: NON })
    assert.deepEqual([non.status, non.type], ['2.04', NON])
    const { data } = await app.get(`/devices/${d.identifier}/status/latest`)
    assert.deepEqual((data as { light: number[] }).light, [8, 800])
    const bad = await link.ask('POST', 's', { query, payload: payload.subarray(0, payload.length - 1) })
    assert.deepEqual([bad.status, textIn(bad)], ['4.00', 'tlv_truncated'])
    const named = await link.ask('POST', 's', { query, format: format.json, payload: '{"light":[1,"x"]}' })
    assert.equal(named.status, '4.00')
    assert.match(textIn(named), /light/)
    assert.equal((await link.ask('POST', 's', { query, format: 41, payload: '<a/>' })).status, '4.15')
    assert.equal((await link.ask('POST', 'e', { query, payload: d.eventFrame('online', [60]) })).status, '2.04')
  }),
)

// COAP-3 S-22
scenario(
  'CoAP S-22: a confirmable request that is sent again has effect once, and gets the same answer',
  (world) =>
    withLink(world, async (link) => {
      const d = await world.device()
      const query = credentials(d)
      const id = link.nextId()
      const token = link.nextToken()
      const ask = () => link.ask('POST', 's', { query, id, token, payload: d.statusFrame({ light: [1, 1] }, 1_700_000_000_000) })
      const first = await ask()
      const second = await ask()
      assert.deepEqual([first.status, second.status, second.id], ['2.04', '2.04', first.id])
      const items = await until('the record in history', async () => {
        const { items } = await world.peers.controller.records({ deviceId: d.id, kinds: ['status'] })
        return items.length > 0 ? items : undefined
      })
      assert.equal(items.length, 1)
    }),
  { env: { PANDO_COAP_ACK_TIMEOUT: '30s' } },
)

// COAP-4
scenario('CoAP: a command reaches who observes, and its confirmation answers the application', (world) =>
  withLink(world, async (link) => {
    const d = await world.device()
    const app = await world.application()
    const token = await observing(link, d)
    const put = app.put(`/devices/${d.identifier}/status`, { light: [9, 900] })
    const set = await told(link, token)
    assert.equal(String.fromCharCode(set.payload[0]!), 's')
    assert.equal((await put).code, 0)
    const byName = await observing(link, d, format.json)
    const second = app.put(`/devices/${d.identifier}/status`, { light: [10, 1000] })
    const said = await told(link, byName)
    assert.equal(uintIn(said, option.contentFormat), format.json)
    assert.deepEqual(JSON.parse(textIn(said)), { status: { light: [10, 1000] } })
    assert.equal((await second).code, 0)
    // who rejects a notification does not observe any more
    link.acks = false
    const third = app.put(`/devices/${d.identifier}/status`, { light: [11, 1100] })
    link.empty(RST, (await told(link, byName)).id)
    link.acks = true
    const later = await observing(link, d)
    assert.ok((await told(link, later)).payload.length > 0)
    assert.equal((await third).code, 0)
  }),
)

// COAP-5
scenario('CoAP: who only asks gets what waits, one at a time', (world) =>
  withLink(world, async (link) => {
    const d = await world.device()
    const app = await world.application()
    const query = credentials(d)
    assert.equal((await link.ask('GET', 'c', { query })).payload.length, 0)
    const put = app.put(`/devices/${d.identifier}/status`, { light: [9, 900] })
    const got = await until('a command', async () => {
      const m = await link.ask('GET', 'c', { query, accept: format.cbor })
      return m.payload.length > 0 ? m : undefined
    })
    assert.deepEqual(decodeCbor(got.payload), { status: { light: [9, 900] } })
    assert.equal((await put).code, 0)
  }),
)

// COAP-6 TOK-3 A-02
scenario(
  'CoAP A-02: a token that is wrong, of another device or revoked gets 4.01, and the session ends within a second',
  (world) =>
    withLink(world, async (link) => {
      const d = await world.device()
      const other = await world.device()
      const payload = d.statusFrame({ light: [1, 1] })
      const post = async (query: string[]) => link.ask('POST', 's', { query, payload })
      const wrong = await post([`id=${clientIdOf(d.id)}`, `token=${'0'.repeat(32)}`])
      assert.deepEqual([wrong.status, textIn(wrong)], ['4.01', 'token_unknown'])
      assert.equal(textIn(await post([`id=${clientIdOf(d.id)}`, `token=${other.token}`])), 'token_of_other_device')
      assert.equal(textIn(await post([`id=${clientIdOf(d.id)}`, 'token=x'])), 'token_malformed')
      assert.equal(textIn(await post(['id=zz'])), 'client_id_malformed')
      assert.equal((await post(credentials(d))).status, '2.04')
      const token = await observing(link, d)
      const began = performance.now()
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      const end = await link.next('end of the observation', (m) => same(m.token, token))
      assert.ok(performance.now() - began < 1000)
      assert.deepEqual([end.status, textIn(end)], ['4.01', 'token_revoked'])
      assert.equal((await post(credentials(d))).status, '4.01')
      await world.told(d, 'offline', 'token_revoked')
    }),
)

//
scenario(
  'A-01 the same by MQTT and CoAP, in frames, JSON and CBOR, gives the same rows and webhooks',
  (world) =>
    withLink(world, async (link) => {
      await world.application()
      const one = await world.connected()
      const others = [await world.device(), await world.device(), await world.device()]
      const at = 1_700_000_000_000
      await one.publish('s', one.statusFrame({ light: [5, 500] }, at))
      await one.publish('e', one.eventFrame('alarm', ['hot'], at))
      const said = {
        status: [{ timestamp: at, status: { light: [5, 500] } }],
        event: [{ timestamp: at, event: { alarm: ['hot'] } }],
      }
      for (const [i, d] of others.entries()) {
        const query = credentials(d)
        const bodies = [
          { s: { payload: d.statusFrame({ light: [5, 500] }, at) }, e: { payload: d.eventFrame('alarm', ['hot'], at) } },
          {
            s: { format: format.json, payload: JSON.stringify(said.status) },
            e: { format: format.json, payload: JSON.stringify(said.event) },
          },
          {
            s: { format: format.cbor, payload: encodeCbor(said.status) },
            e: { format: format.cbor, payload: encodeCbor(said.event) },
          },
        ][i]!
        assert.equal((await link.ask('POST', 's', { query, ...bodies.s })).status, '2.04')
        assert.equal((await link.ask('POST', 'e', { query, ...bodies.e })).status, '2.04')
      }
      const rows = (d: Device) =>
        until('both rows', async () => {
          const { items } = await world.peers.controller.records({ deviceId: d.id, kinds: ['status', 'event'] })
          return items.length === 2 ? items.map((item) => ({ ...item, at: 0 })) : undefined
        })
      const expected = await rows(one)
      for (const d of others) assert.deepEqual(await rows(d), expected)
      const hooks = await until('all webhooks', async () => {
        const told = world.hooks.confirmed.filter((h) => h.json.tag === 'event')
        return told.length === 4 ? told : undefined
      })
      for (const h of hooks) assert.deepEqual(h.json.data, hooks[0]!.json.data)
    }),
  { shapes: ['direct'] },
)

// COAP-7
scenario(
  'CoAP: a silent device is offline after its lease; one that observes is asked first',
  (world) =>
    withLink(world, async (link) => {
      const d = await world.device()
      await link.ask('POST', 's', { query: credentials(d), payload: d.statusFrame({ light: [1, 1] }) })
      await world.told(d, 'online')
      await world.told(d, 'offline', 'keepalive_timeout')
      const observer = await world.device()
      await observing(link, observer)
      link.acks = false
      for (let i = 0; i < 2; i++) link.empty(RST, (await link.next('ping', (m) => m.type === CON && m.code === 0)).id)
      const { items } = await world.peers.devicemanager.routes({ devices: [observer.id] })
      assert.equal(items[0]?.protocol, 'coap')
      // as long as a ping is repeated
      const gone = async () =>
        (await world.peers.devicemanager.routes({ devices: [observer.id] })).items.length === 0 || undefined
      await until('the end of the session', gone, 20_000)
      await world.told(observer, 'offline', 'keepalive_timeout')
    }),
  { shapes: ['direct'], env: { PANDO_COAP_LEASE: '1s', PANDO_COAP_ACK_TIMEOUT: '100ms' } },
)

// COAP-8
scenario('CoAP: one session a device, whichever protocol: the newer one stays', (world) =>
  withLink(world, async (link) => {
    const d = await world.connected()
    const payload = d.statusFrame({ light: [1, 1] })
    assert.equal((await link.ask('POST', 's', { query: credentials(d), payload })).status, '2.04')
    await d.link.closed
    await world.told(d, 'offline', 'taken_over')
    const token = await observing(link, d)
    await d.connect()
    const end = await link.next('end of the observation', (m) => same(m.token, token))
    assert.deepEqual([end.status, textIn(end)], ['5.03', 'taken_over'])
  }),
)

// COAP-1, COAP-6
scenario(
  'CoAP: requests of several devices from one address, with the same options again and again, are each of its own',
  (world) =>
    withLink(world, async (link) => {
      const devices = [await world.device(), await world.device()]
      const app = await world.application()
      const report = (d: Device, n: number, more: string[] = []) =>
        link.ask('POST', 's', { query: [...credentials(d), ...more], format: format.json, payload: `{"light":[1,${n}]}` })
      for (let n = 0; n < 40; n++) {
        // one after the other, then each of them several times
        const d = devices[n < 20 ? n % 2 : n < 30 ? 0 : 1]!
        assert.equal((await report(d, n)).status, '2.04')
      }
      for (const [i, last] of [29, 39].entries()) {
        const { data } = await app.get(`/devices/${devices[i]!.identifier}/status/latest`)
        assert.deepEqual((data as { light: number[] }).light, [1, last])
      }
      const [, d] = devices as [Device, Device]
      assert.equal((await report(d, 0, ['x'])).status, '2.04')
      assert.equal((await link.ask('POST', 's', { query: credentials(d), format: 41 })).status, '4.15')
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      await world.told(d, 'offline', 'token_revoked')
      assert.equal((await report(d, 1)).status, '4.01')
      assert.equal((await report(devices[0]!, 2)).status, '2.04')
    }),
)
