/** Refused CONNECTs: return codes of MQTT 3, reason codes and strings of MQTT 5; S-09 ids that are none. */
import assert from 'node:assert/strict'
import type { Connect } from '#access/mqttaccess/packet/packets.ts'
import { RawLink } from '../world/rawlink.ts'
import { type Device, Refused, scenario } from '../world.ts'

type Case = [name: string, change: (d: Device) => Partial<Connect>, returnCode: number, reason: number]

const zeros = Buffer.from('0'.repeat(32))
const cases: Case[] = [
  ['wrong token', () => ({ password: zeros }), 4, 0x86],
  ['token that is none', () => ({ password: Buffer.from('zz') }), 4, 0x86],
  ['no password', (d) => ({ username: d.clientId, password: undefined as unknown as Uint8Array }), 4, 0x86],
  ['client id that is none', () => ({ clientId: 'lamp' }), 2, 0x85],
  ['client id of nobody', () => ({ clientId: 'fffffff' }), 4, 0x86],
]

scenario('refusals: the return codes of MQTT 3.1.1, then the connection is closed', async (world) => {
  const device = await world.device()
  for (const [name, change, returnCode] of cases) {
    const link = await refused(device, change(device), name)
    assert.equal(link.packets.length, 0)
    assert.equal(Buffer.from(link.reads[0]!.bytes).toString('hex'), `200200${returnCode.toString(16).padStart(2, '0')}`, name)
  }
})

scenario('refusals: the reason codes of MQTT 5', async (world) => {
  const device = await world.device({ dialect: 'mqtt5' })
  for (const [name, change, , reason] of cases) {
    await assert.rejects(device.connect(change(device)), (e) => e instanceof Refused && e.connack?.reason === reason, name)
  }
})

scenario('refusals: MQTT 5 is told in words what was wrong with its CONNECT', async (world) => {
  const device = await world.device({ dialect: 'mqtt5' })
  await assert.rejects(device.connect({ properties: { authenticationMethod: 'SCRAM' } }), (e) => reasonOf(e) === 0x8c)
  const link = await device.open()
  // a reserved flag of CONNECT [MQTT-3.1.2-3]
  link.raw('100e00044d5154540503001e0000' + '013100')
  const connack = await link.next('connack')
  assert.equal(connack.reason, 0x81)
  assert.match(connack.properties?.reasonString ?? '', /\w+ .*\[MQTT-|§/)
  await link.closed
})

scenario('refusals: versions that there are not', async (world) => {
  const link = await RawLink.open(world.listen['mqttaccess']!)
  link.send('100f00044d5154540602001e000361626300')
  assert.ok(await link.isClosedWithin(2000))
  assert.equal(link.packets[0]?.subarray(0, 1).toString('hex'), '20')
})

scenario('refusals: a name that is not MQTT gets nothing', async (world) => {
  const link = await RawLink.open(world.listen['mqttaccess']!)
  link.send('100e00044d5155540402001e0003616263')
  assert.ok(await link.isClosedWithin(2000))
  assert.equal(link.packets.length, 0)
})

scenario('S-09 ids that are none log nobody in', async (world) => {
  await world.connected()
  const device = await world.device()
  const { id } = device
  for (const clientId of ['0', '00', '', '-1', '0x1', '10000000000000000', 'ffffffffffffffff', ' 1', '1 ', '+1']) {
    await assert.rejects(device.connect({ clientId }), Refused, clientId)
  }
  for (const wrong of [0, -1, 2 ** 64, 1.5, null, '1', undefined]) {
    Object.assign(device, { id: wrong })
    await assert.rejects(device.login(), /: 10002 /, String(wrong))
  }
  device.id = id
  // upper case and padding are taken, as the old cloud did
  for (const clientId of [device.clientId.toUpperCase(), device.clientId.padStart(16, '0')]) await device.connect({ clientId })
})

scenario('limits before login: a CONNECT of more than 4 KB is refused while it comes', async (world) => {
  const device = await world.device()
  const link = await RawLink.open(world.listen['mqttaccess']!)
  link.send('10ff7f00044d515454')
  assert.ok(await link.isClosedWithin(2000))
  await assert.rejects(device.connect({ username: 'x'.repeat(5000) }), Refused)
  await device.connect({ username: 'x'.repeat(3000) })
})

async function refused(device: Device, change: Partial<Connect>, name: string) {
  await assert.rejects(device.connect(change), Refused, name)
  const { link } = device
  assert.equal(await link.closed, 'end', name)
  return link
}

const reasonOf = (e: unknown) => (e instanceof Refused ? e.connack?.reason : undefined)
