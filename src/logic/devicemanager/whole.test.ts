/** Presence that has lost its data, on the real Redis. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openPresence } from '#core/presence/open.ts'
import { PandoError } from '#lib/errors.ts'
import { manager } from '../../../test/support/devicemanager.ts'
import { onEngine } from '../../../test/support/engines.ts'
import { until } from '../../../test/world/wait.ts'

onEngine('redis', (server) => {
  /** What is true of a fresh prefix is true of data that was lost. */
  async function emptied() {
    const presence = await openPresence(`${server}/?prefix=${encodeURIComponent(`{t${randomBytes(6).toString('hex')}}:`)}`, {})
    const m = await manager({}, undefined, presence)
    const nodes = ['n1', 'n2'].map((name) => m.addNode(name))
    const sealedBut: (readonly number[])[] = []
    const sealing = { goes: (): Promise<void> => Promise.resolve() }
    m.onOnly = (streams) => {
      sealedBut.push(streams)
      return sealing.goes()
    }
    const unheld = { goes: async (): Promise<number> => 0 }
    m.onUnheld = () => unheld.goes()
    let verdict: string | undefined
    const come = async () => {
      verdict = undefined
      const [v] = await m.connect('n2', 7).catch((e: PandoError) => [{ refused: e.code }])
      verdict = v!.refused ?? 'in'
    }
    return {
      ...m,
      nodes,
      sealedBut,
      sealing,
      unheld,
      come,
      came: come(),
      /** until it is decided, or so much time has passed */
      async pass(ms: number): Promise<string | undefined> {
        for (let passed = 0; passed < ms && verdict === undefined; passed += 50) {
          await m.presence.count()
          m.clock.advance(50)
          await m.presence.count()
        }
        return verdict
      },
      async close() {
        await m.stop()
        await presence.close()
      },
    }
  }
  const session = { device: 7, epoch: 5, protocol: 'mqtt', address: 'a:1' }

  // MQTT-22
  test('nobody is let in before each node has said what it holds; what it holds is ended first', async () => {
    const m = await emptied()
    for (const [node, stream] of [
      ['n1', 11],
      ['n2', 12],
    ] as const)
      assert.deepEqual(await m.face.alive({ node, stream }), { announce: true })
    await m.face.announce({ node: 'n2', items: [], last: true })
    assert.equal(await m.pass(1000), undefined)
    await m.face.announce({ node: 'n1', items: [session], last: true })
    assert.equal(await until('its verdict', () => m.pass(50)), 'in')
    assert.deepEqual(m.nodes[0]!.closed, [{ device: 7, epoch: 5, cause: 'taken_over' }])
    assert.deepEqual(m.sealedBut[0]!.toSorted(), [11, 12])
    await m.came
    await m.close()
  })

  // MQTT-22
  test('a node that says nothing counts as dead after its lease and may not go on; when it wakes up, its session ends', async () => {
    const m = await emptied()
    const [silent] = m.nodes
    silent!.answers = false
    await m.face.alive({ node: 'n2', stream: 12 })
    await m.face.announce({ node: 'n2', items: [], last: true })
    assert.equal(await m.pass(4000), undefined)
    const seal = Promise.withResolvers<void>()
    m.sealing.goes = () => seal.promise
    assert.equal(await m.pass(4000), undefined)
    assert.deepEqual(m.sealedBut, [[12]], 'nobody is let in before that is done')
    seal.resolve()
    assert.equal(await until('its verdict', () => m.pass(50)), 'in')
    assert.deepEqual(await m.face.alive({ node: 'n1' }), { announce: true })
    const { replaced } = await m.face.announce({ node: 'n1', items: [session], last: true })
    assert.deepEqual(replaced, [{ device: 7, epoch: 5 }])
    await m.close()
  })

  // MQTT-22
  test('a node that answers and does not get done with telling is waited for, half a minute at most', async () => {
    const m = await emptied()
    await m.face.alive({ node: 'n2', stream: 12 })
    await m.face.announce({ node: 'n2', items: [], last: true })
    assert.equal(await m.pass(25_000), undefined)
    assert.deepEqual(m.sealedBut, [])
    assert.equal(await until('its verdict', () => m.pass(10_000)), 'in')
    assert.deepEqual(m.sealedBut, [[12]])
    await m.close()
  })

  // MQTT-23
  test('when it is whole again the sessions that nobody holds are ended, however often that fails', async () => {
    const m = await emptied()
    let asked = 0
    m.unheld.goes = async () => {
      if (++asked === 1) throw new PandoError('log_unavailable', 'away')
      return 3
    }
    await m.face.announce({ node: 'n2', items: [], last: true })
    m.nodes[0]!.answers = false
    assert.equal(await until('its verdict', () => m.pass(10_000)), 'in')
    await until('the second try', async () => {
      m.clock.advance(1000)
      return asked === 2
    })
    await m.close()
  })

  // MQTT-22
  test('where the others cannot be sealed nobody is let in', async () => {
    const m = await emptied()
    m.nodes[0]!.answers = false
    m.sealing.goes = () => Promise.reject(new PandoError('log_unavailable', 'away'))
    await m.face.announce({ node: 'n2', items: [], last: true })
    assert.equal(await until('its verdict', () => m.pass(10_000)), 'log_unavailable')
    m.sealing.goes = () => Promise.resolve()
    void m.come()
    assert.equal(await until('its verdict', () => m.pass(10_000)), 'in')
    await m.close()
  })
})
