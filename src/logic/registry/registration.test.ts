import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { CONFIG, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const refused =
  (code: PandoError['code'], text = /./) =>
  (e: unknown) =>
    isPandoError(e, code) && text.test(e.message)
let serials = 0
const serial = (): string => `serial ${serials++}`

describe('registration', () => {
  const dir = tempDir()
  let r: Registry
  let own: Awaited<ReturnType<typeof furnish>>
  const register = (code: string, version = '1.0.0', productKey = own.product.key) =>
    r.face.registerDevice({ productKey, code, version })
  const newProduct = (registration: 'open' | 'once' | 'closed') =>
    r.face.addProduct({ vendorId: own.vendor.id, name: 'p', description: '', config: CONFIG, registration })

  before(async () => {
    r = await startRegistry(dir)
    own = await furnish(r.face)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })
  beforeEach(() => r.bells.splice(0))

  it('gives id, secret, key and identifier in the form of the old cloud, named after the product', async () => {
    const { device, secret, key, created } = await register('aabbcc001')
    assert.equal(created, true)
    assert.ok(device.id >= 1 && device.id < 2 ** 31)
    assert.equal(device.identifier, '1-1-aabbcc001')
    assert.deepEqual([device.name, device.description, device.version, device.modelVersion], ['lamp', 'a lamp', '1.0.0', 1])
    assert.match(secret, /^[A-Za-z0-9+/]{32}$/)
    assert.match(key, /^[0-9a-f]{64}$/)
    assert.equal((await r.face.deviceByKey({ key })).id, device.id)
    assert.deepEqual(r.bells, [{ what: 'device', id: device.id, change: 'added' }])
    assert.ok(!JSON.stringify(device).includes(secret))
  })

  // DEV-1
  it('gives the same device to the same serial; only the version changes', async () => {
    const code = serial()
    const first = await register(code, '1')
    const again = await register(code, '2')
    assert.deepEqual({ ...again, device: first.device, created: true }, first)
    assert.equal(again.created, false)
    assert.equal(again.device.version, '2')
    assert.equal(again.device.id, first.device.id)
    const [device] = (await r.face.devicesById({ ids: [first.device.id] })).items
    assert.equal(device?.version, '2')
    assert.equal(device?.createdAt, first.device.createdAt)
    assert.deepEqual(r.bells.at(-1), { what: 'device', id: first.device.id, change: 'changed' })
  })

  // DEV-3
  it('compares serials exactly: AABB is not aabb', async () => {
    const codes = [
      'AABB',
      'aabb',
      'aabb ',
      ' aabb',
      'a-b-c',
      'a/b c',
      `q'"\\`,
      '',
      '00:1A:2B',
      '中文',
      '__proto__',
      'constructor',
      '%25',
      '\t',
    ]
    const ids = new Map<string, number>()
    for (const code of codes) ids.set(code, (await register(code)).device.id)
    assert.equal(new Set(ids.values()).size, codes.length)
    for (const code of codes) {
      const device = await r.face.deviceByIdentifier({ identifier: `1-1-${code}` })
      assert.deepEqual([device.id, device.code], [ids.get(code), code])
    }
    await assert.rejects(r.face.deviceByIdentifier({ identifier: '1-1-aaBB' }), refused('device_unknown'))
  })

  it('gives one device to calls for the same serial at once, and one transaction to many calls', async () => {
    const code = serial()
    const same = await Promise.all(Array.from({ length: 20 }, () => register(code)))
    assert.equal(new Set(same.map((s) => `${s.device.id} ${s.secret} ${s.key}`)).size, 1)
    assert.equal(same.filter((s) => s.created).length, 1)
    const commits = async () => (await r.store.select('sequence', { where: { name: 'commit' } }))[0]!.next
    const from = await commits()
    const many = await Promise.all(Array.from({ length: 200 }, () => register(serial())))
    assert.equal(new Set(many.map((m) => m.device.id)).size, 200)
    assert.ok((await commits()) - from <= 2)
  })

  // DEV-3
  it('refuses a serial that is too long or that engines would change, naming the limit (golden: device_code 300 chars)', async () => {
    await assert.rejects(register('l'.repeat(300)), refused('invalid', /device_code has more than \d+ characters/))
    await assert.rejects(register('l'.repeat(197)), refused('invalid', /more than 196/))
    assert.equal((await register('l'.repeat(196))).device.identifier.length, 200)
    await assert.rejects(register('\u0001'.repeat(196)), refused('invalid', /JSON/))
    for (const code of ['a\ud800', '\udc00', 'a\0b']) await assert.rejects(register(code), refused('invalid', /device_code/))
    await assert.rejects(register(serial(), 'v'.repeat(2000)), refused('invalid', /version/))
  })

  // KEY-2
  it('S-03: takes only the key of that product: not one that merely decodes to its id, not of another kind', async () => {
    const { vendor, product, application } = own
    assert.equal(vendor.id, product.id)
    for (const key of [vendor.key, application.key]) await assert.rejects(register('x', '1', key), refused('key_mismatch'))
    await assert.rejects(register('x', '1', product.key.toUpperCase()), refused('key_mismatch'))
    await assert.rejects(register('x', '1', 'f'.repeat(64)), refused('product_unknown', /record not found/))
    for (const key of ['', 'zz', 'abc', '11'.repeat(16), '11'.repeat(20), '11'.repeat(48), '__proto__']) {
      await assert.rejects(register('x', '1', key), refused('key_invalid'))
    }
    const { device } = await register(serial())
    const ofDevice = (await register(device.code)).key
    await assert.rejects(
      register('x', '1', ofDevice),
      (e) => isPandoError(e, 'product_unknown') || isPandoError(e, 'key_mismatch'),
    )
  })

  // DEV-2
  it('closed: nobody registers', async () => {
    const { key, id } = await newProduct('closed')
    await assert.rejects(register('x', '1', key), refused('registration_closed'))
    await r.face.editProduct({ id, registration: 'open' })
    assert.equal((await register('x', '1', key)).created, true)
  })

  // DEV-2
  it('once: the secret is told until the first login, then once for each permission', async () => {
    const { key } = await newProduct('once')
    const { device, secret } = await register('x', '1', key)
    assert.equal((await register('x', '2', key)).secret, secret)
    await r.face.login({ deviceId: device.id, secret })
    await assert.rejects(register('x', '3', key), refused('registration_once'))
    assert.equal((await r.face.devicesById({ ids: [device.id] })).items[0]?.version, '2')
    await r.face.editDevice({ id: device.id, permitRegistration: true })
    const [one, other] = await Promise.allSettled([register('x', '3', key), register('x', '3', key)])
    assert.equal(one.status === 'fulfilled' && one.value.secret, secret)
    assert.ok(other.status === 'rejected' && isPandoError(other.reason, 'registration_once'))
    await assert.rejects(register('x', '3', key), refused('registration_once'))
  })

  it('a removed device that registers again is another one (S-03)', async () => {
    const code = serial()
    const first = await register(code)
    const { token } = await r.face.login({ deviceId: first.device.id, secret: first.secret })
    await r.face.deviceByIdentifier({ identifier: first.device.identifier })
    await r.face.removeDevice({ id: first.device.id })
    const again = await register(code)
    assert.equal(again.created, true)
    assert.ok(again.device.id > first.device.id)
    assert.notEqual(again.secret, first.secret)
    assert.equal((await r.face.deviceByIdentifier({ identifier: first.device.identifier })).id, again.device.id)
    await assert.rejects(r.face.deviceByKey({ key: first.key }), refused('device_unknown'))
    await assert.rejects(r.face.login({ deviceId: first.device.id, secret: first.secret }), refused('device_unknown'))
    const verdicts = await r.face.checkTokens({ items: [first, again].map((d) => ({ deviceId: d.device.id, token })) })
    assert.deepEqual(
      verdicts.items.map((v) => v.refused),
      ['device_unknown', 'token_unknown'],
    )
  })

  it('survives a restart', async () => {
    const code = serial()
    const before = await register(code)
    await r.stop()
    r = await startRegistry(dir)
    assert.deepEqual({ ...(await register(code)), created: true }, before)
  })
})
