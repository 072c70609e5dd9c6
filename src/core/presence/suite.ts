/** What every presence engine must do. One function: engines call it from their test file. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Presence, Route } from './port.ts'

/** A fresh, empty engine, and how its time passes: `advance` resolves when leases of that age have run out. */
export interface PresenceSubject {
  presence: Presence
  advance(ms: number): Promise<void>
  /** another client of the same data; absent where an engine has only one */
  another?(): Promise<Presence>
  /** Its data is lost; absent where that happens only with the process. */
  lose?(): Promise<void>
}

const TTL = 5000

const route = (device: number, node: string, epoch: number): Route => ({
  device,
  node,
  epoch,
  protocol: 'mqtt',
  address: `10.0.0.${device}:1`,
  since: 1_700_000_000_000 + epoch,
})

export function presenceSuite(name: string, open: () => Promise<PresenceSubject>): void {
  const check = (what: string, run: (s: PresenceSubject) => Promise<void>) =>
    test(`presence ${name}: ${what}`, async () => {
      const subject = await open()
      await subject.presence.whole([])
      try {
        await run(subject)
      } finally {
        await subject.presence.close()
      }
    })

  check('a claimed route is found, whole, and unknown devices are offline', async ({ presence: p }) => {
    await p.lease('n1', TTL)
    assert.deepEqual(await p.claim([route(1, 'n1', 10), route(2, 'n1', 11)]), [[], []])
    assert.deepEqual(await p.routes([2, 3, 1]), [route(2, 'n1', 11), undefined, route(1, 'n1', 10)])
    assert.equal(await p.count(), 2)
    assert.equal(p.health().state, 'ok')
  })

  check('a claim answers the sessions that were before, also inside one call', async ({ presence: p }) => {
    await p.lease('n1', TTL)
    await p.lease('n2', TTL)
    await p.claim([route(1, 'n1', 10)])
    const replaced = await p.claim([route(1, 'n2', 20), route(2, 'n2', 21), route(1, 'n1', 22)])
    assert.deepEqual(replaced, [[route(1, 'n1', 10)], [], [route(1, 'n2', 20), route(1, 'n1', 10)]])
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 22)])
    assert.equal(await p.count(), 2)
  })

  check('a claim that is not above the live route changes nothing and answers it', async ({ presence: p }) => {
    await p.lease('n1', TTL)
    await p.claim([route(1, 'n1', 20)])
    assert.deepEqual(await p.claim([route(1, 'n2', 10), route(1, 'n2', 20)]), [[route(1, 'n1', 20)], [route(1, 'n1', 20)]])
    await p.lease('n2', TTL)
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 20)])
    assert.equal(await p.count(), 1)
  })

  check('routes are restored unless a newer session is alive; a node says when that is all', async ({ presence: p, advance }) => {
    assert.equal(await p.lease('n1', TTL), false)
    assert.equal(await p.lease('n1', TTL), false)
    await p.complete('n1')
    assert.equal(await p.lease('n1', TTL), true)
    await p.claim([route(1, 'n1', 10), route(2, 'n1', 11)])
    await advance(TTL * 1.2)
    await p.lease('n2', TTL)
    await p.claim([route(2, 'n2', 20)])
    await p.complete('n1')
    assert.equal(await p.lease('n1', TTL), false)
    assert.deepEqual(await p.restore([route(1, 'n1', 10), route(2, 'n1', 11)]), [
      [route(1, 'n1', 10)],
      [route(2, 'n2', 20), route(2, 'n1', 11)],
    ])
    assert.deepEqual(await p.restore([route(1, 'n1', 10)]), [[route(1, 'n1', 10)]], 'again')
    assert.deepEqual(await p.restore([route(3, 'n1', 12)]), [[]])
    await p.complete('n1')
    assert.equal(await p.lease('n1', TTL), true)
    assert.deepEqual(await p.routes([1, 2, 3]), [route(1, 'n1', 10), route(2, 'n2', 20), route(3, 'n1', 12)])
  })

  check(
    'a session that was replaced is kept until it is released; where its successor is released first, it is the route again',
    async (s) => {
      const { presence: p } = s
      await p.lease('n1', TTL)
      await p.lease('n2', TTL)
      const [a, b, c, d] = [route(1, 'n1', 10), route(1, 'n2', 20), route(1, 'n1', 30), route(1, 'n2', 40)]
      for (const [r, before] of [
        [a, []],
        [b, [a]],
        [c, [b, a]],
      ] as const)
        assert.deepEqual(await p.claim([r]), [before])
      assert.equal(await p.count(), 1)
      assert.deepEqual(await p.release([b]), [false], 'it was not the route')
      assert.deepEqual(await p.claim([d]), [[c, a]])
      assert.deepEqual(await p.release([d, c]), [true, true])
      assert.deepEqual(await p.routes([1]), [a])
      assert.equal(await p.count(), 1)
      assert.deepEqual(await p.release([a, a]), [true, false])
      assert.deepEqual(await p.claim([b]), [[]])
    },
  )

  check('a node that dies gives back the sessions that its own had replaced', async ({ presence: p, advance }) => {
    await p.lease('n2', TTL)
    const [a, b, c] = [route(1, 'n1', 10), route(1, 'n2', 20), route(1, 'n2', 30)]
    for (const r of [a, b, c]) await p.claim([r])
    await advance(TTL * 1.2)
    await p.lease('n1', TTL)
    assert.deepEqual(await p.bury('n2'), [c])
    assert.deepEqual(await p.routes([1]), [a])
    assert.equal(await p.count(), 1)
    assert.deepEqual(await p.release([a]), [true])
    assert.deepEqual(await p.claim([b]), [[]])
  })

  check('a release ends only the session that it names', async ({ presence: p }) => {
    await p.lease('n1', TTL)
    await p.claim([route(1, 'n1', 20)])
    assert.deepEqual(
      await p.release([
        { device: 1, epoch: 10 },
        { device: 9, epoch: 1 },
      ]),
      [false, false],
    )
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 20)])
    assert.deepEqual(await p.release([{ device: 1, epoch: 20 }]), [true])
    assert.deepEqual(await p.release([{ device: 1, epoch: 20 }]), [false])
    assert.deepEqual(await p.routes([1]), [undefined])
    assert.equal(await p.count(), 0)
  })

  check('only nodes with a lease have live routes', async ({ presence: p }) => {
    await p.claim([route(1, 'n1', 10)])
    assert.deepEqual(await p.routes([1]), [undefined])
    assert.equal(await p.count(), 0)
    await p.lease('n1', TTL)
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 10)])
    assert.equal(await p.count(), 1)
  })

  check(
    'a lease is renewed; when it runs out its devices are offline, and that is reported once',
    async ({ presence: p, advance }) => {
      await p.lease('n1', TTL)
      await p.lease('n2', TTL)
      await p.claim([route(1, 'n1', 10), route(2, 'n2', 11), route(3, 'n1', 12)])
      await advance(TTL * 0.6)
      await p.lease('n2', TTL)
      assert.deepEqual(await p.expired(), [])
      await advance(TTL * 0.6)
      assert.deepEqual(await p.routes([1, 2, 3]), [undefined, route(2, 'n2', 11), undefined])
      assert.equal(await p.count(), 1)
      assert.deepEqual(await p.expired(), [{ node: 'n1' }])
      assert.deepEqual(await p.expired(), [])
    },
  )

  check('the route of a dead node is one that is replaced, until the node is buried', async ({ presence: p, advance }) => {
    await p.lease('n1', TTL, 5)
    await p.claim([route(1, 'n1', 10), route(2, 'n1', 11), route(3, 'n1', 12)])
    await advance(TTL * 1.2)
    await p.lease('n2', TTL)
    assert.deepEqual(await p.claim([route(1, 'n2', 20)]), [[route(1, 'n1', 10)]])
    assert.deepEqual(await p.claim([route(2, 'n2', 11)]), [[route(2, 'n1', 11)]], 'not above')
    assert.equal(await p.stream('n1'), 5)
    await p.expired()
    const buried = await p.bury('n1')
    assert.deepEqual(
      buried.toSorted((a, b) => a.device - b.device),
      [route(2, 'n1', 11), route(3, 'n1', 12)],
    )
    assert.equal(await p.stream('n1'), undefined)
    assert.deepEqual(await p.claim([route(2, 'n2', 30)]), [[]])
    assert.deepEqual(await p.bury('n1'), [])
    assert.deepEqual(await p.expired(), [])
    assert.deepEqual(await p.routes([1, 2, 3]), [route(1, 'n2', 20), route(2, 'n2', 30), undefined])
  })

  check('a node that lives again before it is buried keeps its routes, and says once more what they are', async (s) => {
    const { presence: p, advance } = s
    await p.lease('n1', TTL)
    await p.complete('n1')
    await p.claim([route(1, 'n1', 10)])
    await advance(TTL * 1.2)
    await p.expired()
    assert.equal(await p.lease('n1', TTL), false)
    assert.deepEqual(await p.bury('n1'), [])
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 10)])
    await advance(TTL * 1.2)
    assert.deepEqual(await p.expired(), [{ node: 'n1' }], 'it dies again')
  })

  check('ten thousand routes of a dead node are buried, each told once', async ({ presence: p, advance }) => {
    await p.lease('n1', TTL)
    await p.claim(Array.from({ length: 10_000 }, (_, i) => route(i + 1, 'n1', i + 1)))
    await advance(TTL * 1.2)
    const buried = await p.bury('n1')
    assert.deepEqual([buried.length, new Set(buried.map((r) => r.device)).size], [10_000, 10_000])
    assert.deepEqual(await p.claim([route(1, 'n1', 1)]), [[]])
  })

  check('the stream that a node last wrote is told when it dies', async ({ presence: p, advance }) => {
    await p.lease('n1', TTL, 2 ** 52 + 1)
    await p.lease('n2', TTL, 5)
    await p.lease('n2', TTL, 6)
    await p.lease('n2', TTL)
    await p.lease('n3', TTL)
    await p.claim([route(1, 'n1', 10)])
    await advance(TTL + 100)
    const lost = await p.expired()
    const streams = new Map(lost.map((l) => [l.node, l.stream]))
    assert.deepEqual([...['n1', 'n2', 'n3'].map((n) => streams.get(n))], [2 ** 52 + 1, 6, undefined])
  })

  check('a node that is buried begins anew', async ({ presence: p, advance }) => {
    await p.lease('n1', TTL)
    await p.claim([route(1, 'n1', 10)])
    await advance(TTL * 1.2)
    await p.expired()
    await p.bury('n1')
    await p.lease('n1', TTL)
    assert.deepEqual(await p.routes([1]), [undefined])
    await p.claim([route(1, 'n1', 20)])
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 20)])
  })

  check('after data was lost nothing is claimed before all nodes have told what they hold', async ({ presence: p, lose }) => {
    if (!lose) return
    await p.lease('n1', TTL)
    await p.claim([route(1, 'n1', 10)])
    await lose()
    assert.equal(await p.claim([route(1, 'n2', 20)]), undefined)
    assert.deepEqual(await p.routes([1]), [undefined])
    assert.deepEqual(await p.told(), [])
    for (const node of ['n1', 'n2']) await p.lease(node, TTL, node === 'n1' ? 2 ** 52 + 1 : undefined)
    await p.restore([route(1, 'n1', 10)])
    await p.complete('n1')
    assert.deepEqual(await p.told(), [{ node: 'n1', stream: 2 ** 52 + 1 }])
    assert.equal(await p.whole(['n1', 'n2']), false)
    assert.equal(await p.claim([route(1, 'n2', 20)]), undefined)
    await p.complete('n2')
    assert.equal(await p.whole(['n1', 'n2']), true)
    assert.deepEqual(await p.claim([route(1, 'n2', 20)]), [[route(1, 'n1', 10)]])
  })

  check('ten thousand claims in one call', async ({ presence: p }) => {
    await p.lease('n1', TTL)
    await p.claim(Array.from({ length: 10_000 }, (_, i) => route(i + 1, 'n1', i + 1)))
    const told = new Map<number, number>()
    let cursor: string | undefined
    do {
      const { sessions, next } = await p.held('n1', cursor)
      for (const { device, epoch } of sessions) told.set(device, epoch)
      cursor = next
    } while (cursor !== undefined)
    assert.deepEqual([told.size, told.get(10_000)], [10_000, 10_000])
    assert.deepEqual(await p.held('n2'), { sessions: [] })
    assert.equal(await p.count(), 10_000)
    assert.deepEqual(await p.routes([10_000]), [route(10_000, 'n1', 10_000)])
  })

  check('others see the same', async ({ presence: p, another, advance }) => {
    if (!another) return
    const q = await another()
    await p.lease('n1', TTL)
    await p.claim([route(1, 'n1', 10)])
    assert.deepEqual(await q.routes([1]), [route(1, 'n1', 10)])
    assert.deepEqual(await q.claim([route(1, 'n1', 20)]), [[route(1, 'n1', 10)]])
    await p.complete('n1')
    assert.equal(await q.lease('n1', TTL), true)
    await advance(TTL * 1.2)
    const reports = (await Promise.all([p.expired(), q.expired()])).flat()
    assert.deepEqual(reports, [{ node: 'n1' }])
    const buried = (await Promise.all([p.bury('n1'), q.bury('n1')])).flat()
    assert.deepEqual(buried, [route(1, 'n1', 20)])
    await q.close()
  })

  check('of many claims of one device at the same time the highest epoch wins, and each sees what it replaced', async (s) => {
    const { presence: p } = s
    const q = (await s.another?.()) ?? p
    await p.lease('n1', TTL)
    const claims = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? p : q).claim([route(1, 'n1', i + 1)]))
    const replaced = (await Promise.all(claims)).map((answer) => answer?.[0]?.[0]?.epoch ?? 0)
    assert.deepEqual(await p.routes([1]), [route(1, 'n1', 40)])
    const made = replaced.filter((before, i) => before < i + 1)
    assert.equal(new Set(made).size, made.length, 'no route is replaced twice')
    if (q !== p) await q.close()
  })
}
