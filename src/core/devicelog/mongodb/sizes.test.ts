import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { MongoClient } from 'mongodb'
import { onEngine } from '../../../../test/support/engines.ts'
import { makeBatch, recordKind } from '../batch.ts'
import { openDeviceLog } from '../open.ts'

const HOUR = 3_600_000
const FOREVER = Number.MAX_SAFE_INTEGER

onEngine('mongodb', (server) => {
  // LOG-5
  test('device log mongodb: retention knows what there is, whatever was appended and dropped by which process', async (t) => {
    const url = `${server}/pando-test-${randomUUID().slice(0, 8)}`
    const client = await MongoClient.connect(url)
    const [a, b] = [await openDeviceLog(url, { dataDir: '' }), await openDeviceLog(url, { dataDir: '' })]
    t.after(async () => {
      await Promise.all([a.close(), b.close()])
      await client.db().dropDatabase()
      await client.close()
    })
    const log = client.db().collection<{ z: number }>('log')
    const octets = async () => (await log.find().toArray()).reduce((sum, d) => sum + (d.z ?? 0), 0)
    const now = Date.now()
    const append = async (stream: number, from: number, to: number, time: number) => {
      for (let seq = from; seq <= to; seq++) {
        const data = Buffer.alloc(seq % 7)
        await a.append(makeBatch(stream, seq, [{ kind: recordKind.status, device: 1, data }], time + seq))
      }
    }
    const kept = async (from = a) => (await from.retain({ maxBytes: 2 ** 50, maxAgeMs: FOREVER })).bytes

    await append(1, 1, 20, now - 300 * HOUR)
    await append(2, 1, 10, now - 20 * HOUR)
    await append(3, 1, 10, now)
    assert.equal(await kept(), await octets())
    await append(3, 11, 20, now)
    assert.equal(await kept(), await octets())

    const before = await octets()
    const dropped = await a.retain({ maxBytes: before - 500, maxAgeMs: FOREVER })
    assert.equal(dropped.bytes, await octets())
    assert.equal(dropped.droppedBytes, before - dropped.bytes)
    assert.ok(dropped.droppedBytes >= 500 && dropped.droppedBytes < 700)
    assert.equal(await kept(), await octets())

    await b.retain({ maxBytes: 2 ** 50, maxAgeMs: 100 * HOUR })
    assert.equal((await a.read(1, 0)).length, 0)
    assert.equal(await kept(), await octets())
    assert.equal(await kept(b), await octets())

    await a.retain({ maxBytes: 0, maxAgeMs: FOREVER })
    assert.equal(await octets(), 0)
    assert.equal(await kept(), 0)
    await append(3, 21, 25, now)
    for (const one of [a, b]) assert.equal(await kept(one), await octets())
  })
})
