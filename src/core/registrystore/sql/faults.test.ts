/** The registry's database dies, hangs and comes back under load (F-07, F-08): nothing acknowledged is lost, and it recovers by itself. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPandoError } from '#lib/errors.ts'
import { ownDatabase, type SqlName, sqlNames } from '../../../../test/support/databases.ts'
import { breakingEngine, type OwnEngine } from '../../../../test/support/engines.ts'
import { inUse } from '../../../../test/support/memory.ts'
import { until } from '../../../../test/world/wait.ts'
import { openRegistrystore } from '../open.ts'
import type { Registrystore } from '../port.ts'

for (const name of sqlNames) breakingEngine(name, (begin) => describe(`${name} that breaks`, () => faults(name, begin)))

const TIMEOUT = 1500
/** C2: recovered so soon after the engine is back */
const BACK = 5000

const row = (id: number, name: string) => ({
  ...{ id, tenant_id: 1, name, description: '', key_hash: '', key_sealed: '' },
  ...{ created_at: 1, updated_at: 1, revision: 1 },
})
const add = (store: Registrystore, name: string): Promise<number> =>
  store.transaction(async (tx) => {
    const id = await tx.next('vendor', 1)
    await tx.insert('vendor', [row(id, name)])
    return id
  })

/** Stores under load. */
const running = new Set<Registrystore>()

/** Writes without end → stops it, and gives what was acknowledged. */
function load(store: Registrystore, who: string) {
  const acknowledged = new Map<number, string>()
  const refused: unknown[] = []
  running.add(store)
  const run = async () => {
    for (let i = 0; running.has(store); i++) {
      try {
        acknowledged.set(await add(store, `${who} ${i}`), `${who} ${i}`)
      } catch (e) {
        refused.push(e)
        await sleep(20)
      }
    }
  }
  const done = Promise.all([run(), run()])
  const stop = async () => {
    running.delete(store)
    await done
    return { acknowledged, refused }
  }
  return { acknowledged, refused, stop }
}

function faults(name: SqlName, begin: () => Promise<OwnEngine>): void {
  const broken = (
    what: string,
    act: (engine: OwnEngine, stores: [Registrystore, Registrystore], where: string) => Promise<void>,
  ) =>
    it(what, async () => {
      const engine = await begin()
      const stores: Registrystore[] = []
      try {
        const own = await ownDatabase(engine.url)
        const url = `${own.url}?timeout=${TIMEOUT}&connect_timeout=${TIMEOUT}`
        for (let i = 0; i < 2; i++) stores.push(await openRegistrystore(url, {}))
        await act(engine, stores as [Registrystore, Registrystore], new URL(engine.url).host)
      } finally {
        running.clear()
        for (const s of stores) await s.close()
        await engine.stop()
      }
    })

  const recovered = (s: Registrystore) =>
    until(
      'answer of the database',
      () =>
        s.select('meta', { limit: 1 }).then(
          () => true,
          () => false,
        ),
      BACK,
    )

  // ENG-14, REG-1
  broken('killed under load: what was acknowledged is there, once; callers hear `unavailable`', async (engine, stores, where) => {
    const loads = stores.map((s, i) => load(s, `store ${i}`))
    for (let round = 0; round < 2; round++) {
      const before = loads.map((l) => l.acknowledged.size)
      const refusals = loads.map((l) => l.refused.length)
      await until('writes', () => loads.every((l, i) => l.acknowledged.size > before[i]! + 10))
      await engine.kill()
      await until('refusals', () => loads.every((l, i) => l.refused.length > refusals[i]!))
      for (const s of stores) {
        assert.equal(s.health().state, 'down')
        assert.match(String(s.health().error), new RegExp(where))
      }
      await engine.start()
      for (const s of stores) await recovered(s)
    }
    const done = await Promise.all(loads.map((l) => l.stop()))
    const rows = new Map((await stores[0].select('vendor', {})).map((r) => [r.id, r.name]))
    for (const { acknowledged, refused } of done) {
      for (const [id, name] of acknowledged) assert.equal(rows.get(id), name)
      for (const e of refused) assert.ok(isPandoError(e, 'unavailable'), String(e))
    }
    assert.equal(
      new Set(done.flatMap((d) => [...d.acknowledged.keys()])).size,
      done[0]!.acknowledged.size + done[1]!.acknowledged.size,
    )
    for (const s of stores) assert.equal(s.health().state, 'ok')
  })

  // ENG-14
  broken('restarted in order: a caller waits a moment or hears `unavailable`', async (engine, stores) => {
    const loads = stores.map((s, i) => load(s, `store ${i}`))
    await until('writes', () => loads.every((l) => l.acknowledged.size > 10))
    await engine.restart()
    for (const s of stores) await recovered(s)
    for (const l of loads) {
      const { acknowledged, refused } = await l.stop()
      assert.ok(acknowledged.size > 10)
      for (const e of refused) assert.ok(isPandoError(e, 'unavailable'), String(e))
    }
  })

  // a signal stops PostgreSQL's first process only: those that serve go on
  if (name === 'postgres') return

  // ENG-14
  broken('frozen: every call is answered, few of them wait, memory is bounded', async (engine, [store]) => {
    await add(store, 'before')
    await engine.pause()
    try {
      const from = inUse()
      const started = performance.now()
      const calls = Array.from({ length: 5000 }, (_, i) =>
        i % 2 === 0 ? add(store, `${i}`) : store.select('vendor', { limit: 1 }),
      )
      const answers = await Promise.allSettled(calls)
      // a few time-outs, not one for each
      assert.ok(performance.now() - started < 30 * TIMEOUT)
      for (const a of answers) {
        assert.equal(a.status, 'rejected')
        assert.ok(isPandoError((a as PromiseRejectedResult).reason, 'unavailable'))
      }
      assert.equal(store.health().state, 'down')
      assert.ok(inUse() - from < 64 * 2 ** 20)
      const quick = performance.now()
      for (let i = 0; i < 100; i++) await store.select('vendor', { limit: 1 }).catch(() => undefined)
      assert.ok(performance.now() - quick < 30 * TIMEOUT, 'it is not waited for again and again')
    } finally {
      await engine.resume()
    }
    await recovered(store)
    await add(store, 'after')
    assert.equal(store.health().state, 'ok')
  })
}
