import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { batchHead, checkBatch, eachRecord, RECORD_HEADER, recordHead, recordKind } from './batch.ts'
import { LogWriter, type Owner } from './writer.ts'

const origin = { deviceId: 7, productId: 3, modelVersion: 2, epoch: 1000 }

function recorder() {
  const told: number[] = []
  const owner: Owner = { durable: (tags, from, to) => void told.push(...tags.slice(from, to)) }
  return { told, owner }
}

/** A log whose appends settle when the test says so. */
function fakeLog() {
  const batches: Buffer[] = []
  const settle: { resolve: () => void; reject: (e: Error) => void }[] = []
  return {
    batches,
    settle,
    accept: (b: Buffer) => {
      batches.push(Buffer.from(b))
      return new Promise<void>((resolve, reject) => settle.push({ resolve, reject }))
    },
  }
}

const frame = (n: number, size = 53) => Buffer.alloc(size, n)
const writerOn = (log: ReturnType<typeof fakeLog>, o: Partial<ConstructorParameters<typeof LogWriter>[0]> = {}) =>
  new LogWriter({ accept: log.accept, log: silentLog(), maxWaiting: 1 << 20, ...o })

const add = (w: LogWriter, n: number, owner: Owner, tag: number, f = frame(n)) =>
  w.frame(recordKind.status, 0, 0, 0, origin, 5, f, 0, f.length, owner, tag)

test('what arrives in one turn is one batch, and what arrives during an append is the next', async () => {
  const log = fakeLog()
  const w = writerOn(log)
  const { told, owner } = recorder()
  add(w, 1, owner, 11)
  add(w, 2, owner, 12)
  await turn()
  add(w, 3, owner, 13)
  await turn()
  assert.equal(log.batches.length, 1)
  assert.deepEqual(told, [])
  log.settle[0]!.resolve()
  await turn()
  assert.deepEqual(told, [11, 12])
  assert.equal(log.batches.length, 2)
  const heads = log.batches.map((b) => batchHead(b))
  assert.deepEqual(
    heads.map((h) => [h.seq, h.count]),
    [
      [1, 2],
      [2, 1],
    ],
  )
  assert.equal(heads[0]!.stream, heads[1]!.stream)
  assert.ok(log.batches.every((b) => checkBatch(b)))
})

for (const size of [0, 5, 9, 20, 24, 25, 26, 53, 127, 128, 129, 5000]) {
  // FRM-1
  test(`a frame of ${size} bytes is stored without its token bytes`, async () => {
    const log = fakeLog()
    const w = writerOn(log)
    // inside a long chunk, where short frames are copied by words
    const chunk = Buffer.alloc(70_000, 0xee)
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + 1) & 255))
    bytes.copy(chunk, 333)
    w.frame(recordKind.event, 9, 4, 77, origin, 5, chunk, 333, 333 + size, { durable() {} }, 0)
    w.frame(recordKind.event, 9, 4, 77, origin, 5, bytes, 0, size, { durable() {} }, 0)
    await turn()
    const expected = Buffer.from(bytes)
    expected.fill(0, Math.min(9, size), Math.min(25, size))
    let seen = 0
    eachRecord(log.batches[0]!, 0, (p, n) => {
      seen++
      assert.deepEqual(log.batches[0]!.subarray(p + RECORD_HEADER, p + n), expected)
      assert.deepEqual(recordHead(log.batches[0]!, p), {
        kind: recordKind.event,
        reason: 9,
        version: 2,
        device: 7,
        time: 5,
        product: 3,
        packetId: 77,
        flags: 4,
        epoch: 1000,
      })
    })
    assert.equal(seen, 2)
  })
}

// MQTT-4 LOG-10
test('a failed append is sent again with the same seq until it succeeds; nobody is told before', async () => {
  const log = fakeLog()
  const w = writerOn(log)
  const { told, owner } = recorder()
  add(w, 1, owner, 1)
  await turn()
  log.settle[0]!.reject(new PandoError('disk_full', 'full'))
  while (log.batches.length < 2) await turn()
  assert.deepEqual(told, [])
  assert.deepEqual(log.batches[1], log.batches[0])
  log.settle[1]!.resolve()
  await turn()
  assert.deepEqual(told, [1])
})

test('a sealed stream: connections are dropped, waiters of drained() go on, a new stream begins', async () => {
  const log = fakeLog()
  let sealed = 0
  const w = writerOn(log, { onSealed: () => sealed++ })
  const before = w.stream
  const { told, owner } = recorder()
  add(w, 1, owner, 1)
  const drained = w.drained()
  await turn()
  log.settle[0]!.reject(new PandoError('stream_sealed', 'taken over'))
  await drained
  assert.equal(sealed, 1)
  assert.deepEqual(told, [])
  add(w, 2, owner, 2)
  await turn()
  const head = batchHead(log.batches[1]!)
  assert.equal(head.seq, 1)
  assert.notEqual(head.stream, before)
})

// LOG-14
test('a sealed stream: ends of sessions and entries of the diary that it refused stand in the next one, as they were; what was to be acknowledged does not', async () => {
  const log = fakeLog()
  const w = writerOn(log)
  const { owner } = recorder()
  add(w, 1, owner, 1)
  w.record(recordKind.offline, 3, 0, origin, 6, Buffer.from('{"a":1}'))
  await turn()
  w.record(recordKind.online, 0, 0, origin, 7, Buffer.from('{}'))
  w.record(recordKind.diary, 4, 0, { ...origin, epoch: 0 }, 8, Buffer.from('{"b":2}'))
  log.settle[0]!.reject(new PandoError('stream_sealed', 'taken over'))
  const drained = turn().then(() => w.drained())
  await turn()
  await turn()
  const next = log.batches[1]!
  assert.equal(checkBatch(next), true)
  const kept: unknown[] = []
  eachRecord(next, 0, (p, size) => {
    const { kind, reason, device, epoch, time } = recordHead(next, p)
    kept.push([kind, reason, device, epoch, time, next.toString('latin1', p + RECORD_HEADER, p + size)])
  })
  assert.deepEqual(kept, [
    [recordKind.offline, 3, 7, 1000, 6, '{"a":1}'],
    [recordKind.diary, 4, 7, 0, 8, '{"b":2}'],
  ])
  log.settle[1]!.resolve()
  await drained
  assert.equal(w.waiting, 0)
})

// LOG-14
test('a sealed stream: who wants to record ends of sessions himself is given those that it refused', async () => {
  const log = fakeLog()
  const ends: unknown[] = []
  const w = writerOn(log, { onEnd: ({ data, ...end }) => ends.push({ ...end, text: Buffer.from(data).toString() }) })
  w.record(recordKind.offline, 3, 0, origin, 6, Buffer.from('{"a":1}'))
  const drained = w.drained()
  await turn()
  log.settle[0]!.reject(new PandoError('stream_sealed', 'taken over'))
  await drained
  assert.deepEqual(ends, [{ origin, reason: 3, time: 6, text: '{"a":1}' }])
  assert.equal(log.batches.length, 1)
})

// LOG-10
test('above maxWaiting it is full, and says when there is room again', async () => {
  const log = fakeLog()
  const w = writerOn(log, { maxWaiting: 3000 })
  const { owner } = recorder()
  add(w, 1, owner, 1, frame(1, 4000))
  assert.equal(w.full, true)
  let room = 0
  w.whenRoom(() => room++)
  await turn()
  log.settle[0]!.resolve()
  await turn()
  assert.equal(w.full, false)
  assert.equal(room, 1)
  assert.equal(w.waiting, 0)
})

test('more than a batch holds goes out as several, in order, none lost', async () => {
  const log = fakeLog()
  const w = writerOn(log, { maxWaiting: 1 << 30 })
  const { told, owner } = recorder()
  const count = 3000
  for (let i = 0; i < count; i++) add(w, i & 255, owner, i, frame(i & 255, 1500))
  for (let i = 0; told.length < count; i++) {
    await turn()
    log.settle[i]?.resolve()
  }
  assert.deepEqual(
    told,
    Array.from({ length: count }, (_, i) => i),
  )
  assert.ok(log.batches.length > 3)
  assert.ok(log.batches.every((b) => checkBatch(b)))
  assert.deepEqual(
    log.batches.map((b) => batchHead(b).seq),
    log.batches.map((_, i) => i + 1),
  )
})

// HTTP-2
test('records that must stand together are in one batch, wherever the one that is gathered ends', async () => {
  const log = fakeLog()
  const w = writerOn(log, { maxWaiting: 1 << 30 })
  const { told, owner } = recorder()
  const sizes = [60_000, 1500, 900_000, 100_000, 40_000, 1_500_000]
  for (const [n, size] of sizes.entries()) {
    w.together(2 * (RECORD_HEADER + size))
    add(w, n, owner, n, frame(n, size))
    add(w, n, owner, n, frame(n, size))
  }
  for (let i = 0; told.length < 2 * sizes.length; i++) {
    await turn()
    log.settle[i]?.resolve()
  }
  const pairs = log.batches.flatMap((b) => {
    assert.ok(checkBatch(b))
    const firsts: number[] = []
    eachRecord(b, 0, (p) => firsts.push(b[p + RECORD_HEADER]!))
    assert.equal(firsts.length % 2, 0)
    return firsts
  })
  assert.deepEqual(
    pairs,
    sizes.flatMap((_, n) => [n, n]),
  )
  assert.ok(log.batches.length > 2)
})

test('after() tells an owner when all before it is durable, at once if there is nothing', async () => {
  const log = fakeLog()
  const w = writerOn(log)
  const { told, owner } = recorder()
  w.after(owner, 1)
  assert.deepEqual(told, [1])
  add(w, 1, owner, 2)
  w.after(owner, 3)
  await turn()
  w.after(owner, 4)
  assert.deepEqual(told, [1])
  log.settle[0]!.resolve()
  await turn()
  assert.deepEqual(told, [1, 2, 3, 4])
})

test('readers that paused go on when half of what may wait is free, not with the first batch', async () => {
  const log = fakeLog()
  const w = writerOn(log, { maxWaiting: 4 << 20 })
  const { owner } = recorder()
  while (!w.full) add(w, 1, owner, 1, frame(1, 100_000))
  let room = 0
  w.whenRoom(() => room++)
  await turn()
  for (let i = 0; w.waiting > 2 << 20; i++) {
    assert.equal(room, 0)
    log.settle[i]!.resolve()
    await turn()
  }
  assert.equal(room, 1)
  assert.equal(w.full, false)
  w.stop()
})
