import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordKind } from '#core/devicelog/batch.ts'
import { controllerWorld } from '../../../test/support/controller.ts'
import { testClock } from '../../../test/support/testclock.ts'
import { until } from '../../../test/world/wait.ts'

// MQTT-23
test('sessions that nobody holds end when a second look finds the same', async (t) => {
  const clock = testClock()
  const { after } = clock
  let waits = 0
  clock.after = (ms, f) => {
    if (ms === 5000) waits++
    return after(ms, f)
  }
  const { world, boot } = await controllerWorld(t, { clock })
  const { face, says } = await boot()
  let epoch = 0
  const connects = () => says({ kind: recordKind.online, device: 9, epoch: ++epoch, time: clock.now() })
  const look = async (meanwhile: () => Promise<unknown>) => {
    let ended: number | undefined
    const before = waits
    const looking = face.endUnheld({}).then((r) => (ended = r.ended))
    await until('the first look', () => waits > before || ended !== undefined)
    await meanwhile()
    await until('its end', () => {
      clock.advance(1000)
      return ended !== undefined
    })
    return looking
  }
  const nothing = async () => undefined
  const ends = async () => (await face.diary({ deviceId: 9 })).items.filter((e) => e.kind === 'offline').map((e) => e.cause)

  assert.equal(await look(nothing), 0, 'it never was online')
  await connects()
  assert.equal(await look(nothing), 0, 'a node holds it')
  world.online = false
  const comesBack = async () => (world.online = true)
  assert.equal(await look(comesBack), 0, 'it was on its way in')
  world.online = false
  assert.equal(await look(connects), 0, 'another session has begun')
  assert.deepEqual(await ends(), [])
  assert.equal(await look(nothing), 1)
  assert.deepEqual(await ends(), ['node_lost'])
  assert.equal(await look(nothing), 0, 'it was told')
})
