import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { pick } from '../naive.ts'
import { classOf } from './arena.ts'
import { CurrentTable } from './current.ts'
import { Devices } from './devices.ts'
import { KeptCurrent } from './keptcurrent.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'

type Model = Map<number, Map<number, { time: number; text: string }>>

const copyOf = (m: Model): Model => new Map([...m].map(([d, slots]) => [d, new Map(slots)]))

function check(table: Pick<CurrentTable, 'each' | 'eachDevice' | 'devices'>, model: Model, all: readonly number[]): void {
  for (const device of all) {
    const found: unknown[] = []
    table.each(device, (slot, v) => found.push([slot, { time: v.time, text: Buffer.from(v.bytes).toString('latin1') }]))
    assert.deepEqual(found, [...(model.get(device) ?? [])])
  }
  const there: number[] = []
  table.eachDevice((device) => there.push(device))
  const wanted = [...model].filter(([, slots]) => slots.size > 0).map(([device]) => device)
  assert.deepEqual(
    there.sort((a, b) => a - b),
    wanted.sort((a, b) => a - b),
  )
  assert.equal(table.devices, wanted.length)
}

describe('current values', () => {
  const all = [...Array.from({ length: 200 }, (_, i) => i * 7919), 2 ** 31, 2 ** 32, 2 ** 53 - 1]

  it('are what a map of maps would say, and every snapshot is the moment of its beginning', async () => {
    const random = seeded(4)
    const disk = new SimulatedDisk(seeded(1))
    const table = new CurrentTable()
    const model: Model = new Map()
    const snapshots: { path: string; written: Promise<void>; image: Model }[] = []
    for (let i = 0; i < 40_000; i++) {
      const device = all[pick(random, all.length)]!
      const slots = model.get(device) ?? new Map<number, { time: number; text: string }>()
      model.set(device, slots)
      const slot = pick(random, 5) * 65536
      if (random() < 0.9) {
        const length = random() < 0.001 ? 300_000 : random() < 0.1 ? pick(random, 5000) : pick(random, 60)
        const value = { time: i, text: String.fromCharCode(33 + pick(random, 90)).repeat(length) }
        slots.set(slot, value)
        table.put(device, slot, i, Buffer.from(` ${value.text} `, 'latin1'), 1, 1 + length)
      } else if (random() < 0.8) {
        slots.delete(slot)
        table.remove(device, slot)
      } else {
        model.delete(device)
        table.remove(device)
      }
      if (i % 4000 === 3999) {
        const path = `/${i}`
        snapshots.push({ path, written: writeSnapshot(disk, path, table.freeze(), new Map([[1, i]])), image: copyOf(model) })
      }
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    check(table, model, all)
    for (const { path, written, image } of snapshots) {
      await written
      const { table: loaded, cursors } = await readSnapshot(disk, path)
      assert.deepEqual([...cursors.values()], [Number(path.slice(1))])
      check(loaded, image, all)
      loaded.put(all[0]!, 1, 1, Buffer.from('still writable'), 0, 5)
    }
  })

  it('memory is used again: sizes that go up and down do not make it grow', () => {
    const random = seeded(6)
    const table = new CurrentTable()
    const b = Buffer.alloc(300)
    const octets = () => table.freeze().pages.reduce((sum, p) => sum + (p?.u8.length ?? 0), 0)
    const round = () => {
      for (let device = 0; device < 3000; device++) table.put(device, 1, 1, b, 0, pick(random, 300))
    }
    for (let i = 0; i < 5; i++) round()
    const before = octets()
    for (let i = 0; i < 50; i++) round()
    assert.ok(octets() <= before * 1.5, `${before} → ${octets()}`)
  })

  it('a size class is never too small and wastes an eighth at most', () => {
    for (let n = 1; n < 70_000; n++) {
      const units = classOf(n)
      assert.ok(units >= n && units - n <= n / 8, `${n} → ${units}`)
      assert.equal(classOf(units), units)
    }
  })

  // CUR-2
  it('keep two snapshots, and fall back to the older, by name, when the newer is damaged', async () => {
    const disk = new SimulatedDisk(seeded(1))
    const current = await KeptCurrent.open('/h', disk)
    for (let n = 1; n <= 4; n++) {
      current.put(1, 1, n, Buffer.from([n]), 0, 1)
      await current.save(new Map([[1, n]]))
    }
    const files = disk.files()
    assert.deepEqual([...files.keys()], ['/h/current.3.snap', '/h/current.4.snap'])
    files.get('/h/current.4.snap')![20]! ^= 4
    const next = SimulatedDisk.fromFiles(files, seeded(1))
    const again = await KeptCurrent.open('/h', next)
    assert.equal(again.saved.get(1), 3)
    assert.equal(again.get(1, 1)?.bytes[0], 3)
    assert.match(again.problem ?? '', /current\.4\.snap is damaged at offset \d+/)
    await again.save(new Map([[1, 5]]))
    assert.equal(again.problem, undefined)
    assert.deepEqual([...next.files().keys()].sort(), ['/h/current.3.snap', '/h/current.5.snap'])
  })

  it('a snapshot that cannot be written leaves the one before, and says so', async () => {
    const disk = new SimulatedDisk(seeded(1))
    const current = await KeptCurrent.open('/h', disk)
    await current.save(new Map([[1, 1]]))
    disk.inject = (operation, path) => (operation === 'write' && path.includes('.snap') ? 'ENOSPC' : undefined)
    await assert.rejects(current.save(new Map([[1, 2]])), { code: 'disk_full' })
    assert.match(current.problem ?? '', /ENOSPC/)
    const again = await KeptCurrent.open('/h', disk.restart())
    assert.equal(again.saved.get(1), 1)
    disk.inject = () => undefined
  })
})

describe('device numbers', () => {
  it('are dense, in order of first appearance, for any ids', () => {
    const devices = new Devices()
    const ids = Array.from({ length: 20_000 }, (_, i) =>
      i % 3 === 0 ? i * 4096 : i % 3 === 1 ? 2 ** 32 * i + 1 : 2 ** 53 - 1 - i,
    )
    ids.forEach((id, i) => {
      assert.equal(devices.add(id), i)
    })
    ids.forEach((id, i) => {
      assert.equal(devices.add(id), i)
    })
    assert.equal(devices.find(5), -1)
    assert.equal(devices.count, ids.length)
  })
})
