import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { makeBatch, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { EngineHealth } from '#core/health.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Operation, SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { openFileLog } from './open.ts'

const code = (c: string) => (e: unknown) => isPandoError(e) && e.code === c

const batch = (stream: number, seq: number, bytes = 1000): Buffer =>
  makeBatch(stream, seq, [{ kind: recordKind.status, device: 1, time: 1, data: Buffer.alloc(bytes, seq) }], 1)

describe('a disk that refuses', () => {
  let disk: SimulatedDisk
  let log: DeviceLog
  let states: string[]

  const open = (segmentBytes = 64 << 20): Promise<DeviceLog> =>
    openFileLog({
      dir: '/log',
      disk,
      lock: false,
      segmentBytes,
      scrubBytesPerSecond: 0,
      onState: (h: EngineHealth) => states.push(h.state),
    })

  beforeEach(async () => {
    states = []
    disk = new SimulatedDisk(seeded(1))
    log = await open()
  })

  async function appendAll(stream: number, from: number, to: number, bytes?: number): Promise<void> {
    for (let seq = from; seq <= to; seq++) await log.append(batch(stream, seq, bytes))
  }

  /** The log holds batches 1…last of the stream, each once; also after a power cut. */
  async function holds(stream: number, last: number, bytes?: number): Promise<void> {
    for (const again of [false, true]) {
      if (again) {
        disk = disk.powerCut()
        log = await open()
      }
      const found: Buffer[] = []
      for (let page = await log.read(stream, 0); page.length > 0; page = await log.read(stream, found.length)) found.push(...page)
      assert.equal(found.length, last)
      for (const [i, b] of found.entries()) assert.ok(b.equals(batch(stream, i + 1, bytes)))
    }
    await log.close()
  }

  const failing = (codeName: string, ...operations: Operation[]) => {
    disk.inject = (operation) => (operations.includes(operation) ? codeName : undefined)
  }
  const works = () => {
    disk.inject = () => undefined
  }

  // LOG-8
  it('F-11 full: appends reject with disk_full, health says so, and it goes on by itself when there is room', async () => {
    disk.capacity = disk.used() + 1000
    let seq = 1
    for (;;) {
      const error = await log.append(batch(1, seq, 30_000)).catch((e: unknown) => e)
      if (error) {
        assert.ok(code('disk_full')(error), String(error))
        break
      }
      seq++
    }
    assert.ok(seq > 10, 'the room made ahead is used up first')
    assert.equal(log.health().state, 'down')
    assert.match(log.health().error ?? '', /ENOSPC/)
    await assert.rejects(log.append(batch(1, seq, 30_000)), code('disk_full'))
    disk.capacity = Number.POSITIVE_INFINITY
    await appendAll(1, seq, seq + 5, 30_000)
    assert.deepEqual([log.health().state, ...states], ['ok', 'down', 'ok'])
    await holds(1, seq + 5, 30_000)
  })

  it('F-11 full while writing into the room made ahead: nothing partial is ever seen', async () => {
    await appendAll(1, 1, 3)
    failing('ENOSPC', 'commit')
    await assert.rejects(log.append(batch(1, 4, 3000)), code('disk_full'))
    await assert.rejects(log.append(batch(2, 1, 200)), code('disk_full'))
    works()
    await appendAll(1, 4, 6)
    await holds(1, 6)
  })

  it('F-11 the next segment cannot be made: full, then it goes on', async () => {
    await log.close()
    log = await open(20_000)
    await appendAll(1, 1, 10)
    for (const operation of ['open', 'write', 'sync', 'rename', 'syncDir'] as const) {
      failing('ENOSPC', operation)
      const [last] = await log.streams()
      let seq = last!.last + 1
      let error: unknown
      for (; !error; seq += error ? 0 : 1) {
        assert.ok(seq < 100, `${operation} is needed for a new segment`)
        error = await log.append(batch(1, seq)).catch((e: unknown) => e)
      }
      assert.ok(code('disk_full')(error), String(error))
      works()
      await appendAll(1, seq, seq + 2)
    }
    const [last] = await log.streams()
    await holds(1, last!.last)
  })

  // LOG-8
  it('F-11 a failed sync: the segment is left, the batches are written again in a new one', async () => {
    await appendAll(1, 1, 3)
    let failures = 0
    disk.inject = (operation, path) => (operation === 'commit' && path.includes('00000001') && ++failures ? 'EIO' : undefined)
    await Promise.all([log.append(batch(1, 4)), log.append(batch(2, 1)), log.append(batch(3, 1))])
    assert.equal(failures, 1, 'the segment is not trusted again')
    assert.ok(disk.files().has('/log/00000002.seg'))
    assert.equal(log.health().state, 'ok')
    await holds(1, 4)
  })

  it('F-11 syncs go on failing: log_unavailable, nothing acknowledged; it goes on when they work', async () => {
    await appendAll(1, 1, 3)
    failing('EIO', 'commit')
    for (let i = 0; i < 3; i++) await assert.rejects(log.append(batch(1, 4)), code('log_unavailable'))
    assert.equal(log.health().state, 'down')
    failing('EIO', 'sync', 'commit')
    await assert.rejects(log.append(batch(1, 4)), code('log_unavailable'))
    works()
    await appendAll(1, 4, 5)
    assert.equal(log.health().state, 'ok')
    await holds(1, 5)
  })

  it('F-11 a failed sync, then a kill, then a power cut: what the next start shows is on the disk', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      disk = new SimulatedDisk(seeded(seed))
      log = await open()
      await appendAll(1, 1, 2)
      failing('EIO', 'commit', 'open')
      await assert.rejects(log.append(batch(1, 3)), code('log_unavailable'))
      disk = disk.restart()
      log = await open()
      const shown = (await log.streams())[0]!.last
      assert.ok(shown === 2 || shown === 3)
      await holds(1, shown)
    }
  })

  it('F-12 no file handle left for the next segment: log_unavailable, then it goes on', async () => {
    await log.close()
    log = await open(5000)
    await appendAll(1, 1, 4)
    failing('EMFILE', 'open')
    await assert.rejects(log.append(batch(1, 5)), code('log_unavailable'))
    works()
    await appendAll(1, 5, 6)
    await holds(1, 6)
  })

  it('cursors that cannot be written are kept and tried again; appends are not held up', async () => {
    failing('ENOSPC', 'rename')
    await log.advance('history', new Map([[1, 5]]))
    await until(() => log.health().state === 'degraded')
    await appendAll(1, 1, 5)
    works()
    await until(() => log.health().state === 'ok')
    disk = disk.powerCut()
    log = await open()
    assert.equal(await log.cursor('history', 1), 5)
    await log.close()
  })

  // LOG-4
  it('cursors are durable within a second', async () => {
    await appendAll(1, 1, 5)
    await log.advance('history', new Map([[1, 5]]))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve)) // the simulated disk's own pace
    disk = disk.powerCut()
    log = await open()
    assert.equal(await log.cursor('history', 1), 5)
    await log.close()
  })

  it('a seal that cannot be written leaves the stream open', async () => {
    await appendAll(1, 1, 2)
    failing('ENOSPC', 'commit')
    await assert.rejects(log.seal(1), code('disk_full'))
    works()
    await appendAll(1, 3, 3)
    assert.equal(await log.seal(1), 3)
    await holds(1, 3)
  })

  it('retention makes room on a full disk', async () => {
    await log.close()
    log = await open(20_000)
    await log.consumers('history', ['history'])
    await appendAll(1, 1, 60)
    await log.advance('history', new Map([[1, 60]]))
    disk.capacity = disk.used() + (1 << 20) - 20_000 // a new segment needs a little more
    let seq = 61
    while ((await log.append(batch(1, seq)).catch((e: unknown) => e)) === undefined) seq++
    await assert.rejects(log.append(batch(1, seq)), code('disk_full'))
    const { droppedBytes } = await log.retain({ maxBytes: 30_000, maxAgeMs: 2 ** 50 })
    assert.ok(droppedBytes > 20_000)
    await log.append(batch(1, seq))
    await log.close()
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}
