import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { CONFIG, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../../test/support/registry.ts'

const by = { actor: 'user/1', actorName: 'ann', addr: '', requestId: '' }
const refused =
  (code: PandoError['code'], params: Record<string, unknown> = {}) =>
  (e: unknown) =>
    isPandoError(e, code) && Object.entries(params).every(([name, value]) => e.params[name] === value)

describe('devices in the hands of people', () => {
  const dir = tempDir()
  let r: Registry
  let productKey: string

  before(async () => {
    r = await startRegistry(dir)
    productKey = (await furnish(r.face)).product.key
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('are added also where registration is closed, and log in with the secret that is shown once', async () => {
    const { id } = await r.face.addProduct({ vendorId: 1, name: 'p', description: 'd', config: CONFIG, registration: 'closed' })
    const made = await r.face.addDevice({ productId: id, code: 'S 1', tags: [' a ', 'b', 'a'], version: '1', audit: by })
    assert.deepEqual(
      [made.device.name, made.device.tags, made.device.identifier, made.device.revision],
      ['p', ['a', 'b'], `1-${id.toString(16)}-S 1`, 1],
    )
    const { token } = await r.face.login({ deviceId: made.device.id, secret: made.secret })
    assert.equal((await r.face.deviceByKey({ key: made.key })).id, made.device.id)
    const [detail] = (await r.face.deviceDetails({ ids: [made.device.id] })).items
    assert.deepEqual([detail?.loggedInAt, detail?.tokenIssuedAt], [r.clock.at, r.clock.at])
    await assert.rejects(r.face.addDevice({ productId: id, code: 'S 1' }), refused('conflict', { id: made.device.id }))
    await assert.rejects(r.face.addDevice({ productId: 99, code: 'x' }), refused('product_unknown'))
    await assert.rejects(r.face.addDevice({ productId: id, code: 'x'.repeat(300) }), refused('invalid'))
    await assert.rejects(r.face.addDevice({ productId: id, code: 'y', tags: [' '] }), refused('invalid', { field: 'tags' }))
    assert.equal((await r.face.searchDevices({ productId: id })).total, 1)

    r.bells.splice(0)
    const rotated = await r.face.rotateSecret({ id: made.device.id, ifRevision: 1, audit: by })
    assert.notEqual(rotated.secret, made.secret)
    const [verdict] = (await r.face.checkTokens({ items: [{ deviceId: made.device.id, token }] })).items
    assert.equal(verdict?.refused, 'token_unknown')
    assert.deepEqual(r.bells[0], { what: 'token', id: made.device.id, change: 'revoked' })
    await assert.rejects(r.face.login({ deviceId: made.device.id, secret: made.secret }), refused('secret_wrong'))
    await r.face.login({ deviceId: made.device.id, secret: rotated.secret })
    await assert.rejects(r.face.rotateSecret({ id: made.device.id, ifRevision: 1 }), refused('conflict', { revision: 2 }))
    const shown = await r.face.deviceSecret({ id: made.device.id, audit: by })
    assert.deepEqual(shown, { secret: rotated.secret, key: made.key })
    const actions = (await r.face.auditEntries({ object: `device/${made.device.id}` })).items.map((e) => e.action)
    assert.deepEqual(actions, ['device.show_secret', 'device.rotate_secret', 'device.add'])
  })

  it('REG-6: two who edit one thing do not overwrite each other', async () => {
    const { device } = await r.face.addDevice({ productId: 1, code: 'etag' })
    const both = await Promise.allSettled(['a', 'b'].map((name) => r.face.editDevice({ id: device.id, name, ifRevision: 1 })))
    assert.equal(both.filter((b) => b.status === 'fulfilled').length, 1)
    await r.face.registerDevice({ productKey, code: 'etag', version: 'new' })
    await assert.rejects(r.face.removeDevice({ id: device.id, ifRevision: 2 }), refused('conflict', { revision: 3 }))
    await r.face.removeDevice({ id: device.id, ifRevision: 3 })
  })

  it('a replaced token is accepted again, and the newer one is not', async () => {
    const { device, secret } = await r.face.registerDevice({ productKey, code: 'twice', version: '1' })
    const login = async () => (await r.face.login({ deviceId: device.id, secret })).token
    const refusal = async (token: string) => {
      const [v] = (await r.face.checkTokens({ items: [{ deviceId: device.id, token }] })).items
      return v?.refused ?? 'in'
    }
    await assert.rejects(r.face.acceptReplacedToken({ deviceId: device.id }), refused('not_found'))
    const first = await login()
    await assert.rejects(r.face.acceptReplacedToken({ deviceId: device.id }), refused('not_found'))
    const second = await login()
    assert.deepEqual([await refusal(first), await refusal(second)], ['token_unknown', 'in'])
    await r.face.acceptReplacedToken({ deviceId: device.id, audit: by })
    assert.deepEqual([await refusal(first), await refusal(second)], ['in', 'token_unknown'])
  })

  it('groups have members that exist, once', async () => {
    const ids = await Promise.all(
      ['g1', 'g2', 'g3'].map(async (code) => (await r.face.addDevice({ productId: 1, code })).device.id),
    )
    const group = await r.face.addDeviceGroup({ name: 'attic', audit: by })
    const edited = await r.face.editDeviceGroup({ id: group.id, add: [...ids, ids[0]!, 99_999], ifRevision: 1 })
    assert.deepEqual([edited.devices, edited.revision], [3, 2])
    assert.deepEqual((await r.face.deviceDetails({ ids: [ids[0]!] })).items[0]?.groups, [group.id])
    await r.face.removeDevice({ id: ids[2]! })
    assert.deepEqual(
      (await r.face.deviceGroups({})).items.map((g) => [g.name, g.devices]),
      [['attic', 2]],
    )
    assert.equal((await r.face.editDeviceGroup({ id: group.id, name: 'cellar', remove: [ids[0]!, 99_999] })).devices, 1)
    await assert.rejects(r.face.removeDeviceGroup({ id: group.id, ifRevision: 1 }), refused('conflict'))
    await r.face.removeDeviceGroup({ id: group.id })
    await assert.rejects(r.face.editDeviceGroup({ id: group.id }), refused('not_found'))
  })

  it('saved views are kept', async () => {
    const view = await r.face.addSavedView({
      name: 'trouble',
      filter: 'offline>2h tag:attic',
      columns: ['name', 'meter.power'],
      audit: by,
    })
    assert.deepEqual([view.createdBy, view.columns, view.sort], ['ann', ['name', 'meter.power'], ''])
    const edited = await r.face.editSavedView({ id: view.id, sort: '-name', ifRevision: 1 })
    assert.deepEqual(edited, { ...view, sort: '-name', revision: 2, updatedAt: edited.updatedAt })
    await assert.rejects(r.face.editSavedView({ id: view.id, name: 'x', ifRevision: 1 }), refused('conflict'))
    assert.deepEqual((await r.face.savedViews({})).items, [edited])
    await r.face.removeSavedView({ id: view.id })
    await assert.rejects(r.face.removeSavedView({ id: view.id }), refused('not_found'))
  })
})

describe('desired state', () => {
  const dir = tempDir()
  let r: Registry
  let id: number
  const set = (values: Record<string, unknown>, o = {}) => {
    const wishes = Object.entries(values).map(([object, value]) => ({ object, value: JSON.stringify(value) }))
    return r.face.setDesired({ deviceId: id, set: wishes, audit: by, ...o })
  }
  const now = async () => (await r.face.desired({ deviceIds: [id] })).items[0]!
  const said = (d: Awaited<ReturnType<typeof now>>) => d.objects.map((o) => `${o.object}=${o.value}@${o.version}`)

  before(async () => {
    r = await startRegistry(dir)
    const { product } = await furnish(r.face)
    id = (await r.face.registerDevice({ productKey: product.key, code: 'd', version: '1' })).device.id
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('is held per object, with a version that grows with each change', async () => {
    assert.deepEqual(await now(), { deviceId: id, version: 0, objects: [] })
    r.bells.splice(0)
    const first = await set({ light: [1], meter: ['18446744073709551615'] })
    assert.deepEqual([first.version, said(first)], [1, ['light=[1]@1', 'meter=["18446744073709551615"]@1']])
    assert.deepEqual(r.bells, [{ what: 'desired', id, change: 'changed' }])
    const second = await set({ light: [2] }, { ifVersion: 1 })
    assert.deepEqual(said(second), ['light=[2]@2', 'meter=["18446744073709551615"]@1'])
    assert.deepEqual(await now(), second)
    assert.equal(second.objects[0]?.by, 'ann')
    await assert.rejects(set({ light: [3] }, { ifVersion: 1 }), refused('conflict', { version: 2 }))
    assert.deepEqual((await r.face.desiredDevices({})).items, [id])
  })

  it('can be cleared; the version goes on, so that nobody mistakes a new wish for an old one', async () => {
    assert.deepEqual(said(await r.face.setDesired({ deviceId: id, clear: ['light', 'unknown'] })), [
      'meter=["18446744073709551615"]@1',
    ])
    const cleared = await r.face.setDesired({ deviceId: id, clear: 'all' })
    assert.deepEqual([cleared.version, cleared.objects], [4, []])
    assert.deepEqual((await r.face.desiredDevices({})).items, [])
    assert.equal((await set({ light: [1] }, { ifVersion: 4 })).version, 5)
    const replaced = await set({ other: [1] }, { clear: 'all' })
    assert.deepEqual(said(replaced), ['other=[1]@6'])
  })

  it('two who change it at once: one wins', async () => {
    const { version } = await now()
    const both = await Promise.allSettled([1, 2].map((n) => set({ light: [n] }, { ifVersion: version })))
    assert.equal(both.filter((b) => b.status === 'fulfilled').length, 1)
  })

  it('S-18: objects may have odd names; what is not JSON or too large is refused, a device of nobody too', async () => {
    const odd = ['__proto__', 'constructor', "'; --", '中']
    await r.face.setDesired({ deviceId: id, clear: 'all', set: odd.map((object) => ({ object, value: '[1]' })) })
    assert.deepEqual(new Set((await now()).objects.map((o) => o.object)), new Set(odd))
    const bad = (object: string, value: string) => r.face.setDesired({ deviceId: id, set: [{ object, value }] })
    await assert.rejects(bad('', '[]'), refused('invalid'))
    await assert.rejects(bad('x', '['), refused('invalid'))
    await assert.rejects(bad('x', `"${'y'.repeat(17_000)}"`), refused('invalid'))
    await assert.rejects(r.face.setDesired({ deviceId: 99, clear: 'all' }), refused('device_unknown'))
    await r.face.removeDevice({ id })
    assert.deepEqual(await now(), { deviceId: id, version: 0, objects: [] })
  })
})
