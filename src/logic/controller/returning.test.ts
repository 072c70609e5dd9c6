import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Cause, causeNumber } from '#contracts/causes.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { controllerWorld } from '../../../test/support/controller.ts'

const is = (code: string) => (e: unknown) => isPandoError(e) && e.code === code

async function away(t: TestContext, cause: Cause, ago = 0) {
  const { world, boot } = await controllerWorld(t)
  const it = await boot()
  await it.connects()
  world.online = false
  const data = Buffer.from('{}')
  await it.says({ kind: recordKind.offline, reason: causeNumber(cause), device: 9, time: Date.now() - ago, data })
  return {
    ...it,
    world,
    command: (timeout = 20_000) => it.face.command({ deviceId: 9, body: '{"blink":[3]}', timeout }),
    ask: () => it.face.ask({ deviceId: 9, timeout: 100 }),
    async comesBack() {
      world.online = true
      await it.connects()
    },
  }
}

// CLU-17
test('a command for a device that the cloud has sent away goes to it when it is back', async (t) => {
  const { world, command, comesBack } = await away(t, 'server_stopping')
  const answer = command()
  await sleep(50)
  assert.equal(world.deliveries.length, 0)
  await comesBack()
  assert.equal((await answer).state, 'delivered')
  assert.deepEqual(
    world.deliveries.map((d) => d.again ?? false),
    [false],
  )
})

// CLU-17
test('a device that went by itself, or was sent away long ago, or is not back in time is offline; nobody waits at a process that stops', async (t) => {
  for (const [cause, ago] of [
    ['disconnected', 0],
    ['server_stopping', 6000],
  ] as const)
    await assert.rejects((await away(t, cause, ago)).command(), is('device_offline'))
  const { command, ask, drain } = await away(t, 'server_stopping')
  await Promise.all([assert.rejects(command(100), is('device_offline')), assert.rejects(ask(), is('device_offline'))])
  const waits = assert.rejects(command(), is('device_offline'))
  await drain()
  await waits
  await assert.rejects(command(), is('device_offline'))
})

// CLU-17
test('a device that its node does not have yet is looked for again, one that it never has is offline', async (t) => {
  const { world, boot } = await controllerWorld(t)
  const { face, connects } = await boot()
  await connects()
  let refusals = 2
  world.answer = async () => (refusals-- > 0 ? { delivered: false, error: 'device_offline' } : { delivered: true })
  const command = () => face.command({ deviceId: 9, body: '{"blink":[3]}', timeout: 20_000 })
  assert.equal((await command()).state, 'delivered')
  assert.deepEqual([world.deliveries.length, world.deliveries.some((d) => d.again)], [3, false])
  refusals = Number.POSITIVE_INFINITY
  await assert.rejects(command(), is('device_offline'))
})
