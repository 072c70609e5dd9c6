import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryResult } from '#contracts/access.ts'
import { BATCH_HEADER, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import { PandoError } from '#lib/errors.ts'
import { makeMoves } from './moves.ts'

// CLU-7
test('a device that came in elsewhere is looked for until there is an answer: what was on its way to it moves', async () => {
  const told: string[] = []
  let asked = 0
  const moves = makeMoves({
    devicemanager: {
      async routes() {
        if (++asked === 1) throw new PandoError('unavailable', 'nobody answers')
        return { items: [{ device: 7, node: 'b', epoch: 2, protocol: 'mqtt', address: '' }] }
      },
    } as unknown as Parameters<typeof makeMoves>[0]['devicemanager'],
    access: (node) =>
      ({ moved: async ({ devices }: { devices: number[] }) => void told.push(`${node} ${devices}`) }) as unknown as ReturnType<
        Parameters<typeof makeMoves>[0]['access']
      >,
  })
  const never = new Promise<DeliveryResult>(() => {})
  const outcome = moves.during(7, 'a', never)
  moves.observer.see(makeBatch(1, 1, [{ kind: recordKind.online, device: 7, epoch: 2 }]), BATCH_HEADER, 40)
  assert.equal(await outcome, 'moved')
  assert.deepEqual([asked, told, moves.observer.size], [2, ['a 7'], 0])
})
