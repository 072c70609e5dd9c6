import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandState, makeBatch, type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { writeCommand } from '#core/devicelog/command.ts'
import { encodeCommand } from '#protocol/frames.ts'
import { controllerWorld, eventually, result } from '../../../../test/support/controller.ts'
import { testClock } from '../../../../test/support/testclock.ts'
import { commandId } from './id.ts'

const BEHIND = 5000

// LOG-15
test('what a node whose clock is behind said of a command is read again before it, and counts', async (t) => {
  const clock = testClock()
  const { boot, stop } = await controllerWorld(t, { clock })
  const now = clock.now()
  const ids = [1, 2, 3].map((n) => Buffer.alloc(8, n))
  const of = (n: number, record: Partial<NewRecord>): NewRecord =>
    ({ device: 9, product: 4, version: 1, epoch: 1, time: now + n, ...record }) as NewRecord
  const command = (n: number): NewRecord => {
    const frame = encodeCommand({ subDevice: 1, no: 5, priority: 3, values: [n], types: [7], timestamp: now + n })
    return of(n, { kind: recordKind.command, ...writeCommand(ids[n - 1]!, 'c', frame) })
  }
  const step = (n: number, reason: number) =>
    of(n, { kind: recordKind.commandState, reason, data: ids[n - 1]!, time: now + n - BEHIND })
  const first = await boot()
  const said = [
    ...[1, 2].flatMap((n) => [step(n, commandState.sent), step(n, commandState.delivered)]),
    step(3, commandState.sent),
    { ...result(now + 2, 0, 'fine'), time: now + 2 - BEHIND, packetId: 7, flags: recordFlag.qos2 },
    of(0, { kind: recordKind.released, packetId: 7, time: now - BEHIND }),
  ]
  await first.devicelog.append(makeBatch(5, 1, said, now - BEHIND))
  await first.devicelog.append(makeBatch(6, 1, [command(1), command(2), command(3)], now))
  await stop()
  const { face } = await boot()
  const become = (n: number) => face.commandById({ id: commandId(9, now + n, ids[n - 1]!).text })
  const executed = await eventually(async () => {
    const c = await become(2)
    return c.state === 'executed' && c
  })
  assert.equal(executed.result?.text, 'fine')
  assert.equal((await become(1)).state, 'delivered')
  // it was for a session of before
  assert.equal((await become(3)).state, 'timedOut')
  assert.deepEqual((await face.session({ deviceId: 9 })).unreleased, [], 'nothing else of it is read twice')
})
