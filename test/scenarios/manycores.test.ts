/** Many cores on one machine: MQTT in processes of its own, engines in files. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { encodePacket } from '#access/mqttaccess/packet/packet.ts'
import { processLives } from '#lib/processes.ts'
import { accessProcesses, childKills } from '../crash/childkills.ts'
import { rsaCertificate } from '../support/rsacertificate.ts'
import { type Device, makeWorld, scenario, until, type World } from '../world.ts'
import { mainJob } from './mainjob.ts'

const two = { shapes: ['process'], env: { PANDO_ACCESS_PROCESSES: '2' } } as const

// CORE-1
scenario('many cores: the main job', (world) => mainJob(world, 'mqtt5'), two)

// CORE-1
scenario(
  'many cores: devices are dealt out, commands find them, whoever comes in elsewhere has left; counted together; all end together',
  async (world) => {
    const app = await world.application()
    const devices: Device[] = []
    for (let i = 0; i < 16; i++) devices.push(await world.connected())
    const pids = accessProcesses(world)
    assert.equal(pids.length, 2)
    const ops = async (path: string) => (await fetch(`${world.listen['ops']}${path}`)).text()
    assert.match(await ops('/metrics'), /pando_connections\{protocol="mqtt"\} 16\n/)
    assert.match(await ops('/readyz'), /"access processes","ok":true/)
    for (const [i, device] of devices.entries()) {
      const path = `/devices/${device.identifier}/commands`
      const [command, post] = await Promise.all([device.expectCommand(), app.post(path, { switch: [1, i] })])
      assert.deepEqual([command.values, post.code], [[1, i], 0])
    }
    const [device] = devices
    for (let n = 0; n < 6; n++) {
      const { link } = device!
      await device!.connect()
      await until('the end of the one before', () => link.ended !== undefined)
    }
    assert.equal((await world.peers.devicemanager.online({})).count, 16)
    assert.equal(await world.stop(), 0)
    assert.deepEqual(pids.filter(processLives), [])
  },
  two,
)

// CORE-2
test('many cores: access processes that are killed under load: nothing confirmed is lost, devices come back', async () => {
  const seed = Date.now() % 1_000_000
  const { lost, disordered, duplicates, disagreeing, confirmed } = await childKills({ rounds: 3, devices: 12, seed })
  const none = { lost: [], disordered: [], duplicates: [], disagreeing: [] }
  assert.deepEqual({ lost, disordered, duplicates, disagreeing }, none, `seed ${seed}`)
  assert.ok(confirmed > 100, `${confirmed} confirmed`)
})

// CORE-2
scenario(
  'many cores: access processes end with the one that started them, which starts again beside them on the same address',
  async (world) => {
    const device = await world.connected()
    const before = accessProcesses(world)
    await world.kill()
    await world.start()
    await device.comeBack()
    await device.status({ light: [1, 2] })
    await until('the end of the first ones', () => !before.some(processLives))
  },
  two,
)

const dir = mkdtempSync(join(tmpdir(), 'pando-cores-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

// CORE-3
test('many cores: devices that all come at once over TLS get in, of more handshakes at a time than are allowed', async () => {
  const world = await makeWorld({
    shape: 'process',
    env: {
      ...two.env,
      PANDO_TLS_CERT: file('cert.pem', rsaCertificate.cert),
      PANDO_TLS_KEY: file('key.pem', rsaCertificate.key),
      PANDO_TLS_MAX_HANDSHAKES: '4',
      PANDO_MQTT_CONNECT_TIMEOUT: '60s',
    },
  })
  try {
    const devices: Device[] = []
    for (let i = 0; i < 200; i++) devices.push(await world.device())
    const sockets = await Promise.all(devices.map((d) => comeIn(world, d)))
    assert.equal((await world.peers.devicemanager.online({})).count, devices.length)
    for (const s of sockets) s.destroy()
  } finally {
    await world.close()
  }
})

/** Resolves when it is in. */
async function comeIn(world: World, device: Device) {
  const { hostname, port } = new URL(world.listen['mqttaccess']!)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  const answer = new Promise<Buffer>((done, failed) => {
    socket.once('data', done)
    socket.once('error', failed)
  })
  socket.once('secureConnect', () => socket.write(helloOf(device)))
  assert.equal((await answer).subarray(0, 4).toString('hex'), '20020000')
  return socket
}

function helloOf({ clientId, token }: Device): Uint8Array {
  const who = { clientId, username: clientId, password: Buffer.from(token) }
  return encodePacket({ type: 'connect', version: 4, clean: true, keepAlive: 30, ...who }, 4)
}
