/** Devices that speak CoAP over TCP and TLS: the same resources as over UDP. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import { format, option, signal } from '#access/coapaccess/message/numbers.ts'
import { uintIn, uintOption } from '#access/coapaccess/message/options.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { withCoapClient } from '../support/coapclient.ts'
import { rsaCertificate } from '../support/rsacertificate.ts'
import { textIn } from '../world/coap.ts'
import { CoapStream } from '../world/coapstream.ts'
import { type Device, scenario, until, type World } from '../world.ts'

const run = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), 'pando-coaptcp-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const env = { PANDO_COAPACCESS_TCP_LISTEN: '127.0.0.1:0' }
const credentials = (d: Device): string[] => [`id=${clientIdOf(d.id)}`, `token=${d.token}`]

async function withStream(world: World, act: (s: CoapStream) => Promise<void>): Promise<void> {
  const s = await CoapStream.open(world.listen['coapaccessTcp']!)
  try {
    await act(s)
  } finally {
    s.close()
  }
}

// COAP-17, COAP-6, A-02
scenario(
  'CoAP over TCP: log in, report, be told by observation with a confirmed answer, and learn of a revoked token',
  (world) =>
    withStream(world, async (s) => {
      s.pongs = true
      const d = await world.device()
      const app = await world.application()
      const login = { device_id: d.id, device_secret: d.secret }
      const said = await s.ask('POST', 'v1/devices/authentication', { format: format.json, payload: JSON.stringify(login) })
      assert.equal(said.status, '2.04')
      d.token = JSON.parse(textIn(said)).access_token
      const query = credentials(d)
      assert.equal((await s.ask('POST', 's', { query, payload: d.statusFrame({ light: [1, 101] }) })).status, '2.04')
      const more = await s.next('larger capabilities', (m) => m.code === signal.csm && uintIn(m, 2)! > 4096)
      assert.ok(more)
      const many = JSON.stringify(Array.from({ length: 900 }, (_, i) => ({ timestamp: i + 1, status: { light: [1, i] } })))
      assert.equal((await s.ask('POST', 's', { query, format: format.json, payload: many })).status, '2.04')
      assert.deepEqual((await app.get(`/devices/${d.identifier}/status/latest`)).data, { light: [1, 899] })
      const token = Buffer.from('watch')
      await s.ask('GET', 'c', { token, query, accept: format.json, options: [uintOption(option.observe, 0)] })
      assert.equal((await app.put(`/devices/${d.identifier}/status`, { light: [7, 7] })).code, 0)
      const told = await s.next('command', (m) => Buffer.compare(m.token, token) === 0)
      assert.equal(textIn(told), '{"status":{"light":[7,7]}}')
      await world.peers.registry.revokeTokens({ deviceId: d.id })
      const end = await s.next('the end', (m) => Buffer.compare(m.token, token) === 0)
      assert.deepEqual([end.status, textIn(end)], ['4.01', 'token_revoked'])
    }),
  { env },
)

// COAP-17
scenario(
  'CoAP over TLS shares the port of TCP',
  async (world) => {
    const d = await world.device()
    const s = await CoapStream.open(world.listen['coapaccessTcp']!, true, rsaCertificate.cert)
    try {
      const got = await s.ask('POST', 's', { query: credentials(d), format: format.json, payload: '{"light":[3,4]}' })
      assert.equal(got.status, '2.04')
    } finally {
      s.close()
    }
    await withStream(world, async (plain) => assert.equal((await plain.ask('GET', 'time')).status, '2.05'))
  },
  {
    env: { ...env, PANDO_TLS_CERT: file('cert.pem', rsaCertificate.cert), PANDO_TLS_KEY: file('key.pem', rsaCertificate.key) },
    shapes: ['direct'],
  },
)

withCoapClient('COAP-17 coap-client of libcoap over TCP', (program) => {
  // COAP-17
  scenario(
    'coap-client over TCP: a report, a large one, discovery, a command by observation',
    async (world) => {
      const d = await world.device()
      const base = world.listen['coapaccessTcp']!
      const client = (...args: string[]) => run(program, ['-B', '20', ...args])
      const app = await world.application()
      const latest = async () => (await app.get(`/devices/${d.identifier}/status/latest`)).data
      await client('-m', 'post', '-t', '50', '-e', '{"light":[2,2]}', `${base}/s?${credentials(d).join('&')}`)
      assert.deepEqual(await latest(), { light: [2, 2] })
      const many = JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ timestamp: i + 1, status: { light: [1, i] } })))
      await client('-m', 'post', '-t', '50', '-e', many, `${base}/s?${credentials(d).join('&')}`)
      assert.deepEqual(await latest(), { light: [1, 199] })
      assert.match((await client('-m', 'get', `${base}/.well-known/core`)).stdout, /pando\.commands/)
      const watching = client('-m', 'get', '-A', '50', '-s', '6', `${base}/c?${credentials(d).join('&')}`)
      await until('the command to be taken', async () => {
        const { code } = await app.put(`/devices/${d.identifier}/status`, { light: [7, 7] })
        return code === 0 || undefined
      })
      assert.match((await watching).stdout, /\{"status":\{"light":\[7,7\]\}\}/)
    },
    { env, shapes: ['direct'] },
  )
})
