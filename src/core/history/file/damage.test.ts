import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { NaiveHistory, pick, randomRecords, readAll } from '../naive.ts'
import type { HistoryRecord } from '../port.ts'
import type { FileHistory } from './history.ts'
import { openFileHistory } from './open.ts'
import { dayOf } from './records.ts'

const variants = process.env['PANDO_TEST_LONG'] ? 100 : 30
const devices = [1, 2, 3, 2 ** 31, 2 ** 52 + 1]
const random = seeded(11)
const today = dayOf(Date.now())

const open = (disk: SimulatedDisk) => openFileHistory('file:h', { dataDir: '/', disk, idleMs: 2 ** 31, ageMs: 2 ** 31 })

/** A history with runs of three days, two snapshots, all at rest; and what it says. */
async function whole(): Promise<{ files: Map<string, Buffer>; naive: NaiveHistory }> {
  const disk = new SimulatedDisk(seeded(1))
  const naive = new NaiveHistory()
  const history = await open(disk)
  for (let seq = 1; seq <= 6; seq++) {
    await history.absorb(naive.batch(1, seq, randomRecords(random, [today, today - 1, today - 9], 100)))
    await history.flush()
    history.current.put(1, 1, seq, Buffer.from(`state ${seq}`), 0, 7)
    if (seq % 3 === 0) await history.current.save(new Map([[1, seq]]))
  }
  await history.close()
  return { files: disk.files(), naive }
}

/** What is said of each device: right records, or the error. */
async function readDevices(history: FileHistory, naive: NaiveHistory): Promise<string[]> {
  const errors: string[] = []
  for (const device of devices) {
    const read = await readAll(history, { device, limit: 10_000 }).catch((e: unknown) => {
      assert.ok(isPandoError(e, 'store_damaged'), String(e))
      errors.push(e.message)
    })
    if (read) assert.deepEqual(shape(read), right(naive, device))
  }
  return errors
}

const shape = (records: HistoryRecord[]) =>
  records.map(({ data, ...r }) => `${Object.entries(r).sort().join()} ${Buffer.from(data).toString('latin1')}`)

const rightShapes = new Map<number, string[]>()

/** What a whole history says of the device. */
function right(naive: NaiveHistory, device: number): string[] {
  if (!rightShapes.has(device)) rightShapes.set(device, shape(naive.read({ device })))
  return rightShapes.get(device)!
}

/** Opens a damaged history: → everything that it complained of. Whatever it says must be right. */
async function complaints(files: Map<string, Buffer>, naive: NaiveHistory): Promise<string> {
  const disk = SimulatedDisk.fromFiles(files, seeded(2))
  let history: FileHistory
  try {
    history = await open(disk)
  } catch (e) {
    assert.ok(isPandoError(e, 'store_damaged'), String(e))
    return e.message
  }
  try {
    const state = Buffer.from(history.current.get(1, 1)?.bytes ?? []).toString()
    assert.equal(state, history.current.saved.size > 0 ? `state ${history.current.saved.get(1)}` : '')
    const atStart = history.health().error ?? ''
    const errors = await readDevices(history, naive)
    if (errors.length > 0) assert.equal(history.health().state, 'degraded')
    return [atStart, ...errors].join('\n')
  } finally {
    await history.close()
  }
}

function damage(b: Buffer, how: number): Buffer {
  if (how % 4 === 0) return b.subarray(0, pick(random, b.length))
  if (how % 4 === 1) return Buffer.concat([b, Buffer.alloc(1 + pick(random, 100))])
  const flipped = Buffer.from(b)
  flipped[pick(random, b.length)]! ^= 1 << pick(random, 8)
  return flipped
}

describe('history file: damage (F-03)', async () => {
  const { files, naive } = await whole()

  it('none is found where none is', async () => {
    assert.equal(await complaints(files, naive), '')
  })

  // HIST-3
  it('a flipped bit, a cut, an addition or a missing file is found at start or at read and named, and nothing wrong is said', async () => {
    const [newest, older] = [...files.keys()].filter((f) => f.endsWith('.snap')).sort((a, b) => b.localeCompare(a))
    for (const [path, b] of files) {
      for (let i = 0; i < variants; i++) {
        const damaged = new Map(files)
        if (i === 0) damaged.delete(path)
        else damaged.set(path, damage(b, i))
        // the older snapshot is looked at only when the newest is of no use; a missing one is like one never made
        if (path === older) damaged.set(newest!, damage(files.get(newest!)!, i))
        const said = await complaints(damaged, naive)
        if (i > 0 || !path.endsWith('.snap')) assert.ok(said.includes(path), `${path}, variant ${i}: ${said || 'nothing'}`)
      }
    }
  })

  it('both manifests or all snapshots damaged: refused, or begun anew with empty cursors', async () => {
    for (let i = 1; i < variants; i++) {
      const manifests = new Map(files)
      const snapshots = new Map(files)
      for (const [path, b] of files) {
        if (path.includes('manifest')) manifests.set(path, damage(b, i))
        if (path.endsWith('.snap')) snapshots.set(path, damage(b, i))
      }
      assert.match(await complaints(manifests, naive), /manifest.*manifest\.2.*no whole copy/)
      assert.match(await complaints(snapshots, naive), /current\.2\.snap.*current\.1\.snap/)
    }
    const lost = new Map([...files].filter(([path]) => !path.includes('manifest')))
    assert.match(await complaints(lost, naive), /manifest and its copy are missing/)
  })

  // HIST-3
  it('a damaged run stays out of merges, others go on', async () => {
    const path = [...files.keys()].find((f) => f.endsWith('.run'))!
    const disk = SimulatedDisk.fromFiles(new Map(files).set(path, damage(files.get(path)!, 2)), seeded(3))
    const history = await open(disk)
    const later = new NaiveHistory()
    for (let seq = 7; seq < 40; seq++) {
      await history.absorb(
        later.batch(1, seq, [{ kind: 1, device: 77, time: (today - 9) * 86_400_000 + seq, data: Buffer.alloc(seq) }]),
      )
      await history.flush()
    }
    await history.retain({ maxBytes: 2 ** 50, maxAgeMs: 2 ** 50 })
    const runs = [...disk.files().keys()].filter((f) => f.endsWith('.run'))
    assert.ok(runs.includes(path) && runs.length < 15, runs.join())
    const from = (today - 9) * 86_400_000
    const read = await readAll(history, { device: 77, from, to: from + 86_400_000 }).catch((e: Error) => e.message)
    if (typeof read === 'string') assert.ok(read.includes(path))
    else assert.deepEqual(shape(read), shape(later.read({ device: 77 })))
    await history.close()
  })
})
