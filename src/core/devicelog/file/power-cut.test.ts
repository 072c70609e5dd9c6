import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeBatch, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Random, SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { openFileLog } from './open.ts'

const rounds = process.env['PANDO_TEST_LONG'] ? 500 : 50

/** What a writer knows of its stream. */
interface Sent {
  stream: number
  /** every batch that was ever handed over, by seq; one number never carries two batches */
  batches: Buffer[]
  acknowledged: number
  /** a seal was asked for */
  sealing: boolean
  sealed: boolean
}

interface World {
  random: Random
  streams: Sent[]
  /** highest seq that retention may have dropped: what the consumer had finished with */
  finished: Map<number, number>
}

const pick = (random: Random, n: number): number => Math.floor(random() * n)

function nextBatch(w: World, s: Sent): Buffer {
  const seq = s.acknowledged + 1
  s.batches[seq] ??= randomBatch(w.random, s.stream, seq)
  return s.batches[seq]!
}

function randomBatch(random: Random, stream: number, seq: number): Buffer {
  const size = random() < 0.1 ? pick(random, 60_000) : pick(random, 1500)
  const data = Buffer.alloc(size, pick(random, 256))
  return makeBatch(stream, seq, [{ kind: recordKind.status, device: stream, time: 1, data }], 1)
}

async function write(log: DeviceLog, w: World, s: Sent): Promise<void> {
  while (!s.sealed) {
    try {
      await log.append(nextBatch(w, s))
      s.acknowledged++
    } catch (e) {
      if (isPandoError(e, 'stream_sealed')) return
      unlessRetry(e)
    }
    if (w.random() < 0.02) {
      s.sealing = true
      const last = await log.seal(s.stream).catch(() => undefined)
      if (last !== undefined) s.sealed = true
    }
  }
}

/** A disk that refuses now is no loss. */
function unlessRetry(e: unknown): void {
  if (!isPandoError(e) || !e.retry) throw e
}

async function consume(log: DeviceLog, w: World, writing: { on: boolean }): Promise<void> {
  while (writing.on) {
    for (const s of w.streams) {
      const done = pick(w.random, s.acknowledged + 1)
      w.finished.set(s.stream, Math.max(done, w.finished.get(s.stream) ?? 0))
      await log.advance('history', new Map([[s.stream, done]]))
      if (done > 0) await log.read(s.stream, done - 1).catch(unlessRetry)
    }
    await log.retain({ maxBytes: 100_000, maxAgeMs: 2 ** 50 }).catch(() => {})
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Everything acknowledged is there, in order, byte for byte, but for what retention was allowed to drop. */
async function verify(log: DeviceLog, w: World): Promise<void> {
  const infos = new Map((await log.streams()).map((s) => [s.stream, s]))
  for (const s of w.streams) {
    const finished = w.finished.get(s.stream) ?? 0
    const info = infos.get(s.stream)
    if (!info || (info.last === 0 && s.sealing)) {
      assert.ok(s.acknowledged <= finished, `stream ${s.stream} is gone with ${s.acknowledged} acknowledged`)
      assert.ok(s.acknowledged === 0 || s.sealing, 'only sealed streams are forgotten')
      s.sealed ||= s.sealing
      continue
    }
    assert.ok(info.last >= s.acknowledged, `stream ${s.stream}: ${s.acknowledged} acknowledged, ${info.last} there`)
    assert.ok(info.last <= s.acknowledged + 1, 'nothing but the append under way is there unacknowledged')
    assert.ok(info.first <= finished + 1, `stream ${s.stream} begins at ${info.first}, finished up to ${finished}`)
    assert.ok(!s.sealed || info.sealed, 'a seal is for ever')
    let at = info.first - 1
    for (let page = await log.read(s.stream, at); page.length > 0; page = await log.read(s.stream, at)) {
      for (const b of page) assert.ok(b.equals(s.batches[++at]!), `stream ${s.stream} batch ${at}`)
    }
    assert.equal(at, info.last)
    assert.ok((await log.cursor('history', s.stream)) <= finished)
    if (info.sealed) s.sealed = true
  }
}

const open = (disk: SimulatedDisk) =>
  openFileLog({ dir: '/log', disk, lock: false, segmentBytes: 200_000, stepBytes: 32_768, scrubBytesPerSecond: 0, now: () => 1 })

/** One life of the process: opens, checks, writes until the disk dies. */
async function life(disk: SimulatedDisk, w: World): Promise<void> {
  const log = await open(disk)
  await log.consumers('history', ['history'])
  await verify(log, w)
  if (w.streams.length < 6) {
    const id = w.streams.length + 1
    w.streams.push({ stream: id, batches: [], acknowledged: 0, sealing: false, sealed: false })
  }
  const writing = { on: true }
  const consuming = consume(log, w, writing)
  await Promise.all(w.streams.map((s) => write(log, w, s)))
  writing.on = false // every stream is sealed
  await consuming
  await log.close()
}

async function round(seed: number, faults: boolean): Promise<number> {
  const random = seeded(seed)
  const w: World = { random, streams: [], finished: new Map() }
  let disk = new SimulatedDisk(random)
  for (let n = 0; n < 6; n++) {
    disk.dieAt = 1 + pick(random, random() < 0.3 ? 30 : 400)
    if (faults) disk.inject = (op) => (op !== 'read' && random() < 0.004 ? (random() < 0.5 ? 'EIO' : 'ENOSPC') : undefined)
    await Promise.race([
      life(disk, w).catch((e) => {
        if (!faults) throw e
        unlessRetry(e)
      }),
      disk.died,
    ])
    disk = random() < 0.7 ? disk.powerCut() : disk.restart()
  }
  const log = await open(disk)
  await verify(log, w)
  await log.close()
  return w.streams.reduce((n, s) => n + s.acknowledged, 0)
}

describe('power cuts on the device log', () => {
  // LOG-6
  it(`F-01 F-02 F-04 ${rounds} rounds of cuts and kills, during recovery too: nothing acknowledged is lost`, async () => {
    let acknowledged = 0
    for (let seed = 1; seed <= rounds; seed++) {
      acknowledged += await round(seed, false).catch((e: unknown) => {
        throw new Error(`round ${seed}`, { cause: e })
      })
    }
    assert.ok(acknowledged > rounds * 20, `only ${acknowledged} batches were acknowledged`)
  })

  it('F-02 F-11 the same while writes and syncs fail', async () => {
    for (let seed = 1; seed <= rounds; seed++) {
      await round(10_000 + seed, true).catch((e: unknown) => {
        throw new Error(`round ${seed}`, { cause: e })
      })
    }
  })

  it('F-02 the simulation itself loses what was not synced', async () => {
    const lost = { data: 0, names: 0 }
    for (let seed = 1; seed <= 20; seed++) {
      let disk = new SimulatedDisk(seeded(seed))
      const fd = await disk.open('/a', 'create')
      await disk.sync(fd)
      await disk.write(fd, Buffer.alloc(4096, 1), 0)
      disk = disk.powerCut()
      const file = disk.files().get('/a')
      if (!file) lost.names++
      else if (!file.equals(Buffer.alloc(4096, 1))) lost.data++
    }
    assert.ok(lost.names > 0 && lost.data > 0)
  })
})
