import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBatch, newStream } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { controllerWorld, light, status } from '../../../test/support/controller.ts'

// MQTT-22
test('all streams but those of nodes that are known and the controller itself end; what was appended to them is seen', async (t) => {
  const { world, boot } = await controllerWorld(t)
  const { face, devicelog, connects } = await boot()
  const lost = async () => {
    await connects()
    world.online = false
    await face.nodeLost({ node: 'n', sessions: [{ device: 9, epoch: 1 }] })
  }
  await lost()
  const known = await devicelog.streams()
  const silent = newStream()
  const batch = (seq: number) => makeBatch(silent, seq, [status(light(1, seq))], Date.now())
  await face.accept(batch(1))
  // its append was done and nobody was told
  await devicelog.append(Buffer.from(batch(2)))
  const [node] = known.filter((s) => s.stream !== silent && s.last === 1)
  assert.equal(known.length, 2)
  const streams = [node!.stream]
  assert.deepEqual(await face.onlyStreams({ streams }), { sealed: 1 })
  assert.deepEqual(JSON.parse((await face.latest({ deviceId: 9 })).json), { light: [1, 2] })
  await assert.rejects(face.accept(batch(3)), (e) => isPandoError(e, 'stream_sealed'))
  await lost()
  assert.deepEqual(await face.onlyStreams({ streams }), { sealed: 0 })
  const sealed = (await devicelog.streams()).filter((s) => s.sealed).map((s) => s.stream)
  assert.deepEqual(sealed, [silent])
  const { items } = await face.diary({ deviceId: 9 })
  assert.equal(items.filter((e) => e.kind === 'offline' && e.cause === 'node_lost').length, 2)
})
