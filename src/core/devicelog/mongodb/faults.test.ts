/** A server that is killed, hangs or is cut off in the middle, and two processes on one log. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { MongoClient } from 'mongodb'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { breakingEngine, onEngine } from '../../../../test/support/engines.ts'
import { gate } from '../../../../test/support/gate.ts'
import { sleep, until } from '../../../../test/world/wait.ts'
import { batchHead, eachRecord, makeBatch, newStream, RECORD_HEADER, recordKind } from '../batch.ts'
import { openDeviceLog } from '../open.ts'
import type { DeviceLog } from '../port.ts'
import { LogWriter } from '../writer.ts'

/** `directConnection`: a replica set names its members itself, and the driver would go round the door. */
const impatient =
  'directConnection=true&serverSelectionTimeoutMS=500&socketTimeoutMS=700&connectTimeoutMS=500&heartbeatFrequencyMS=500'
const origin = { deviceId: 7, productId: 1, modelVersion: 1, epoch: 1 }
const database = (server: string) => `${server}/pando-test-${randomUUID().slice(0, 8)}?${impatient}`
async function drop(url: string): Promise<void> {
  const client = new MongoClient(url)
  await client.db().dropDatabase()
  await client.close()
}
const open = (url: string) => openDeviceLog(url, { dataDir: '' })
const code = (c: string) => (e: unknown) => isPandoError(e) && e.code === c

/** Writes numbers until `stop`; → those that were confirmed, in the order in which they were. */
function writeOn(log: DeviceLog) {
  const confirmed: number[] = []
  const writer = new LogWriter({ accept: (b) => log.append(b), log: silentLog(), maxWaiting: 1 << 20 })
  const owner = { durable: (tags: readonly number[], from: number, to: number) => void confirmed.push(...tags.slice(from, to)) }
  let n = 0
  const timer = setInterval(() => {
    if (log.health().state !== 'ok' && n > confirmed.length + 500) return
    const data = Buffer.alloc(8)
    data.writeDoubleLE(++n)
    writer.record(recordKind.status, 0, 0, origin, Date.now(), data, owner, n)
  }, 2)
  timer.unref()
  return {
    confirmed,
    writer,
    async stop() {
      clearInterval(timer)
      await writer.drained()
      return n
    },
  }
}

async function numbersIn(log: DeviceLog, stream: number): Promise<number[]> {
  const found: number[] = []
  for (let after = 0; ; ) {
    const page = await log.read(stream, after)
    if (page.length === 0) return found
    for (const b of page) eachRecord(b, 0, (p) => void found.push(b.readDoubleLE(p + RECORD_HEADER)))
    after = batchHead(page.at(-1)!).seq
  }
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

/** Writes while `trouble` happens: all is there afterwards, once and in order. */
async function survives(log: DeviceLog, trouble: (w: ReturnType<typeof writeOn>) => Promise<void>): Promise<void> {
  const w = writeOn(log)
  await until('confirmation', () => w.confirmed.length > 50)
  await trouble(w)
  const { length } = w.confirmed
  await until('confirmation after it', () => w.confirmed.length > length + 50, 20_000)
  const n = await w.stop()
  assert.deepEqual(w.confirmed, upTo(n))
  assert.deepEqual(await numbersIn(log, w.writer.stream), upTo(n))
  await until('a state of ok', () => log.health().state === 'ok')
}

onEngine('mongodb', (server) => {
  // ENG-2, ENG-3, F-09
  test('device log mongodb: a server that is cut off or hangs: nothing is confirmed, all of it afterwards, the state says why', async (t) => {
    const door = await gate(server)
    const url = database(door.through(server))
    const log = await open(url)
    t.after(async () => {
      door.open()
      await log.close()
      await drop(url)
      await door.close()
    })
    for (const shut of [() => door.cut(), () => door.freeze()]) {
      await survives(log, async (w) => {
        shut()
        const down = await until('a state of down', () => log.health().state === 'down' && log.health())
        assert.match(down.error ?? '', new RegExp(`^mongodb://127\\.0\\.0\\.1:${door.port}: `))
        const { length } = w.confirmed
        await sleep(300)
        assert.equal(w.confirmed.length, length)
        await assert.rejects(log.append(makeBatch(newStream(), 1, [])), code('log_unavailable'))
        door.open()
      })
    }
  })

  // ENG-4, LOG-3
  test('device log mongodb: a process that slept is kept out of the stream that another has sealed, also when nothing is left of it', async (t) => {
    const url = database(server)
    t.after(() => drop(url))
    const [zombie, other] = [await open(url), await open(url)]
    const [full, empty] = [newStream(), newStream() + 1]
    const batch = (stream: number, seq: number) => makeBatch(stream, seq, [{ kind: recordKind.status, device: 1 }])
    await zombie.append(batch(full, 1))
    assert.equal(await other.seal(full), 1)
    assert.equal(await other.seal(empty), 0)
    await other.retain({ maxBytes: 0, maxAgeMs: 0 })
    assert.deepEqual(await other.streams(), [])
    await assert.rejects(zombie.append(batch(full, 2)), code('stream_sealed'))
    await assert.rejects(zombie.append(batch(empty, 1)), code('stream_sealed'))
    await Promise.all([zombie.close(), other.close()])
  })

  test('device log mongodb: any process takes the next batch of a stream, and the same batch again', async (t) => {
    const url = database(server)
    t.after(() => drop(url))
    const logs = [await open(url), await open(url)]
    const stream = newStream()
    for (let seq = 1; seq <= 20; seq++) {
      const b = makeBatch(stream, seq, [{ kind: recordKind.status, device: seq }])
      await logs[seq % 2]!.append(b)
      await logs[(seq >> 1) % 2]!.append(b)
    }
    assert.equal((await logs[0]!.read(stream, 0)).length, 20)
    await assert.rejects(logs[1]!.append(makeBatch(stream, 22, [])), code('invalid'))
    await Promise.all(logs.map((l) => l.close()))
  })
})

breakingEngine('mongodb', (begin) => {
  // ENG-3, F-01
  test('device log mongodb: the server is killed and started again: what was confirmed is there, once and in order', async (t) => {
    const own = await begin()
    t.after(() => own.stop())
    const log = await open(database(own.url))
    t.after(() => log.close())
    await survives(log, async () => {
      await own.kill()
      await until('a state of down', () => log.health().state === 'down')
      await own.start()
    })
    await survives(log, async () => {
      await own.pause()
      await sleep(1500)
      await own.resume()
    })
  })
})
