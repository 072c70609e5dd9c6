import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TailItem } from '#contracts/controller.ts'
import { controllerWorld, eventually, light, status } from '../../../test/support/controller.ts'

// CLI-11
test('the tail tells what becomes of a command: accepted, by its name and values; each step', async (t) => {
  const { boot, world } = await controllerWorld(t)
  world.answer = async () => ({ delivered: false, error: 'device_refused' })
  const { face, says } = await boot()
  await says(status(light(1, 2), { time: 1 }))
  let { cursor } = await face.tail({ wait: 0 })
  await face.sendCommand({ deviceId: 9, kind: 'command', name: 'blink', params: '[3]', ttl: 0 })
  await face.sendCommand({ deviceId: 9, kind: 'status', params: '{"light":[1,7]}', ttl: 0 })
  const told: TailItem[] = []
  await eventually(async () => {
    const page = await face.tail({ cursor, wait: 100 })
    cursor = page.cursor
    told.push(...page.items)
    return told.filter((i) => i.state === 'failed').length === 2
  })
  const [blink, set] = told.filter((i) => i.kind === 'command')
  assert.deepEqual([blink!.name, blink!.values, set!.name, set!.values], ['blink', '[3]', undefined, '{"light":[1,7]}'])
  for (const { command } of [blink!, set!]) {
    assert.match(command!, /^[0-9a-f]{16}$/)
    const steps = told.filter((i) => i.kind === 'commandState' && i.command === command).map((i) => i.state)
    assert.equal(steps.at(-1), 'failed')
  }
  const none = await face.tail({ cursor: '[]', kinds: ['status'], wait: 0 })
  assert.deepEqual([...new Set(none.items.map((i) => i.kind))], ['status'])
})
