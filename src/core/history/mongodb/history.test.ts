import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { MongoClient } from 'mongodb'
import { silentLog } from '#lib/log.ts'
import { seeded } from '../../../../test/simulated-disk.ts'
import { breakingEngine, onEngine } from '../../../../test/support/engines.ts'
import { gate } from '../../../../test/support/gate.ts'
import { sleep, until } from '../../../../test/world/wait.ts'
import { makeBatch, recordKind } from '../../devicelog/batch.ts'
import { NaiveHistory, randomQuery, randomRecords, readAll } from '../naive.ts'
import { openHistory } from '../open.ts'
import type { History } from '../port.ts'
import { historySuite } from '../suite.ts'

const impatient =
  '?directConnection=true&serverSelectionTimeoutMS=500&socketTimeoutMS=700&connectTimeoutMS=500&heartbeatFrequencyMS=500'
const database = (server: string): string => `${server}/pando-test-${randomUUID().slice(0, 8)}`
const open = (url: string): Promise<History> => openHistory(url, { dataDir: '', log: silentLog() })
const DAY = 86_400_000
const today = Math.floor(Date.now() / DAY)
const all = { device: 1, limit: 10_000 }

async function drop(url: string): Promise<void> {
  const client = new MongoClient(url)
  await client.db().dropDatabase()
  await client.close()
}

const numbered = (stream: number, seq: number) =>
  makeBatch(stream, seq, [{ kind: recordKind.status, device: 1, time: today * DAY + seq, data: Buffer.from(`${stream}/${seq}`) }])
const textsOf = async (h: History) => (await readAll(h, all)).map((r) => Buffer.from(r.data).toString())
const upTo = (stream: number, n: number) => Array.from({ length: n }, (_, i) => `${stream}/${i + 1}`)

function tests(server: string): void {
  let url = database(server)
  historySuite('mongodb', {
    open: () => open((url = database(server))),
    async reopen(history) {
      await history.close()
      return open(url)
    },
    cleanUp: () => drop(url),
  })

  // HIST-1, HIST-4
  test('history mongodb: random records and queries, flushed now and then, say what the definition says', async (t) => {
    const place = database(server)
    const h = await open(place)
    t.after(async () => {
      await h.close()
      await drop(place)
    })
    const random = seeded(7)
    const naive = new NaiveHistory()
    for (let seq = 1; seq <= 60; seq++) {
      await h.absorb(naive.batch(1, seq, randomRecords(random, [today - 1, today])))
      if (seq % 9 === 0) await h.flush()
      const q = randomQuery(random, [today - 1, today])
      assert.deepEqual(await readAll(h, q), naive.read(q), JSON.stringify(q))
    }
  })

  // ENG-8, HIST-2
  test('history mongodb: two processes that absorb the same streams keep each record once; a third reads all of it', async (t) => {
    const place = database(server)
    const [a, b] = [await open(place), await open(place)]
    const reader = await open(place)
    t.after(async () => {
      await Promise.all([a.close(), b.close(), reader.close()])
      await drop(place)
    })
    for (let seq = 1; seq <= 30; seq++) {
      await a.absorb(numbered(1, seq))
      if (seq % 7 === 0) await a.flush()
      if (seq > 4) await b.absorb(numbered(1, seq - 4))
      if (seq % 5 === 0) await b.flush()
    }
    await Promise.all([a.flush(), b.flush()])
    for (const h of [a, b, reader]) assert.deepEqual(await textsOf(h), upTo(1, 30))
    assert.ok((b.cursors().get(1) ?? 0) >= 26)
  })

  // ENG-8
  test('history mongodb: snapshots of several processes leave one to start from, whoever saves last', async (t) => {
    const place = database(server)
    const both = [await open(place), await open(place)]
    t.after(() => drop(place))
    for (let i = 1; i <= 6; i++) {
      const { current } = both[i % 2]!
      current.put(1, 1, i, Buffer.from(`${i}`), 0, 1)
      await current.save(new Map([[1, i]]))
    }
    await Promise.all(both.map((h) => h.close()))
    const again = await open(place)
    assert.deepEqual([...again.current.saved], [[1, 6]])
    assert.equal(Buffer.from(again.current.get(1, 1)!.bytes).toString(), '6')
    await again.close()
  })

  // ENG-2, ENG-8
  test('history mongodb: cut off or hanging, absorbing goes on, the state says why; all of it is there once afterwards', async (t) => {
    const door = await gate(server)
    const place = database(server)
    const h = await open(`${door.through(place)}${impatient}`)
    t.after(async () => {
      door.open()
      await h.close()
      await door.close()
      await drop(place)
    })
    let n = 0
    for (const shut of [() => door.cut(), () => door.freeze()]) {
      shut()
      for (let i = 0; i < 20; i++) await h.absorb(numbered(1, ++n))
      const state = await until('a state that says so', () => h.health().state !== 'ok' && h.health(), 10_000)
      assert.match(state.error ?? '', new RegExp(`mongodb://127\\.0\\.0\\.1:${door.port}`))
      door.open()
      await until('a flush', () => h.cursors().get(1) === n && h.health().state === 'ok', 20_000)
    }
    assert.deepEqual(await textsOf(h), upTo(1, n))
  })

  // ENG-8
  test('history mongodb: a server too slow for so many devices at once gets them in pieces; each record is there once', async (t) => {
    const place = database(server)
    const slow = await open(`${place}${impatient}`)
    const reader = await open(place)
    t.after(async () => {
      await Promise.all([slow.close(), reader.close()])
      await drop(place)
    })
    const devices = Array.from({ length: 3000 }, (_, i) => i + 1)
    for (let seq = 1; seq <= 30; seq++) {
      const some = devices.slice((seq - 1) * 100, seq * 100)
      const records = some.map((device) => ({ kind: recordKind.status, device, time: today * DAY + seq, data: Buffer.from('x') }))
      await slow.absorb(makeBatch(1, seq, records))
    }
    for (let seq = 31; seq <= 50; seq++) await slow.absorb(numbered(1, seq))
    await until('all of it', () => slow.cursors().get(1) === 50, 60_000)
    assert.equal(slow.health().state, 'ok')
    for (const device of [2, 100, 101, 1000, 1999, 2001, 3000])
      assert.equal((await readAll(reader, { device, limit: 10 })).length, 1, `device ${device}`)
    assert.equal((await readAll(reader, { device: 1, limit: 100 })).length, 21)
  })
}

onEngine('mongodb', tests)

breakingEngine('mongodb', (begin) => {
  // ENG-8
  test('history mongodb: the server is killed in the middle and started again: each record is there once', async (t) => {
    const own = await begin()
    t.after(() => own.stop())
    const h = await open(`${database(own.url)}${impatient}`)
    t.after(() => h.close())
    let n = 0
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) await h.absorb(numbered(1, ++n))
      const flushed = h.flush().catch(() => {})
      await sleep(round * 5)
      await own.kill()
      await own.start()
      await flushed
    }
    await until(
      'a flush',
      () =>
        h.flush().then(
          () => true,
          () => false,
        ),
      20_000,
    )
    assert.deepEqual(await textsOf(h), upTo(1, n))
  })
})
