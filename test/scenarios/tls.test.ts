/** TLS on the port of MQTT, told by the first octet; chips of 2015 on a listener of their own; one packet a TLS record for binary firmware. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { packetText } from '../replay/packettext.ts'
import { rsaCertificate } from '../support/rsacertificate.ts'
import { RawLink } from '../world/rawlink.ts'
import { type Device, makeWorld, until } from '../world.ts'

const dir = mkdtempSync(join(tmpdir(), 'pando-tls-'))
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const world = await makeWorld({
  env: {
    PANDO_TLS_CERT: file('cert.pem', rsaCertificate.cert),
    PANDO_TLS_KEY: file('key.pem', rsaCertificate.key),
    PANDO_MQTTACCESS_LEGACY_TLS_LISTEN: '127.0.0.1:0',
  },
})
after(async () => {
  await world.close()
  rmSync(dir, { recursive: true, force: true })
})

const old: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' }

/** What the device reads, one entry a TLS record's worth. */
async function talk(device: Device, address: string, o: ConnectionOptions, packets: number): Promise<string[]> {
  const { hostname, port } = new URL(address)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ...o })
  const reads: string[] = []
  socket.on('data', (b: Buffer) => reads.push(packetText(b)))
  await new Promise<void>((done, failed) => {
    socket.once('secureConnect', () => done())
    socket.once('error', failed)
  })
  socket.write(helloOf(device))
  await until('CONNACK', () => reads.length > 0)
  for (let id = 1; id < packets; id++) socket.write(publishOf(device, id))
  await until('all reads', () => reads.length >= packets)
  socket.destroy()
  return reads
}

function helloOf(d: Device): Buffer {
  const part = (s: string) => Buffer.concat([Buffer.from([0, s.length]), Buffer.from(s)])
  const body = Buffer.concat([part('MQTT'), Buffer.from([4, 0x42, 0, 30]), part(d.clientId), part(d.token)])
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}

function publishOf(d: Device, id: number): Buffer {
  const frame = d.statusFrame({ light: [1, id] })
  return Buffer.concat([Buffer.from([0x32, 5 + frame.length, 0, 1, 0x73, 0, id]), frame])
}
const expected = ['CONNACK 0x0', 'PUBACK 1', 'PUBACK 2', 'PUBACK 3']

test('TLS and plain text share the port; one packet a record', async () => {
  const device = await world.device({ dialect: 'binary' })
  assert.deepEqual(await talk(device, world.listen['mqttaccess']!, {}, 4), expected)
  await device.connect()
  await device.status({ light: [1, 2] })
})

test('TLS of 2015: refused on the ordinary port, spoken on its own', async () => {
  const device = await world.device({ dialect: 'binary' })
  await assert.rejects(talk(device, world.listen['mqttaccess']!, old, 4))
  const legacy = world.listen['mqttaccessLegacyTls']!
  assert.deepEqual(await talk(device, legacy, old, 4), expected)
  const plain = await RawLink.open(legacy)
  plain.send(helloOf(device))
  assert.ok(await plain.isClosedWithin(5000))
  assert.equal(plain.packets.length, 0)
})
