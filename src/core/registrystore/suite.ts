/** What every engine of this port must do. `open` opens the same database again each time; `fresh` starts an empty one. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import type { DeviceRow, NewRow, Registrystore, Transaction } from './port.ts'

const times = { created_at: 1_800_000_000_000, updated_at: 1_800_000_000_001 }
const keys = { key_hash: 'h', key_sealed: 's' }

const vendor = (id: number, name = `vendor ${id}`): NewRow<'vendor'> => ({
  revision: 1,
  id,
  tenant_id: 1,
  name,
  description: '',
  ...keys,
  ...times,
})
const product = (id: number, vendor_id = 1): NewRow<'product'> => ({
  ...{ id, tenant_id: 1, vendor_id, name: 'p', description: '', ...keys },
  ...{ model_version: 1, registration: 'open', ...times, revision: 1 },
})
const device = (id: number, code = `code${id}`): NewRow<'device'> => ({
  ...{ id, tenant_id: 1, product_id: 1, identifier: `1-1-${code}`, code, name: 'n', description: '', version: '1', ...times },
  revision: 1,
})
const bare = <T extends { crc: number }>({ crc: _, ...row }: T) => row
const ids = (rows: { id: number }[]): number[] => rows.map((r) => r.id).sort((a, b) => a - b)
const range = (n: number, from = 1): number[] => Array.from({ length: n }, (_, i) => from + i)

export function registrystoreSuite(engine: string, open: () => Promise<Registrystore>): void {
  describe(`registrystore on ${engine}`, () => {
    let store: Registrystore
    const write = (work: (tx: Transaction) => Promise<unknown>) => store.transaction(work)
    const find = async (identifier: string): Promise<DeviceRow | undefined> =>
      (await store.select('device', { where: { tenant_id: 1, identifier } }))[0]

    before(async () => {
      store = await open()
      await write(async (tx) => {
        await tx.insert('vendor', [vendor(1)])
        await tx.insert('product', [product(1)])
        await tx.insert(
          'device',
          range(200).map((id) => device(id)),
        )
      })
    })
    after(() => store.close())

    it('gives back what was written, every character and digit', async () => {
      const name = `quote ' " \\ \t\n 中文 😀 %_ \u0001 ; -- \u2028 é é`
      const row = { ...vendor(Number.MAX_SAFE_INTEGER), name, description: 'x'.repeat(20_000) }
      await write((tx) => tx.insert('vendor', [row]))
      const [read] = await store.select('vendor', { where: { id: row.id } })
      assert.deepEqual(bare(read!), row)
      await write((tx) => tx.remove('vendor', 'id', [row.id]))
      assert.deepEqual(await store.select('vendor', { where: { id: row.id } }), [])
    })

    it('holds a configuration of a megabyte under a key of two columns', async () => {
      const model = (version: number, config: string) => ({
        product_id: 1,
        version,
        tenant_id: 1,
        state: 'published',
        config,
        created_at: 5,
        note: '',
        published_by: '',
      })
      const config = JSON.stringify({ text: 'ü"\\'.repeat(150_000) })
      await write((tx) => tx.insert('product_model', [model(1, '{}'), model(2, config)]))
      await write((tx) => tx.update('product_model', [model(1, '{"a":1}')]))
      const read = await store.select('product_model', { where: { product_id: 1 } })
      assert.deepEqual(
        new Map(read.map((r) => [r.version, r.config])),
        new Map([
          [1, '{"a":1}'],
          [2, config],
        ]),
      )
    })

    it('finds many by a list of values, each once', async () => {
      const wanted = [...range(150, 30), 30, 31, 9999]
      assert.deepEqual(ids(await store.select('device', { in: { column: 'id', values: wanted } })), range(150, 30))
      assert.deepEqual(await store.select('device', { in: { column: 'id', values: [] } }), [])
      const one = { where: { product_id: 1 }, in: { column: 'identifier', values: ['1-1-code7'] } } as const
      assert.deepEqual(ids(await store.select('device', one)), [7])
    })

    it('pages by id', async () => {
      const page = await store.select('device', { where: { product_id: 1 }, after: 42, limit: 10 })
      assert.deepEqual(
        page.map((r) => r.id),
        range(10, 43),
      )
      assert.deepEqual(await store.select('device', { where: { product_id: 2 }, after: 0, limit: 10 }), [])
    })

    it('pages back from an id, newest first, within an index too', async () => {
      const page = async (before: number, where = {}) =>
        (await store.select('device', { where, before, limit: 3 })).map((r) => r.id)
      assert.deepEqual(await page(43), [42, 41, 40])
      assert.deepEqual(await page(3, { product_id: 1 }), [2, 1])
      assert.deepEqual(await page(1), [])
    })

    it('erases rows by a key of two columns, and no others', async () => {
      const tag = (device_id: number, name: string) => ({ device_id, tag: name, tenant_id: 1 })
      await write((tx) => tx.insert('device_tag', [tag(1, 'a'), tag(1, 'b'), tag(2, 'a'), tag(2, 'A')]))
      await write((tx) => tx.erase('device_tag', [tag(1, 'a'), tag(2, 'a'), tag(9, 'x')]))
      const left = await store.select('device_tag', { in: { column: 'device_id', values: [1, 2] } })
      assert.deepEqual(new Set(left.map((r) => `${r.device_id}${r.tag}`)), new Set(['1b', '2A']))
      await assert.rejects(
        write((tx) => tx.insert('device_tag', [tag(1, 'b')])),
        (e) => isPandoError(e, 'conflict'),
      )
      await write((tx) => tx.remove('device_tag', 'device_id', [1, 2]))
    })

    it('compares exactly: case, blanks at the end, accents, composed or not', async () => {
      const codes = ['AbC', 'abc', 'abc ', 'äbc', 'a\u0308bc', 'ABC', 'ａbc', '']
      await write((tx) =>
        tx.insert(
          'device',
          codes.map((code, i) => device(1000 + i, code)),
        ),
      )
      for (const [i, code] of codes.entries()) assert.equal((await find(`1-1-${code}`))?.id, 1000 + i, JSON.stringify(code))
      assert.equal(await find('1-1-aBC'), undefined)
    })

    it('refuses a second row with the same unique value, and a row that hangs in the air: conflict, nothing written', async () => {
      for (const rows of [[device(2001), device(2002, 'code1')], [{ ...device(2001), product_id: 77 }], [device(1)]]) {
        await assert.rejects(
          write((tx) => tx.insert('device', rows)),
          (e) => isPandoError(e, 'conflict'),
        )
      }
      await assert.rejects(
        write((tx) => tx.remove('product', 'id', [1])),
        (e) => isPandoError(e, 'conflict'),
      )
      assert.deepEqual(await store.select('device', { in: { column: 'id', values: [2001, 2002] } }), [])
      assert.equal(store.health().state, 'ok')
    })

    // REG-1
    it('forgets all of a transaction that fails, its ids too', async () => {
      const first = await write((tx) => tx.next('thing', 1))
      const failing = write(async (tx) => {
        await tx.insert('vendor', [vendor(50)])
        await tx.next('thing', 10)
        assert.equal((await tx.select('vendor', { where: { id: 50 } })).length, 1)
        throw new Error('no')
      })
      await assert.rejects(failing, /no|internal/)
      assert.deepEqual(await store.select('vendor', { where: { id: 50 } }), [])
      assert.equal(await write((tx) => tx.next('thing', 1)), Number(first) + 1)
    })

    it('gives each id once to transactions that come together', async () => {
      const got = await Promise.all(range(20).map(() => write((tx) => tx.next('many', 3))))
      assert.deepEqual(
        got,
        range(20).map((i) => (i - 1) * 3 + 1),
      )
    })

    it('never shows what is not committed', async () => {
      let committed = false
      const reading: Promise<void>[] = []
      await write(async (tx) => {
        await tx.insert('vendor', [vendor(60)])
        // whoever sees it sees it as it was committed
        const seen = async () => {
          const [row] = await store.select('vendor', { where: { id: 60 } })
          assert.ok(row === undefined || (committed && row.name === 'other'))
        }
        reading.push(seen())
        await tx.update('vendor', [vendor(60, 'other')])
        await new Promise(setImmediate)
        committed = true
      })
      await Promise.all(reading)
      assert.equal((await store.select('vendor', { where: { id: 60 } }))[0]?.name, 'other')
    })

    it('shares its database: a second one sees what is written, and the first hears of its writes', async () => {
      const second = await open()
      try {
        assert.equal(await find('1-1-shared'), undefined)
        store.changedElsewhere()
        await write((tx) => tx.insert('device', [device(3000, 'shared')]))
        assert.equal((await second.select('device', { where: { id: 3000 } })).length, 1)
        const change = { tenant_id: 1, what: 'device', what_id: 3000, change: 'removed', origin: 'second', at: 5 }
        await second.transaction(async (tx) => {
          await tx.remove('device', 'id', [3000])
          await tx.insert('registry_change', [{ id: await tx.next('registry_change', 1), ...change }])
        })
        assert.equal(store.changedElsewhere(), true)
        const changes = await store.changes(0)
        assert.deepEqual(changes.map(bare), [{ id: 1, ...change }])
        assert.deepEqual(await store.changes(1), [])
        assert.equal(await find('1-1-shared'), undefined)
      } finally {
        await second.close()
      }
    })

    it('keeps everything over a restart', async () => {
      const before = await store.select('device', { where: { product_id: 1 } })
      await store.close()
      store = await open()
      assert.deepEqual(await store.select('device', { where: { product_id: 1 } }), before)
      assert.equal(store.health().state, 'ok')
    })
  })
}
