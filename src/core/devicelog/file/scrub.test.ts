import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeBatch } from '#core/devicelog/batch.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { openFileLog } from './open.ts'
import { recover } from './recover.ts'
import { startScrub } from './scrub.ts'

/** A log of two segments, as files. */
async function makeFiles(): Promise<Map<string, Buffer>> {
  const disk = new SimulatedDisk(seeded(1))
  const log = await openFileLog({ dir: '/log', disk, lock: false, segmentBytes: 5000, stepBytes: 32_768 })
  for (let seq = 1; seq <= 8; seq++) await log.append(makeBatch(1, seq, [{ kind: 1, device: 1, data: Buffer.alloc(600, seq) }]))
  await log.close()
  return disk.files()
}

async function scrubOnce(files: ReadonlyMap<string, Buffer>): Promise<PandoError | 'whole'> {
  const disk = SimulatedDisk.fromFiles(files, seeded(1))
  const { segments } = (await recover(disk, '/log', 0))!
  const alive = setInterval(() => {}, 1000) // the scrub's own timers don't keep the process
  let stop: () => Promise<void> = async () => {}
  const result = await new Promise<PandoError | 'whole'>((resolve) => {
    stop = startScrub({
      disk,
      segments: () => segments.slice(0, 1),
      bytesPerSecond: 1 << 30,
      firstMs: 1,
      damage: (_, e) => resolve(e),
      whole: () => resolve('whole'),
    })
  })
  clearInterval(alive)
  await stop()
  return result
}

describe('reading closed segments through', () => {
  // LOG-7
  it('F-03 finds any flipped bit that nobody has read, and names the file', async () => {
    const files = await makeFiles()
    const path = '/log/00000001.seg'
    assert.equal(await scrubOnce(files), 'whole')
    for (let at = 60; at < files.get(path)!.length; at += 97) {
      const b = Buffer.from(files.get(path)!)
      b[at] = b[at]! ^ 4
      const result = await scrubOnce(new Map(files).set(path, b))
      assert.ok(isPandoError(result, 'log_damaged') && result.params['file'] === path, `bit at ${at}: ${String(result)}`)
    }
  })

  it('stops at once', async () => {
    const disk = new SimulatedDisk(seeded(1))
    await startScrub({ disk, segments: () => [], bytesPerSecond: 1, firstMs: 60_000, damage() {}, whole() {} })()
  })
})
