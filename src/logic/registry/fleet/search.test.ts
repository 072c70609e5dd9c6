import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { DeviceColumn, DeviceDetail, DeviceSearch } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { CONFIG, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../../test/support/registry.ts'

const columns: DeviceColumn[] = ['id', 'name', 'code', 'identifier', 'version', 'product', 'vendor', 'createdAt', 'updatedAt']
const texts = [
  'lamp',
  'LAMP 1',
  'a-2',
  '1-1-',
  '-',
  'ß',
  'İ',
  'x1',
  '0',
  'f',
  'é',
  '中',
  "o'b",
  '%',
  '\\',
  ' ',
  'ser 1',
  '{',
  'zz',
]

/** The same by reading everything: what the index must agree with. */
function expected(all: readonly DeviceDetail[], s: DeviceSearch): number[] {
  const parts = (s.text ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((p) => p !== '')
  const has = (d: DeviceDetail, part: string): boolean =>
    [d.name, d.identifier, d.id.toString(16)].some((text) => text.toLowerCase().includes(part))
  const found = all.filter(
    (d) =>
      (s.productId === undefined || d.productId === s.productId) &&
      (s.vendorId === undefined || d.vendorId === s.vendorId) &&
      (s.groupId === undefined || d.groups.includes(s.groupId)) &&
      (s.firmware === undefined || d.version === s.firmware) &&
      (s.tags ?? []).every((t) => d.tags.includes(t)) &&
      parts.every((p) => has(d, p)),
  )
  const value = (d: DeviceDetail): string | number => {
    const { column = 'id' } = s.sort ?? {}
    if (column === 'product') return d.productId
    if (column === 'vendor') return d.vendorId
    if (column === 'identifier') return d.identifier.toLowerCase()
    return typeof d[column] === 'string' && column !== 'version' ? d[column].toLowerCase() : d[column]
  }
  const sorted = found.sort((a, b) => (value(a) === value(b) ? a.id - b.id : value(a) < value(b) ? -1 : 1))
  if (s.sort?.descending) sorted.reverse()
  return sorted.map((d) => d.id).slice(s.offset ?? 0, (s.offset ?? 0) + (s.limit ?? 100))
}

describe('REG-7: searching devices', () => {
  const dir = tempDir()
  let r: Registry
  let devices: DeviceDetail[] = []
  let groupId: number

  const readAll = async (): Promise<void> => {
    const ids = (await r.store.select('device', {})).map((row) => row.id)
    devices = (await r.face.deviceDetails({ ids })).items
  }
  const agree = async (s: DeviceSearch): Promise<void> => {
    const { ids } = await r.face.searchDevices(s)
    assert.deepEqual(ids, expected(devices.slice(), s), JSON.stringify(s))
  }

  before(async () => {
    r = await startRegistry(dir)
    await furnish(r.face)
    const second = await r.face.addVendor({ name: 'Second', description: '' })
    for (const vendorId of [1, second.id]) await r.face.addProduct({ vendorId, name: 'p', description: '', config: CONFIG })
    groupId = (await r.face.addDeviceGroup({ name: 'group' })).id
    for (let i = 0; i < 120; i++) {
      r.clock.at += i % 3
      const code = i % 10 === 0 ? `${texts[i / 10]} ${i}` : `Serial-${i}`
      const name = i % 4 === 0 ? `Lamp ${i % 7}` : (texts[i % texts.length] ?? '')
      await r.face.addDevice({
        ...{ productId: 1 + (i % 3), code, version: `1.${i % 5}`, tags: i % 2 ? ['odd', `t${i % 4}`] : [] },
        ...(name.trim() === '' ? {} : { name }),
      })
    }
    await r.face.editDeviceGroup({ id: groupId, add: [3, 5, 7, 999_999] })
    await readAll()
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  const search = fc.record(
    {
      productId: fc.integer({ min: 1, max: 4 }),
      vendorId: fc.integer({ min: 1, max: 3 }),
      groupId: fc.constantFrom(1, 2),
      firmware: fc.constantFrom('1.0', '1.3', '9'),
      tags: fc.subarray(['odd', 't1', 't3', 'none']),
      text: fc.array(fc.constantFrom(...texts), { maxLength: 3 }).map((t) => t.join(' ')),
      sort: fc.record({ column: fc.constantFrom(...columns), descending: fc.boolean() }),
      offset: fc.integer({ min: 0, max: 20 }),
      limit: fc.integer({ min: 0, max: 200 }),
    },
    { requiredKeys: [] },
  )

  it('finds what reading all of them finds, in the same order', async () => {
    await fc.assert(fc.asyncProperty(search, agree), { numRuns: 300 })
    for (const column of columns)
      for (const descending of [false, true]) await agree({ sort: { column, descending }, limit: 1000 })
    assert.equal((await r.face.searchDevices({ limit: 0 })).total, devices.length)
  })

  it('sees each change at once: names, tags, firmware, groups, new ones, removed ones', async () => {
    const { key } = (await r.face.products({})).items[0]!
    const changes = [
      () => r.face.editDevice({ id: 10, name: 'AAA first' }),
      () => r.face.editDevice({ id: 11, tags: ['t1', 'fresh'] }),
      () => r.face.tagDevices({ ids: [12, 13, 999_999], add: ['fresh'], remove: ['odd'] }),
      () => r.face.registerDevice({ productKey: key, code: 'registered', version: '7' }),
      () => r.face.registerDevice({ productKey: key, code: 'registered', version: '8' }),
      () => r.face.editDeviceGroup({ id: groupId, add: [20], remove: [3] }),
      () => r.face.removeDevice({ id: 5 }),
      () => r.face.removeDeviceGroup({ id: groupId }),
    ]
    for (const change of changes) {
      await change()
      const searching = columns.map((column) => ({ sort: { column }, limit: 1000 }))
      await readAll()
      for (const s of [...searching, { tags: ['fresh'] }, { groupId }, { firmware: '8' }, { text: 'aaa' }]) await agree(s)
    }
  })

  it('finds a device by its whole key, and nothing by another', async () => {
    const { key, device } = await r.face.addDevice({ productId: 1, code: 'keyed' })
    assert.deepEqual(await r.face.searchDevices({ text: ` ${key} ` }), { total: 1, ids: [device.id] })
    const [product] = (await r.face.products({})).items
    for (const text of [product!.key, 'f'.repeat(64)]) assert.deepEqual((await r.face.searchDevices({ text })).ids, [])
    await r.face.removeDevice({ id: device.id })
    await assert.rejects(r.face.searchDevices({ text: 'x'.repeat(2000) }), (e) => isPandoError(e, 'invalid'))
  })

  it('counts how a filter divides', async () => {
    const facets = async (field: 'product' | 'firmware' | 'tag', o = {}) =>
      (await r.face.deviceFacets({ field, ...o })).items.map((f) => `${f.value}:${f.count}`)
    await readAll()
    const of = (firmware: string) => devices.filter((d) => d.version === firmware && d.productId === 2).length
    const firmwares = ['1.0', '1.1', '1.2', '1.3', '1.4'].map((v) => ({ v, n: of(v) }))
    const most = firmwares.sort((a, b) => b.n - a.n || (a.v < b.v ? -1 : 1)).map(({ v, n }) => `${v}:${n}`)
    assert.deepEqual(await facets('firmware', { productId: 2 }), most)
    assert.deepEqual(await facets('tag', { prefix: 'FR', limit: 5 }), ['fresh:3'])
    assert.equal((await facets('product', { limit: 2 })).length, 2)
  })

  it('another process sees the change within a moment', async () => {
    const other = await startRegistry(dir)
    const before = (await other.face.searchDevices({ limit: 0 })).total
    const { device } = await r.face.addDevice({ productId: 1, code: 'elsewhere' })
    await sleep(25)
    assert.deepEqual((await other.face.searchDevices({ text: 'elsewhere' })).ids, [device.id])
    assert.equal((await other.face.searchDevices({ limit: 0 })).total, before + 1)
    await other.stop()
  })

  it('changes and searches at once never show what was not there', async () => {
    const name = (i: number) => `Busy ${i}`
    const changing = (async () => {
      for (let i = 0; i < 100; i++) await r.face.editDevice({ id: 30 + (i % 5), name: name(i) })
    })()
    for (let i = 0; i < 100; i++) {
      const { ids, total } = await r.face.searchDevices({ text: 'busy', sort: { column: 'name' } })
      assert.ok(total <= 5 && new Set(ids).size === ids.length)
      await new Promise(setImmediate)
    }
    await changing
    await readAll()
    await agree({ text: 'busy', sort: { column: 'name', descending: true } })
  })
})
