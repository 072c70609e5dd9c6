// TOK-5
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryOfFile } from '../../../test/support/registry.ts'

const r = await registryOfFile()
const audit = { actor: 'user/1', addr: '192.0.2.1', requestId: 'r' }
const hosts = async () => (await r.face.addressBlocks({})).items.map((b) => b.host).sort()

test('an address is shut out once, by whom stands in the audit log, and its row goes when its time is over', async () => {
  const soon = r.clock.at + 60_000
  const block = (host: string, until: number) => r.face.blockAddress({ host, until, deviceId: 3, audit })
  await block('192.0.2.7', soon)
  await block('192.0.2.7', soon + 1)
  await block('2001:db8::1', soon)
  assert.deepEqual(await hosts(), ['192.0.2.7', '2001:db8::1'])
  await block('2001:db8::1', 0)
  await block('192.0.2.8', r.clock.at + 1)
  r.clock.at += 2
  assert.deepEqual(await hosts(), ['192.0.2.7'])
  await block('192.0.2.9', soon)
  const kept = (await r.store.select('address_block', {})).map((b) => b.host)
  assert.deepEqual(
    kept.toSorted((a, b) => a.localeCompare(b)),
    ['192.0.2.7', '192.0.2.9'],
  )
  const { items } = await r.face.auditEntries({ object: 'device/3', limit: 10 })
  const said = items.map((e) => e.action).reverse()
  assert.deepEqual(said.slice(0, 4), [...Array(3).fill('device.block_address'), 'device.allow_address'])
  assert.equal(items[0]!.actor, 'user/1')
  await assert.rejects(block('x'.repeat(65), soon), /64/)
})
