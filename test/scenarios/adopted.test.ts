import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBatch, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { makeWorld, shapes, until } from '../world.ts'

// IMP-7, IMP-4
for (const shape of shapes)
  test(`what devices told an older cloud is history, and no news (${shape})`, async () => {
    const world = await makeWorld({ shape })
    try {
      await world.application({ tags: ['event', 'status'] })
      const device = await world.connected()
      const { controller } = world.peers
      await device.status({ light: [1, 7] })
      const old = (second: number, kind: number, data: Uint8Array, flags: number = recordFlag.adopted) => ({
        kind,
        device: device.id,
        product: 1,
        version: 1,
        flags,
        time: second * 1000,
        data,
      })
      const records = [
        old(1000, recordKind.status, device.statusFrame({ light: [1, 1], o_int8: [3] })),
        old(1001, recordKind.event, device.eventFrame('alarm', ['old'])),
        old(1002, recordKind.status, device.statusFrame({ o_int8: [4] })),
      ]
      const batch = makeBatch(7, 1000, records, 0)
      for (const _ of [1, 2]) await controller.adopt(Buffer.from(batch))
      assert.equal((await controller.adopted({ stream: 7 })).seq, 1000)
      // a number that was passed is one that was seen
      await controller.adopt(makeBatch(7, 999, records, 0))
      assert.equal((await controller.adopted({ stream: 8 })).seq, 0)
      for (const wrong of [
        makeBatch(2 ** 21, 1, records, 0),
        makeBatch(7, 2000, [old(1, recordKind.status, device.statusFrame({ light: [1, 1] }), 0)]),
        makeBatch(7, 2000, [old(1, recordKind.online, Buffer.from('{}'))]),
        batch.subarray(1),
      ])
        await assert.rejects(controller.adopt(Buffer.from(wrong)), (e) => isPandoError(e, 'invalid'))

      const check = async () => {
        const said = (await world.peers.controller.records({ deviceId: device.id, kinds: ['status', 'event'], to: 2_000_000 }))
          .items
        assert.deepEqual(
          said.map((i) => [i.at, i.kind]),
          [
            [1_000_000, 'status'],
            [1_001_000, 'event'],
            [1_002_000, 'status'],
          ],
        )
        const latest = JSON.parse((await world.peers.controller.latest({ deviceId: device.id })).json)
        assert.deepEqual([latest.light, latest.o_int8], [[1, 7], [4]])
      }
      await check()
      await world.restart()
      await check()
      await device.comeBack()
      await device.event('alarm', ['new'])
      const heard = await until('webhook of the new event', () => {
        const bodies = world.hooks.hooks.map((h) => h.body).join()
        return bodies.includes('new') ? bodies : undefined
      })
      assert.ok(!heard.includes('old'), heard)
    } finally {
      await world.close()
    }
  })
