import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { batchHead, makeBatch, newStream, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Random, SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { openFileLog } from './open.ts'

const variants = process.env['PANDO_TEST_LONG'] ? 4000 : 200
const stream = newStream()
const other = stream + 1

const open = (disk: SimulatedDisk, scrubBytesPerSecond = 0) =>
  openFileLog({ dir: '/log', disk, lock: false, segmentBytes: 40_000, stepBytes: 32_768, scrubBytesPerSecond })

const batch = (id: number, seq: number): Buffer =>
  makeBatch(id, seq, [{ kind: recordKind.event, device: 7, data: Buffer.alloc(100 + ((seq * 37) % 2000), `${id}/${seq} `) }])

interface Whole {
  files: Map<string, Buffer>
  sent: Map<number, Buffer[]>
}

/** A log of several segments with cursors, as it lies on the disk after a clean end, or after a kill some time after the last append. */
async function makeLog(clean: boolean): Promise<Whole> {
  const disk = new SimulatedDisk(seeded(1))
  const sent = new Map<number, Buffer[]>([
    [stream, []],
    [other, []],
  ])
  await live(await open(disk), sent, 30, true)
  await live(await open(disk), sent, 60, clean)
  return { files: disk.files(), sent }
}

async function live(log: DeviceLog, sent: Whole['sent'], upTo: number, clean: boolean): Promise<void> {
  await log.consumers('history', ['history'])
  for (let seq = sent.get(stream)!.length + 1; seq <= upTo; seq++) {
    for (const id of [stream, other]) {
      const b = batch(id, seq)
      await log.append(b)
      sent.get(id)!.push(b)
    }
  }
  await log.advance('history', new Map([[stream, upTo]]))
  if (clean) await log.close()
  else await new Promise((resolve) => setTimeout(resolve, 800)) // cursors are flushed, the end is marked
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1)

type Result = 'refused' | 'found at read' | 'restored' | 'harmless'

const names = (e: unknown, path: string): boolean =>
  isPandoError(e, 'log_damaged') && e.params['file'] === path && e.message.includes(path)

/** Opens a log with one damaged file and reads all: what comes must be right, what is missing must be named. */
async function examine(w: Whole, path: string, damagedFile: Buffer): Promise<Result> {
  const disk = SimulatedDisk.fromFiles(new Map(w.files).set(path, damagedFile), seeded(1))
  let log: DeviceLog
  try {
    log = await open(disk)
  } catch (e) {
    assert.ok(names(e, path), `refused, but not by the name of ${path}: ${String(e)}`)
    return 'refused'
  }
  try {
    let result: Result = log.health().error?.includes(path) ? 'restored' : 'harmless'
    for (const [id, sent] of w.sent) {
      try {
        assert.deepEqual(await readAll(log, id), sent)
      } catch (e) {
        assert.ok(names(e, path), `reading: ${String(e)}`)
        assert.ok(log.health().error?.includes(path), 'health names the file')
        result = 'found at read'
      }
    }
    const cursor = await log.cursor('history', stream)
    assert.ok(cursor === 60 || (result === 'restored' && cursor >= 0 && cursor < 60), `cursor ${cursor}, ${result}`)
    return result
  } finally {
    await log.close()
  }
}

async function readAll(log: DeviceLog, id: number): Promise<Buffer[]> {
  const out: Buffer[] = []
  for (let page = await log.read(id, 0); page.length > 0; page = await log.read(id, out.length)) out.push(...page)
  return out
}

function flipBit(b: Buffer, random: Random): Buffer {
  const c = Buffer.from(b)
  // the zeros ahead hold nothing: most flips go where something is
  const used = random() < 0.1 ? c.length : Math.min(c.length, 45_000)
  const at = Math.floor(random() * used)
  c[at] = c[at]! ^ (1 << Math.floor(random() * 8))
  return c
}

const cut = (b: Buffer, random: Random): Buffer => b.subarray(0, Math.floor(random() * Math.min(b.length, 45_000)))

describe('damage to the files of the device log', () => {
  for (const clean of [true, false]) {
    // LOG-7
    it(`F-03 ${variants} variants after ${clean ? 'a clean end' : 'a kill'}: never wrong data in silence`, async () => {
      const w = await makeLog(clean)
      const paths = [...w.files.keys()].sort(byName)
      assert.ok(paths.filter((p) => p.endsWith('.seg')).length >= 3 && paths.some((p) => p.endsWith('.idx')))
      assert.equal(paths.filter((p) => p.includes('cursors')).length, 2)
      const random = seeded(clean ? 2 : 3)
      const results: Record<Result, number> = { refused: 0, 'found at read': 0, restored: 0, harmless: 0 }
      for (let i = 0; i < variants; i++) {
        const path = paths[i % paths.length]!
        const change = random() < 0.6 ? flipBit : cut
        const damagedFile = change(w.files.get(path)!, random)
        const result = await examine(w, path, damagedFile).catch((e: unknown) => {
          throw new Error(`variant ${i}: ${change.name} ${path}`, { cause: e })
        })
        results[result]++
      }
      for (const r of ['refused', 'found at read', 'restored', 'harmless'] as const)
        assert.ok(results[r] > 0, JSON.stringify(results))
    })
  }

  it('F-03 every bit of the last batch, and every length, after a kill', async () => {
    const w = await makeLog(false)
    const path = [...w.files.keys()]
      .filter((p) => p.endsWith('.seg'))
      .sort(byName)
      .at(-1)!
    const b = w.files.get(path)!
    const last = w.sent.get(other)!.at(-1)!
    const start = b.indexOf(last)
    for (let at = start; at < start + last.length; at += 13) {
      const c = Buffer.from(b)
      c[at] = c[at]! ^ 16
      assert.equal(await examine(w, path, c), 'refused')
    }
    for (let size = start - 60; size <= start + last.length + 40; size += 11) {
      assert.equal(await examine(w, path, b.subarray(0, size)), 'refused')
    }
  })

  // LOG-7
  it('names a missing segment, in the middle and at the end', async () => {
    const w = await makeLog(true)
    const paths = [...w.files.keys()].filter((p) => p.endsWith('.seg')).sort(byName)
    for (const path of [paths[1]!, paths.at(-1)!]) {
      const files = new Map(w.files)
      files.delete(path)
      await assert.rejects(open(SimulatedDisk.fromFiles(files, seeded(1))), (e) => names(e, path))
    }
  })

  // LOG-11
  it('F-20 refuses a segment of a newer version, naming file and versions', async () => {
    const { encodeHead } = await import('./frame.ts')
    const { crc32 } = await import('node:zlib')
    const head = encodeHead({ number: 1, oldest: 1, previousEnd: 0, streams: [] })
    head.writeUInt32LE(9, 12)
    head.writeUInt32LE(crc32(head.subarray(8)), 4)
    const path = '/log/00000001.seg'
    await assert.rejects(
      open(SimulatedDisk.fromFiles(new Map([[path, Buffer.concat([head, Buffer.alloc(4096)])]]), seeded(1))),
      (e) =>
        isPandoError(e, 'version_mismatch') &&
        e.message.includes(path) &&
        e.message.includes('format 9') &&
        e.message.includes('format 1'),
    )
  })

  it('F-20 refuses cursors of a newer version', async () => {
    const { crc32 } = await import('node:zlib')
    const json = Buffer.from('{"format":2}')
    const b = Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, '0')}\n`), json])
    await assert.rejects(open(SimulatedDisk.fromFiles(new Map([['/log/cursors.1', b]]), seeded(1))), (e) =>
      isPandoError(e, 'version_mismatch'),
    )
  })

  it('serves what is whole beside a damaged batch', async () => {
    const w = await makeLog(true)
    const path = '/log/00000001.seg'
    const b = Buffer.from(w.files.get(path)!)
    const at = b.indexOf(w.sent.get(stream)![3]!)
    b[at + 90]!++
    const log = await open(SimulatedDisk.fromFiles(new Map(w.files).set(path, b), seeded(1)))
    assert.deepEqual(await readAll(log, other), w.sent.get(other))
    assert.equal(batchHead((await log.read(stream, 4))[0]!).seq, 5)
    await assert.rejects(log.read(stream, 3, 1), (e) => names(e, path) && (e as Error).message.includes(String(at)))
    assert.equal(log.health().state, 'degraded')
    await log.close()
  })
})
