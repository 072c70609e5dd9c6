import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { CONFIG, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const refused =
  (code: PandoError['code'], text = /./) =>
  (e: unknown) =>
    isPandoError(e, code) && text.test(e.message)
const app = { name: 'app', description: '', domain: '*', reportUrl: '', reportToken: '' }

describe('management', () => {
  const dir = tempDir()
  let r: Registry
  let own: Awaited<ReturnType<typeof furnish>>
  const register = (code: string, productKey = own.product.key) => r.face.registerDevice({ productKey, code, version: '1' })

  before(async () => {
    r = await startRegistry(dir)
    own = await furnish(r.face)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })
  beforeEach(() => r.bells.splice(0))

  it('makes vendors, products and applications with ids from 1 and keys that are shown again', async () => {
    assert.deepEqual([own.vendor.id, own.product.id, own.application.id], [1, 1, 1])
    assert.deepEqual((await r.face.vendors({})).items, [own.vendor])
    assert.deepEqual((await r.face.products({})).items, [own.product])
    assert.deepEqual((await r.face.applications({})).items, [own.application])
    for (const { key } of [own.vendor, own.product, own.application]) assert.match(key, /^[0-9a-f]{64}$/)
    assert.deepEqual(own.application.tags, ['event'])
    assert.match(own.application.signingSecret, /^whsec_/)
    assert.equal(own.application.reportToken, 'report token of the tests')
  })

  it('edits: what is given changes, the key stays, the bell rings', async () => {
    const vendor = await r.face.editVendor({ id: 1, name: 'Beta\'s "Lab"' })
    assert.deepEqual(vendor, { ...own.vendor, name: 'Beta\'s "Lab"', revision: 2, updatedAt: vendor.updatedAt })
    const edit = { id: 1, domain: 'product/1', tags: ['status', 'event', 'status'], paused: true } as const
    const application = await r.face.editApplication({ ...edit, tags: [...edit.tags], reportUrl: 'https://example.org/hook?x=1' })
    const pause = { paused: true, pausedAt: r.clock.at, revision: 2 }
    const expected = { domain: 'product/1', tags: ['status', 'event'], ...pause, reportUrl: 'https://example.org/hook?x=1' }
    assert.deepEqual(application, { ...own.application, ...expected, updatedAt: application.updatedAt })
    assert.deepEqual(await r.face.applicationByKey({ key: own.application.key }), application)
    assert.deepEqual(r.bells, [
      { what: 'vendor', id: 1, change: 'changed' },
      { what: 'application', id: 1, change: 'changed' },
    ])
  })

  // KEY-2
  it('S-03: an application is found by its own key only', async () => {
    const { application, product } = own
    await assert.rejects(r.face.applicationByKey({ key: product.key }), refused('key_mismatch', /app key not match\./))
    await assert.rejects(
      r.face.applicationByKey({ key: `${application.key.slice(0, 62)}00` }),
      refused('application_unknown', /record not found/),
    )
    for (const key of ['', 'xyz', '00', application.key.slice(1)])
      await assert.rejects(r.face.applicationByKey({ key }), refused('key_invalid'))
    const { id, key } = await r.face.addApplication(app)
    assert.equal((await r.face.applicationByKey({ key })).id, id)
    await r.face.removeApplication({ id })
    await assert.rejects(r.face.applicationByKey({ key }), refused('application_unknown'))
    await assert.rejects(r.face.editApplication({ id, name: 'x' }), refused('application_unknown'))
  })

  it('refuses wrong scopes and URLs (test/vectors/identifiers.json)', async () => {
    const golden: { domain: string }[] = JSON.parse(readFileSync('test/vectors/identifiers.json', 'utf8')).app_domain
    for (const { domain } of golden.filter((g) => g.domain.startsWith('product/') || g.domain === '*')) {
      assert.equal((await r.face.addApplication({ ...app, domain })).domain, domain)
    }
    for (const domain of ['', 'all', 'fff/product/2', 'product/', 'product/a', 'vendor/01', 'product/1 ', '*/1', '__proto__']) {
      await assert.rejects(r.face.addApplication({ ...app, domain }), refused('scope_invalid'), domain)
    }
    for (const reportUrl of ['x', 'file:///etc/passwd', 'gopher://h', 'http:', 'javascript:1', `http://h/${'x'.repeat(3000)}`]) {
      await assert.rejects(r.face.addApplication({ ...app, reportUrl }), refused('invalid', /reportUrl/), reportUrl)
    }
    for (const name of ['', '  ', 'x'.repeat(201), 'a\0'])
      await assert.rejects(r.face.addApplication({ ...app, name }), refused('invalid', /name/))
  })

  // MOD-2
  it('a new configuration is the next version; devices follow, old versions stay', async () => {
    const { id, key } = await r.face.addProduct({ vendorId: 1, name: 'm', description: '', config: CONFIG })
    const { device } = await register('model', key)
    const changed = CONFIG.replace('light', 'lamp')
    const edited = await r.face.editProduct({ id, config: changed, registration: 'once' })
    assert.deepEqual([edited.modelVersion, edited.registration], [2, 'once'])
    assert.equal((await r.face.editProduct({ id, config: changed })).modelVersion, 2)
    assert.deepEqual(await r.face.model({ productId: id }), { productId: id, version: 2, config: changed })
    assert.deepEqual(await r.face.model({ productId: id, version: 1 }), { productId: id, version: 1, config: CONFIG })
    assert.equal((await r.face.devicesById({ ids: [device.id] })).items[0]?.modelVersion, 2)
    await assert.rejects(r.face.model({ productId: id, version: 3 }), refused('not_found'))
    await assert.rejects(r.face.model({ productId: 999 }), refused('product_unknown'))
  })

  it('a wrong configuration is refused with the place, a product of no vendor too; no id is used up', async () => {
    const add = (config: string, vendorId = 1) => r.face.addProduct({ vendorId, name: 'p', description: '', config })
    for (const config of ['', '{', '[]', 'null', '{"objects":1}', '{"objects":[]} x'])
      await assert.rejects(add(config), refused('model_invalid'), config)
    await assert.rejects(add('{"objects":[{"no":"x"}]}'), refused('model_invalid', /objects\[0\]\.no/))
    await assert.rejects(add(CONFIG, 99), refused('vendor_unknown'))
    await assert.rejects(r.face.editProduct({ id: 1, config: '{' }), refused('model_invalid'))
    const before = (await r.face.products({})).items.at(-1)!.id
    assert.equal((await add(CONFIG)).id, before + 1)
  })

  it('S-18: names of prototypes and odd texts are names like others', async () => {
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      "'; drop table vendor; --",
      '<script>',
      '\u202e',
      '../../etc/passwd',
    ]) {
      assert.equal((await r.face.addVendor({ name, description: name })).name, name)
    }
    for (const id of [0, -1, 1.5, 2 ** 53]) await assert.rejects(r.face.editVendor({ id, name: 'x' }), refused('vendor_unknown'))
  })

  // REG-5
  it('removes: not while something hangs on it', async () => {
    const vendor = await r.face.addVendor({ name: 'gone', description: '' })
    const product = await r.face.addProduct({ vendorId: vendor.id, name: 'p', description: '', config: CONFIG })
    const { device } = await register('x', product.key)
    await assert.rejects(r.face.removeVendor({ id: vendor.id }), refused('conflict', /products/))
    await assert.rejects(r.face.removeProduct({ id: product.id }), refused('conflict', /devices/))
    r.bells.splice(0)
    await r.face.removeDevice({ id: device.id })
    await r.face.removeProduct({ id: product.id })
    await r.face.removeVendor({ id: vendor.id })
    assert.deepEqual(
      r.bells.map((b) => `${b.what} ${b.change}`),
      ['device removed', 'product removed', 'vendor removed'],
    )
    await assert.rejects(register('x', product.key), refused('product_unknown'))
    await assert.rejects(r.face.removeVendor({ id: vendor.id }), refused('vendor_unknown'))
    await assert.rejects(r.face.removeDevice({ id: device.id }), refused('device_unknown'))
  })

  it('lists devices by page and product, and edits their names', async () => {
    const { key, id: productId } = await r.face.addProduct({ vendorId: 1, name: 'l', description: '', config: CONFIG })
    const made = await Promise.all(Array.from({ length: 5 }, (_, i) => register(`d${i}`, key)))
    const ids = made.map((m) => m.device.id).sort((a, b) => a - b)
    const page = async (after: number, limit: number) =>
      (await r.face.devices({ productId, after, limit })).items.map((d) => d.id)
    assert.deepEqual([await page(0, 3), await page(ids[2]!, 3), await page(ids[4]!, 3)], [ids.slice(0, 3), ids.slice(3), []])
    const device = await r.face.editDevice({ id: ids[0]!, name: 'renamed' })
    assert.equal(device.name, 'renamed')
    assert.deepEqual(device, { ...device, ...(await r.face.deviceByIdentifier({ identifier: device.identifier })) })
    await assert.rejects(r.face.editDevice({ id: 99_999, name: 'x' }), refused('device_unknown'))
    assert.deepEqual((await r.face.devicesById({ ids: [ids[1]!, 99_999, ids[0]!] })).items.map((d) => d.id).length, 2)
  })

  it('keeps dead letters, each message of an application once', async () => {
    const { id: applicationId } = await r.face.addApplication(app)
    const { device } = await register('letters')
    const letter = {
      applicationId,
      deviceId: device.id,
      messageId: 'msg_1',
      body: '{"tag":"event"}',
      tries: 9,
      lastError: 'timeout',
      failedAt: 5,
    }
    const first = await r.face.addDeadLetter(letter)
    const again = await r.face.addDeadLetter({ ...letter, tries: 10 })
    const second = await r.face.addDeadLetter({ ...letter, messageId: 'msg_2', lastError: 'x'.repeat(5000) })
    assert.deepEqual(again, { ...first, tries: 10 })
    assert.equal(second.lastError.length, 1000)
    assert.deepEqual((await r.face.deadLetters({ applicationId })).items, [again, second])
    assert.deepEqual((await r.face.deadLetters({ applicationId: 1 })).items, [])
    await r.face.removeDeadLetter({ id: first.id })
    await r.face.removeDeadLetter({ id: first.id })
    assert.deepEqual((await r.face.deadLetters({})).items, [second])
    await r.face.removeDevice({ id: device.id })
    assert.deepEqual((await r.face.deadLetters({})).items, [])
    await assert.rejects(r.face.addDeadLetter({ ...letter, applicationId: 999 }), refused('application_unknown'))
  })
})
