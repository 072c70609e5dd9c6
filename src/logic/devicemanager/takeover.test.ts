/** Takeovers that are not got done: their manager dies on the way, or nobody knew of the session before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { manager } from '../../../test/support/devicemanager.ts'

// MQTT-21
test('a manager that dies between the claim of a device and the end of the session before leaves that to the next', async () => {
  const dying = await manager()
  const m = await manager({}, undefined, dying.presence)
  const [old, node] = ['n1', 'n2'].map((name) => m.addNode(name))
  const hung = dying.addNode('n1')
  hung.onClose = () => new Promise(() => {})
  const [first] = await m.connect('n1', 7)
  void dying.connect('n2', 7)
  while (hung.closed.length === 0) await turn()
  assert.deepEqual(old!.closed, [])
  const [second] = await m.connect('n2', 7)
  assert.ok(second?.device)
  assert.deepEqual(old!.closed, [{ device: 7, epoch: first!.epoch, cause: 'taken_over' }])
  await m.face.disconnected({ items: [{ device: 7, epoch: first!.epoch! }] })
  assert.equal((await m.face.routes({ devices: [7] })).items[0]!.epoch, second!.epoch)
  node!.closed.length = 0
  await m.connect('n1', 7)
  assert.deepEqual(
    [old!.closed.length, node!.closed.map((c) => c.epoch)],
    [1, [second!.epoch]],
    'what has ended is not ended again',
  )
})

// MQTT-21
test('a session that its node tells of again, and that is newer than the one that is known, ends that one', async () => {
  const m = await manager()
  const old = m.addNode('n1')
  m.addNode('n2')
  const [first] = await m.connect('n1', 7)
  const epoch = first!.epoch! + 1
  const { replaced } = await m.face.announce({
    node: 'n2',
    items: [{ device: 7, epoch, protocol: 'mqtt', address: 'a:1' }],
    last: true,
  })
  assert.deepEqual(replaced, [])
  assert.deepEqual(old.closed, [{ device: 7, epoch: first!.epoch, cause: 'taken_over' }])
})
