import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '#lib/log.ts'
import { openQueue } from '../open.ts'
import { queueSuite } from '../suite.ts'

queueSuite('local', async () => ({ queue: await openQueue('local:', { log: silentLog() }), settled: async () => {} }))

test('queue local: the batch itself is handed over, before ring returns', async () => {
  const queue = await openQueue('local:', { log: silentLog() })
  const batch = Buffer.from('batch')
  let got: Buffer | undefined
  queue.listen('log', 'fold', (b) => {
    got = b.batch
  })
  queue.ring('log', { stream: 1, seq: 1, batch })
  assert.equal(got, batch)
})
