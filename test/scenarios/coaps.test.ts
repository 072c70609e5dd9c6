/** coaps: libcoap and OpenSSL against the cloud, and datagrams that are none. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promisify } from 'node:util'
import { CON, parseMessage, writeMessage } from '#access/coapaccess/message/message.ts'
import { codeText, format, method, option } from '#access/coapaccess/message/numbers.ts'
import { textOption, uintOption } from '#access/coapaccess/message/options.ts'
import { clientIdOf } from '#protocol/identifiers.ts'
import { secureCoapClient } from '../support/coapclient.ts'
import { type Device, scenario, until, type World, within } from '../world.ts'

const run = promisify(execFile)
const env = { PANDO_COAPACCESS_DTLS_LISTEN: '127.0.0.1:0' }
const shapes = ['direct'] as const

const light = async (world: World, d: Device): Promise<unknown> =>
  JSON.parse((await world.peers.controller.latest({ deviceId: d.id })).json).light

const status = (id: number, values: number[]): Buffer =>
  writeMessage(CON, id, {
    code: method.POST,
    token: Buffer.from('t'),
    options: [textOption(option.uriPath, 's'), uintOption(option.contentFormat, format.json)],
    payload: Buffer.from(JSON.stringify({ light: values })),
  })

/** Sends a message through `openssl s_client` → what came back first. */
async function throughOpenssl(url: string, identity: string, key: string, suite: string, message: Buffer): Promise<Buffer> {
  const psk = Buffer.from(key).toString('hex')
  const args = [
    's_client',
    '-dtls1_2',
    '-quiet',
    '-connect',
    new URL(url).host,
    '-psk',
    psk,
    '-psk_identity',
    identity,
    '-cipher',
    suite,
  ]
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    child.stdin.write(message)
    return await within(10_000, 'an answer through OpenSSL', () => new Promise<Buffer>((done) => child.stdout.once('data', done)))
  } finally {
    child.kill('SIGKILL')
  }
}

// COAP-16
scenario(
  'TD_COAP_DTLS_01 coaps: OpenSSL with both suites; the handshake is the login',
  async (world) => {
    const url = world.listen['coapaccessDtls']!
    for (const [n, suite] of ['PSK-AES128-CCM8', 'PSK-AES128-GCM-SHA256'].entries()) {
      const d = await world.device()
      const got = parseMessage(await throughOpenssl(url, clientIdOf(d.id), d.secret, suite, status(n, [n, 5])))
      assert.ok(got && !('malformed' in got))
      assert.equal(codeText(got.code), '2.04')
      assert.deepEqual(await light(world, d), [n, 5])
      const { items } = await world.peers.devicemanager.routes({ devices: [d.id] })
      assert.equal(items[0]?.protocol, 'coap')
    }
  },
  { env, shapes },
)

// COAP-16
scenario(
  'TD_COAP_DTLS_02 coaps: a wrong key, an unknown identity, and datagrams that are none open nothing and stop nobody',
  async (world) => {
    const url = world.listen['coapaccessDtls']!
    const d = await world.device()
    const other = await world.device()
    const socket = createSocket('udp4')
    let heard = 0
    socket.on('message', (b) => (heard += b.length))
    let sent = 0
    for (let i = 0; i < 2000; i++) {
      const b = Buffer.from(
        Array.from({ length: i % 90 }, (_, n) =>
          n === 0 ? 20 + (i % 5) : n === 1 ? 0xfe : n === 2 ? 0xfd : (i * 31 + n * 7) & 0xff,
        ),
      )
      sent += b.length
      socket.send(b, Number(new URL(url).port), '127.0.0.1')
    }
    const refused = (identity: string, key: string) =>
      assert.rejects(throughOpenssl(url, identity, key, 'PSK', status(1, [9, 9])), /no an answer through OpenSSL/)
    await Promise.all([refused(clientIdOf(d.id), other.secret), refused('ffffff', d.secret), refused('x', d.secret)])
    assert.ok(heard <= 3 * sent, `${heard} octets for ${sent}`)
    socket.close()
    assert.equal(await light(world, d), undefined)
    await throughOpenssl(url, clientIdOf(d.id), d.secret, 'PSK', status(2, [1, 1]))
    assert.deepEqual(await light(world, d), [1, 1])
  },
  { env, shapes },
)

secureCoapClient('COAP-16 coap-client of libcoap with a pre-shared key', (program) => {
  // COAP-16
  scenario(
    'TD_COAP_DTLS_03 coaps: libcoap reports, also with loss, and is told a command by observation',
    async (world) => {
      const d = await world.device()
      const app = await world.application()
      const base = world.listen['coapaccessDtls']!
      const client = (...args: string[]) => run(program, ['-B', '20', '-u', clientIdOf(d.id), '-k', d.secret, ...args])
      await client('-m', 'post', '-t', '50', '-e', '{"light":[2,2]}', `${base}/s`)
      assert.deepEqual(await light(world, d), [2, 2])
      // TD_COAP_DTLS_03: of what it sends these are lost
      for (const [n, lost] of ['1', '2,3', '3,5'].entries()) {
        await client('-l', lost, '-m', 'post', '-t', '50', '-e', `{"light":[3,${n}]}`, `${base}/s`)
        assert.deepEqual(await light(world, d), [3, n])
      }
      const watching = client('-m', 'get', '-A', '50', '-s', '6', `${base}/c`)
      await until('the command to be taken', async () => {
        const { code } = await app.put(`/devices/${d.identifier}/status`, { light: [7, 7] })
        return code === 0 || undefined
      })
      assert.match((await watching).stdout, /\{"status":\{"light":\[7,7\]\}\}/)
    },
    { env, shapes },
  )
})
