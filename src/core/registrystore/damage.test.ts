/** R2, F-03: each file with a bit flipped or cut short is found at start or at read, by name; or all data is right. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { openRegistrystore } from './open.ts'
import type { Registrystore, Table } from './port.ts'
import { columns } from './schema.ts'

const VARIANTS = Number(process.env['PANDO_TEST_DAMAGE_VARIANTS'] ?? 80)
const root = mkdtempSync(join(tmpdir(), 'pando-damage-'))
after(() => rmSync(root, { recursive: true, force: true }))

const open = (dataDir: string) => openRegistrystore('sqlite:', { dataDir })
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
const times = { created_at: 1_800_000_000_000, updated_at: 1_800_000_000_001 }
const row = {
  tenant_id: 1,
  name: 'a name',
  description: 'a description',
  key_hash: 'hash'.repeat(10),
  key_sealed: 'sealed'.repeat(20),
}

const user = (id: number) => ({
  ...{ id, tenant_id: 1, name: `user ${id}`, name_folded: `user ${id}`, password_hash: 'scrypt', role: 'Viewer', scope: '*' },
  ...{ locale: '', zone: '', must_change: 0, last_seen: 5, revision: 1, ...times },
})
const entry = (id: number) => ({
  ...{ id, tenant_id: 1, at: 5, actor: `user/${id % 3}`, actor_name: 'n', addr: '', request_id: '', action: 'a' },
  ...{ object: `o/${id}`, before_json: '{}', after_json: '{"a":1}', hash: 'hash'.repeat(10) },
})

async function fill(store: Registrystore, from: number, n: number): Promise<void> {
  const ids = range(n).map((i) => i + from)
  await store.transaction(async (tx) => {
    await tx.insert(
      'device',
      ids.map((id) => ({
        ...{
          id,
          tenant_id: 1,
          product_id: 1,
          identifier: `1-1-serial${id}`,
          code: `serial${id}`,
          name: 'lamp',
          description: 'a lamp',
          version: '1',
          revision: 1,
        },
        ...times,
      })),
    )
    const { key_hash, key_sealed } = row
    await tx.insert(
      'device_credential',
      ids.map((device_id) => ({
        ...{
          device_id,
          tenant_id: 1,
          key_hash,
          key_sealed,
          secret_sealed: `secret${device_id}`.repeat(9),
          logged_in_at: 5,
          permit: 0,
          created_at: 5,
        },
      })),
    )
    await tx.insert(
      'device_token',
      ids.map((device_id) => ({
        ...{ device_id, tenant_id: 1, hash: `hash of ${device_id}`.repeat(3), replaced_hash: '', issued_at: 5, expires_at: 6 },
      })),
    )
  })
}

/** Everything that can be read: each table, and what is found through each index. */
async function readAll(store: Registrystore): Promise<unknown> {
  const all: Record<string, unknown> = {}
  for (const table of Object.keys(columns) as Table[]) all[table] = await store.select(table, {})
  const found: unknown[] = []
  for (const id of range(70)) {
    found.push(await store.select('device', { where: { tenant_id: 1, identifier: `1-1-serial${id}` } }))
    found.push(await store.select('device_token', { in: { column: 'hash', values: [`hash of ${id}`.repeat(3)] } }))
  }
  found.push(await store.select('device', { where: { product_id: 1 }, after: 0, limit: 1000 }))
  for (const actor of ['user/0', 'user/1', 'user/2'])
    found.push(await store.select('audit', { where: { actor }, before: 1000, limit: 50 }))
  found.push(await store.select('product', { where: { vendor_id: 1 }, after: 0, limit: 10 }))
  return { all, found }
}

/** A repeatable sequence of numbers below n. */
function numbers(seed: number): (n: number) => number {
  let x = seed
  return (n) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((x / 2 ** 32) * n)
  }
}

interface Tally {
  found: number
  right: number
}

/** Opens and reads a damaged copy: true when it was found, false when all is right. Fails on wrong data or another error. */
async function examine(d: string, expected: unknown, what: string): Promise<boolean> {
  let store: Registrystore | undefined
  try {
    store = await open(d)
    assert.deepEqual(await readAll(store), expected, `${what}: wrong data in silence`)
    return false
  } catch (e) {
    if (e instanceof assert.AssertionError) throw e
    assert.ok(
      isPandoError(e, 'store_damaged') || isPandoError(e, 'version_mismatch') || isPandoError(e, 'unavailable'),
      `${what}: ${String(e)} ${String((e as Error).cause)}`,
    )
    assert.ok(e.message.includes(join(d, 'registry.db')), `${what}: ${e.message}`)
    return true
  } finally {
    await store?.close().catch(() => undefined)
  }
}

async function damage(
  image: string,
  file: string,
  expected: unknown,
  variants: number,
  change: (b: Buffer, i: number) => Buffer,
): Promise<Tally> {
  const tally = { found: 0, right: 0 }
  const whole = readFileSync(join(image, file))
  for (let i = 0; i < variants; i++) {
    const d = join(root, 'variant')
    cpSync(image, d, { recursive: true })
    writeFileSync(join(d, file), change(Buffer.from(whole), i))
    if (await examine(d, expected, `${file} variant ${i}`)) tally.found++
    else tally.right++
    rmSync(d, { recursive: true })
  }
  return tally
}

// REG-2
describe('R2 F-03: a damaged registry', () => {
  const closed = join(root, 'closed')
  const killed = join(root, 'killed')
  let expected: unknown
  let expectedKilled: unknown

  before(async () => {
    let store = await open(closed)
    await store.transaction(async (tx) => {
      await tx.insert('vendor', [{ id: 1, ...row, ...times, revision: 1 }])
      await tx.insert('product', [{ id: 1, vendor_id: 1, ...row, model_version: 1, registration: 'open', ...times, revision: 1 }])
      await tx.insert('product_model', [
        {
          product_id: 1,
          version: 1,
          tenant_id: 1,
          state: 'published',
          config: '{}'.repeat(3000),
          created_at: 5,
          note: '',
          published_by: '',
        },
      ])
      await tx.next('device', 60)
      await tx.insert('user_account', range(3).map(user))
      await tx.insert('audit', range(40).map(entry))
    })
    await fill(store, 0, 60)
    expected = await readAll(store)
    await store.close()
    cpSync(closed, killed, { recursive: true })
    store = await open(killed)
    await fill(store, 60, 5)
    await fill(store, 65, 5)
    expectedKilled = await readAll(store)
    cpSync(killed, `${killed}.image`, { recursive: true })
    await store.close()
  })

  const flipAt = (random: (n: number) => number) => (b: Buffer) => {
    const at = random(b.length)
    b[at]! ^= 1 << random(8)
    return b
  }
  const cut = (random: (n: number) => number) => (b: Buffer) => b.subarray(0, random(b.length))

  it('closed, a bit of registry.db flipped', async (t) => {
    const tally = await damage(closed, 'registry.db', expected, VARIANTS, flipAt(numbers(1)))
    t.diagnostic(JSON.stringify(tally))
    assert.ok(tally.found > 0)
  })

  it('closed, a bit of its first two pages flipped (header and schema)', async (t) => {
    const random = numbers(2)
    const flip = flipAt(random)
    const tally = await damage(closed, 'registry.db', expected, VARIANTS, (b) => {
      flip(b.subarray(0, random(2) ? 100 : 8192))
      return b
    })
    t.diagnostic(JSON.stringify(tally))
    assert.ok(tally.found > 0)
  })

  it('closed, registry.db cut short', async () => {
    const lengths = [0, 1, 100, 4096, 8192]
    const random = numbers(3)
    const tally = await damage(closed, 'registry.db', expected, 40, (b, i) => b.subarray(0, lengths[i] ?? random(b.length)))
    assert.equal(tally.right, 0)
  })

  it('killed, a bit of registry.db-wal flipped: not taken for a torn end', async (t) => {
    const tally = await damage(`${killed}.image`, 'registry.db-wal', expectedKilled, VARIANTS, flipAt(numbers(4)))
    t.diagnostic(JSON.stringify(tally))
    assert.ok(tally.found > VARIANTS / 2)
  })

  it('killed, registry.db-wal cut short or gone', async () => {
    const tally = await damage(`${killed}.image`, 'registry.db-wal', expectedKilled, 40, (b, i) =>
      i === 0 ? b.subarray(0, 0) : cut(numbers(i))(b),
    )
    assert.equal(tally.right, 0)
  })

  it('killed, a bit of registry.db or registry.db-shm flipped', async () => {
    await damage(`${killed}.image`, 'registry.db', expectedKilled, VARIANTS / 2, flipAt(numbers(5)))
    await damage(`${killed}.image`, 'registry.db-shm', expectedKilled, 40, flipAt(numbers(6)))
  })

  it('a damaged or missing registry.db-mark is no reason not to start', async () => {
    const tally = await damage(closed, 'registry.db-mark', expected, 40, (b, i) =>
      i % 2 ? flipAt(numbers(i))(b) : cut(numbers(i))(b),
    )
    assert.equal(tally.found, 0)
  })

  it('registry.db gone while its mark is there: refused, not made anew', async () => {
    const d = join(root, 'gone')
    cpSync(closed, d, { recursive: true })
    rmSync(join(d, 'registry.db'))
    await assert.rejects(open(d), (e) => isPandoError(e, 'store_damaged') && e.message.includes(join(d, 'registry.db')))
  })
})
