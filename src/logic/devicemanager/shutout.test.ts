// TOK-5
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { fakeRegistry, manager, request } from '../../../test/support/devicemanager.ts'

const reg = fakeRegistry()
const shared = reg as unknown as Face<typeof registry>
const address = '[2001:db8::1]:4711'
const turns = () => new Promise((done) => setTimeout(done, 5))

test('what one device manager shuts out, every other knows when the bell rings, or at its next look, and those that begin later', async () => {
  const [one, other] = [await manager({}, shared), await manager({}, shared)]
  for (const m of [one, other]) m.addNode('n')
  const comes = async (m: typeof one) => {
    const { items } = await m.face.connect({ node: 'n', items: [{ ...request(7), address }] })
    return items[0]!.refused ?? 'in'
  }
  const until = one.clock.now() + 3_600_000
  assert.deepEqual([await comes(one), await comes(other)], ['in', 'in'])
  assert.deepEqual(await one.face.shutOut({ address, until, deviceId: 7 }), { host: '2001:db8::1' })
  assert.equal(await comes(one), 'address_blocked')
  assert.equal(await comes(other), 'in', 'the bell has not rung')
  other.queue.ring('registry', { what: 'address', id: 1, change: 'changed' })
  await turns()
  assert.equal(await comes(other), 'address_blocked')
  await assert.rejects(other.face.login({ deviceId: 7, secret: 'secret', address }), (e) => isPandoError(e, 'rate_limited'))

  const late = await manager({}, shared)
  late.addNode('n')
  assert.equal(await comes(late), 'address_blocked')
  await one.face.shutOut({ address, until: 0, deviceId: 7 })
  assert.equal(await comes(one), 'in')
  late.clock.advance(30_000)
  await turns()
  assert.equal(await comes(late), 'in', 'no bell rang')
  for (const m of [one, other, late]) await m.stop()
})

test('what is shut out ends by itself; while the registry does not answer, what was known holds, and where nothing is known nobody comes in', async () => {
  const m = await manager({}, shared)
  m.addNode('n')
  const comes = async () => (await m.face.connect({ node: 'n', items: [{ ...request(8), address }] })).items[0]!.refused ?? 'in'
  const { addressBlocks } = reg
  reg.addressBlocks = async () => Promise.reject(new Error('away'))
  await assert.rejects(comes())
  reg.addressBlocks = addressBlocks
  await m.face.shutOut({ address, until: m.clock.now() + 60_000, deviceId: 8 })
  reg.addressBlocks = async () => Promise.reject(new Error('away'))
  m.clock.advance(30_000)
  await turns()
  assert.equal(await comes(), 'address_blocked')
  m.clock.advance(31_000)
  assert.equal(await comes(), 'in')
  reg.addressBlocks = addressBlocks
  await m.stop()
})
