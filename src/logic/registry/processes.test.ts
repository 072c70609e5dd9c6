/** Two processes on one data directory, as `pdcfg` beside a running `serve`; keys that fit the data. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPandoError } from '#lib/errors.ts'
import {
  AES_KEY,
  CONFIG,
  furnish,
  MASTER_KEY,
  type Registry,
  removeDir,
  startRegistry,
  tempDir,
} from '../../../test/support/registry.ts'

describe('two registries on one directory', () => {
  const dir = tempDir()
  let [serve, tool] = [] as unknown as [Registry, Registry]
  let own: Awaited<ReturnType<typeof furnish>>
  const register = (r: Registry, code: string) => r.face.registerDevice({ productKey: own.product.key, code, version: '1' })

  before(async () => {
    serve = await startRegistry(dir, {})
    own = await furnish(serve.face)
    tool = await startRegistry(dir, {})
  })
  after(async () => {
    await tool.stop()
    await serve.stop()
    removeDir(dir)
  })

  // REG-4
  it('one sees at once what the other adds, and soon what it changes or removes; the bell rings in both', async () => {
    const added = await tool.face.addApplication({ name: 'new', description: '', domain: '*', reportUrl: '', reportToken: '' })
    assert.equal((await serve.face.applicationByKey({ key: added.key })).name, 'new')
    const { device } = await register(serve, 'a')
    await serve.face.deviceByIdentifier({ identifier: device.identifier })
    serve.bells.splice(0)

    await tool.face.editApplication({ id: added.id, domain: 'product/1' })
    await tool.face.editProduct({ id: own.product.id, config: CONFIG.replace('light', 'lamp') })
    await sleep(25)
    assert.equal((await serve.face.applicationByKey({ key: added.key })).domain, 'product/1')
    assert.equal((await serve.face.devicesById({ ids: [device.id] })).items[0]?.modelVersion, 2)

    await tool.face.removeDevice({ id: device.id })
    await sleep(25)
    await assert.rejects(serve.face.deviceByIdentifier({ identifier: device.identifier }), (e) =>
      isPandoError(e, 'device_unknown'),
    )
    const bells = serve.bells.map((b) => `${b.what} ${b.id} ${b.change}`)
    assert.deepEqual(bells, [
      `application ${added.id} changed`,
      `product ${own.product.id} changed`,
      `device ${device.id} removed`,
    ])
    assert.equal(tool.bells.filter((b) => b.change === 'removed').length, 1)
  })

  // REG-4
  it('give no id and no serial twice when they write at the same time', async () => {
    const codes = Array.from({ length: 60 }, (_, i) => `both${i}`)
    const all = await Promise.all(codes.flatMap((code) => [register(serve, code), register(tool, code)]))
    assert.equal(new Set(all.map((a) => a.device.id)).size, codes.length)
    assert.equal(all.filter((a) => a.created).length, codes.length)
    assert.equal(new Set(all.map((a) => `${a.device.identifier} ${a.device.id} ${a.secret}`)).size, codes.length)
  })

  it('a token issued by one is good at the other, a replaced one is not', async () => {
    const { device, secret } = await register(serve, 'tokens')
    const login = async (r: Registry) => (await r.face.login({ deviceId: device.id, secret })).token
    const verdict = async (r: Registry, token: string) =>
      (await r.face.checkTokens({ items: [{ deviceId: device.id, token }] })).items[0]?.refused
    const first = await login(serve)
    assert.equal(await verdict(tool, first), undefined)
    await login(tool)
    assert.equal(await verdict(serve, first), 'token_unknown')
  })
})

describe('the keys of the platform', () => {
  // KEY-5
  it('must be those that the data was written with, else the start is refused by name', async () => {
    const dir = tempDir()
    const set = await startRegistry(dir, { aesKey: AES_KEY, masterKey: MASTER_KEY })
    await set.stop()
    const refusal = (text: RegExp) => (e: unknown) =>
      isPandoError(e, 'config_invalid') && text.test(e.message) && !e.message.includes(MASTER_KEY)
    await assert.rejects(startRegistry(dir, {}), refusal(/keys\.json is missing and PANDO_AES_KEY is not set/))
    await assert.rejects(startRegistry(dir, { aesKey: AES_KEY }), refusal(/PANDO_MASTER_KEY is not set/))
    await assert.rejects(
      startRegistry(dir, { aesKey: AES_KEY, masterKey: `${MASTER_KEY}!` }),
      refusal(/PANDO_MASTER_KEY is not the key/),
    )
    await assert.rejects(
      startRegistry(dir, { aesKey: 'A'.repeat(32), masterKey: MASTER_KEY }),
      refusal(/PANDO_AES_KEY is not the key/),
    )
    await (await startRegistry(dir, { aesKey: AES_KEY, masterKey: MASTER_KEY })).stop()
    removeDir(dir)
  })

  it('kept in keys.json go with the directory', async () => {
    const dir = tempDir()
    const first = await startRegistry(dir, {})
    const { application } = await furnish(first.face)
    await first.stop()
    const again = await startRegistry(dir, {})
    assert.deepEqual(await again.face.applicationByKey({ key: application.key }), application)
    await again.stop()
    rmSync(`${dir}/keys.json`)
    await assert.rejects(startRegistry(dir, {}), (e) => isPandoError(e, 'config_invalid'))
    removeDir(dir)
  })

  // KEY-1
  it('a key of the old cloud finds the same id with the same AES key, and must still be that record’s own (test/vectors/keys.json)', async () => {
    const dir = tempDir()
    const r = await startRegistry(dir)
    const { application } = await furnish(r.face)
    const wrong = { key: '87dce115bff49be1d8d42a5cd33d5dd7615715a4415f041ef4446a0fac46c9c8' }
    await assert.rejects(r.face.applicationByKey(wrong), (e) => isPandoError(e, 'key_mismatch'))
    assert.equal((await r.face.applicationByKey({ key: application.key })).id, 1)
    await r.stop()
    removeDir(dir)
  })
})
