import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Face } from '#contracts/contract.ts'
import type { devicemanager } from '#contracts/devicemanager.ts'
import { makeMetrics } from '#lib/metrics.ts'
import { testClock } from '../../../test/support/testclock.ts'
import { Door } from './door.ts'
import type { Downlink, Receiver } from './downlink.ts'
import { accessFace } from './face.ts'
import type { DeviceNode } from './node.ts'

/** A node with nothing but what a door needs; the device manager lets everybody in, with the next epoch. */
function nodeWithDoor() {
  const gone: { device: number; epoch: number }[] = []
  const clock = testClock()
  const node = {
    ...{ protocol: 'mqtt', clock, metrics: makeMetrics(), devices: new Map(), closedAhead: new Map() },
    uplink: { stream: 1, drained: async () => {} },
    departures: { add: (device: number, epoch: number) => void gone.push({ device, epoch }) },
    drained: async () => {},
  } as unknown as DeviceNode<Receiver>
  const face = accessFace(node, {} as Downlink<Receiver>)
  const m = { epoch: 5, beforeVerdict: async () => {} }
  const peer = {
    async connect() {
      const epoch = m.epoch++
      await m.beforeVerdict()
      return { items: [{ device: { id: 7, productId: 1, modelVersion: 1 }, epoch }] }
    },
  } as unknown as Face<typeof devicemanager>
  const door = new Door(() => node, 'n1', { devicemanager: peer })
  const come = () =>
    new Promise<string>((done) => {
      const c = { state: 'asked', address: '10.0.0.1:5' } as unknown as Receiver
      door.ask(c, 7, '0'.repeat(32), { admitted: () => done('in'), refused: done })
    })
  return { node, face, gone, clock, m, come }
}

// MQTT-13
test('a session that is to be closed while its verdict is on its way is not let in; a later one is', async () => {
  const { node, face, gone, clock, m, come } = nodeWithDoor()
  m.beforeVerdict = async () => void (await face.close({ items: [{ device: 7, epoch: 5, cause: 'taken_over' }] }))
  assert.equal(await come(), 'taken_over')
  assert.deepEqual(gone, [{ device: 7, epoch: 5 }])
  assert.equal(node.devices.size, 0)
  m.beforeVerdict = async () => {}
  assert.equal(await come(), 'in')
  assert.equal(node.closedAhead.size, 1)
  clock.advance(10_000)
  assert.equal(node.closedAhead.size, 0, 'remembered for as long as a verdict may be on its way')
})
