import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { breakingEngine, onEngine } from '../../../../test/support/engines.ts'
import { gate } from '../../../../test/support/gate.ts'
import { sleep, until } from '../../../../test/world/wait.ts'
import { openDiscovery } from '../open.ts'
import type { Discovery, Instance } from '../port.ts'
import { discoverySuite } from '../suite.ts'
import { etcdGateway } from './gateway.ts'

const place = (server: string): string => `${server}/pando-test-${randomUUID().slice(0, 8)}`
const open = (url: string): Promise<Discovery> => openDiscovery(url, { log: silentLog() })
const instance: Instance = { service: 'controller', id: 'a', address: 'http://10.0.0.1:9100', version: '0.1.0' }
const idsOf = async (d: Discovery) => (await d.instances('controller')).map((i) => i.id).join()
/** A change is told to all watchers by then. */
const TOLD_MS = 300

function suite(server: string): void {
  discoverySuite('etcd', async () => {
    const url = place(server)
    return { discovery: await open(url), settled: () => sleep(TOLD_MS), another: () => open(url) }
  })
}

/** One that comes to the server through a door, and one beside it. */
async function behindDoor(t: TestContext, server: string) {
  const url = place(server)
  const door = await gate(server)
  const [d, other] = [await open(door.through(url)), await open(url)]
  t.after(async () => {
    door.open()
    await Promise.all([d.close(), other.close()])
    await door.close()
  })
  return { door, d, other }
}

onEngine('etcd', (server) => {
  suite(server)

  // ENG-6
  test('discovery etcd: a lease that is lost is replaced, and the instance announced again', async (t) => {
    const url = place(server)
    const [d, other] = [await open(url), await open(url)]
    t.after(() => Promise.all([d.close(), other.close()]))
    const seen: string[] = []
    other.watch('controller', (list) => void seen.push(list.map((i) => i.id).join()))
    await d.announce(instance)
    const gateway = etcdGateway(url)
    const { kvs } = await gateway.call<{ kvs: { lease: string }[] }>('/v3/kv/range', {
      key: Buffer.from(`${gateway.prefix}/controller/a`).toString('base64'),
    })
    await gateway.call('/v3/lease/revoke', { ID: kvs[0]!.lease })
    await gateway.close()
    await until('the loss and the return', () => seen.join(' ') === ' a  a', 10_000)
  })

  // ENG-6
  test('discovery etcd: who dies is gone when its lease ends, who stops is gone at once', async (t) => {
    const url = place(server)
    const door = await gate(server)
    const [dying, leaving, other] = [await open(door.through(url)), await open(url), await open(url)]
    t.after(() => other.close())
    await dying.announce(instance)
    await leaving.announce({ ...instance, id: 'b' })
    assert.equal(await idsOf(other), 'a,b')
    await leaving.close()
    assert.equal(await idsOf(other), 'a')
    door.cut()
    await until('an end of the lease', async () => (await idsOf(other)) === '', 20_000)
    await door.close()
    await dying.close()
  })

  // ENG-2, ENG-6
  test('discovery etcd: cut off or hanging, what was last known is told, the state says why, and changes follow afterwards', async (t) => {
    const { door, d, other } = await behindDoor(t, server)
    await other.announce(instance)
    assert.equal(await idsOf(d), 'a')
    let told = ''
    d.watch('controller', (list) => {
      told = list.map((i) => i.id).join()
    })
    for (const [id, shut] of [
      ['b', () => door.cut()],
      ['c', () => door.freeze()],
    ] as const) {
      shut()
      await until('a state of down', () => d.health().state === 'down', 15_000)
      assert.match(d.health().error ?? '', new RegExp(`^etcd://127\\.0\\.0\\.1:${door.port}: `))
      const before = await idsOf(d)
      await other.announce({ ...instance, id })
      assert.equal(await idsOf(d), before)
      door.open()
      await until('the change', () => told.endsWith(id), 15_000)
      await until('a state of ok', () => d.health().state === 'ok')
    }
  })

  // ENG-6
  test('a process that announces itself while etcd is cut off knows of itself, and others do when it is back', async (t) => {
    const { door, d, other } = await behindDoor(t, server)
    const told: string[] = []
    d.watch('controller', (list) => void told.push(list.map((i) => i.id).join()))
    door.cut()
    const gone = await d.announce(instance)
    assert.equal(await idsOf(d), 'a')
    assert.equal(await idsOf(other), '')
    door.open()
    await until('the other sees it', async () => (await idsOf(other)) === 'a', 15_000)
    door.cut()
    await gone()
    assert.equal(told[1], 'a')
    door.open()
    await until('nobody sees it', async () => (await idsOf(other)) === '' && (await idsOf(d)) === '', 20_000)
  })

  // ENG-1
  test('discovery etcd: nobody answers; a parameter that is none', async () => {
    await assert.rejects(open('etcd://u:hunter2@127.0.0.1:1'), (e) => {
      assert.ok(isPandoError(e, 'unavailable'))
      assert.match(e.message, /^discovery: etcd:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/)
      return true
    })
    await assert.rejects(open('etcd://127.0.0.1:1?ttl=3'), (e) => isPandoError(e, 'config_invalid') && /ttl.*ca/.test(e.message))
  })
})

breakingEngine('etcd', (begin) => {
  // ENG-6
  test('discovery etcd: the server is killed and started again', async (t) => {
    const own = await begin()
    t.after(() => own.stop())
    const [d, other] = [await open(own.url), await open(own.url)]
    t.after(() => Promise.all([d.close(), other.close()]))
    await d.announce(instance)
    assert.equal(await idsOf(other), 'a')
    await own.kill()
    assert.equal(await idsOf(other), 'a')
    await own.start()
    await d.announce({ ...instance, id: 'b' })
    await until('both', async () => (await idsOf(other)) === 'a,b', 15_000)
  })
})
