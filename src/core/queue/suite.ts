/** What every queue engine must do. It may lose, repeat and reorder; tests wait for what they rang. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogBell, Queue, RegistryBell } from './port.ts'

export interface QueueSubject {
  queue: Queue
  /** resolves when what was rung has been heard */
  settled(): Promise<void>
  /** another client of the same queue; absent where an engine has only one */
  another?(): Promise<Queue>
}

const bell = (id: number): RegistryBell => ({ what: 'device', id, change: 'changed' })

export function queueSuite(name: string, open: () => Promise<QueueSubject>): void {
  const check = (what: string, run: (s: QueueSubject) => Promise<void>) =>
    test(`queue ${name}: ${what}`, async () => {
      const subject = await open()
      try {
        await run(subject)
      } finally {
        await subject.queue.close()
      }
    })

  check('each listener name hears every bell of its topic', async ({ queue, settled }) => {
    const heard: string[] = []
    queue.listen('registry', 'a', (b) => heard.push(`a${b.id}`))
    queue.listen('registry', 'b', (b) => heard.push(`b${b.id}`))
    queue.listen('log', 'a', () => heard.push('log'))
    await settled()
    queue.ring('registry', bell(1))
    queue.ring('registry', bell(2))
    await settled()
    assert.deepEqual([...new Set(heard)].sort(), ['a1', 'a2', 'b1', 'b2'])
  })

  check('a bell arrives whole', async ({ queue, settled }) => {
    const log: LogBell[] = []
    const registry: RegistryBell[] = []
    queue.listen('log', 'x', ({ stream, seq }) => log.push({ stream, seq }))
    queue.listen('registry', 'x', (b) => registry.push({ ...b }))
    await settled()
    const stream = 2 ** 52 + 1
    queue.ring('log', { stream, seq: 7, batch: Buffer.from('not for the wire') })
    queue.ring('registry', { what: 'token', id: 5, change: 'revoked' })
    await settled()
    assert.deepEqual(log, [{ stream, seq: 7 }])
    assert.deepEqual(registry, [{ what: 'token', id: 5, change: 'revoked' }])
  })

  check('a listener that fails disturbs nobody, least of all who rings', async ({ queue, settled }) => {
    const heard: number[] = []
    queue.listen('registry', 'bad', () => {
      throw new Error('bad listener')
    })
    queue.listen('registry', 'good', (b) => heard.push(b.id))
    await settled()
    queue.ring('registry', bell(3))
    await settled()
    assert.deepEqual([...new Set(heard)], [3])
  })

  check('stopping is at once, also while a bell rings', async ({ queue, settled }) => {
    const heard: number[] = []
    const stop = queue.listen('registry', 'one', (b) => {
      heard.push(b.id)
      stop()
    })
    await settled()
    queue.ring('registry', bell(1))
    queue.ring('registry', bell(2))
    await settled()
    assert.deepEqual(heard, [1])
  })

  check('who has waited for it hears others', async ({ another, queue }) => {
    const far = (await another?.()) ?? queue
    const heard = Promise.withResolvers<number>()
    far.listen('log', 'far', ({ seq }) => heard.resolve(seq))
    await far.hearing()
    // a bell that is not repeated
    queue.ring('log', { stream: 1, seq: 7 })
    assert.equal(await heard.promise, 7)
    await far.close()
  })

  check('nobody has to listen, and ringing after the end is harmless', async ({ queue }) => {
    queue.ring('log', { stream: 1, seq: 1 })
    await queue.close()
    queue.ring('log', { stream: 1, seq: 2 })
  })

  check('other clients hear it', async ({ queue, settled, another }) => {
    if (!another) return
    const other = await another()
    const heard: number[] = []
    other.listen('registry', 'far', (b) => heard.push(b.id))
    await settled()
    queue.ring('registry', bell(9))
    await settled()
    assert.deepEqual([...new Set(heard)], [9])
    await other.close()
  })
}
