/** Several registries, as on several machines, on one database of a server. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { type OwnDatabase, ownDatabase, sqlNames } from '../../../test/support/databases.ts'
import { onEngine } from '../../../test/support/engines.ts'
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
import { until } from '../../../test/world/wait.ts'

const keys = { aesKey: AES_KEY, masterKey: MASTER_KEY }
const range = (n: number) => Array.from({ length: n }, (_, i) => i)

for (const name of sqlNames) {
  onEngine(name, (server) => describe(`two registries on one database of ${name}`, () => together(server)))
}

function together(server: string): void {
  let database: OwnDatabase
  let [one, two] = [] as unknown as [Registry, Registry]
  let own: Awaited<ReturnType<typeof furnish>>
  const dirs = [tempDir(), tempDir()] as const
  const both = () => [one, two] as const
  const of = (i: number) => both()[i % 2]!
  const admin = async () => (await one.face.users({})).items[0]!

  before(async () => {
    database = await ownDatabase(server)
    // at the same time: the schema, the keys' check values and the first administrator are made once
    ;[one, two] = await Promise.all([
      startRegistry(dirs[0], { ...keys, registryUrl: database.url }),
      startRegistry(dirs[1], { ...keys, registryUrl: database.url }),
    ])
    own = await furnish(one.face)
  })
  after(async () => {
    for (const r of both()) await r.stop()
    await database.drop()
    for (const dir of dirs) removeDir(dir)
  })

  // ENG-10
  it('have one first administrator, whose password lies with the one that made it', async () => {
    assert.equal((await two.face.users({})).items.length, 1)
    assert.equal(dirs.filter((d) => existsSync(join(d, 'admin-password'))).length, 1)
  })

  // ENG-10
  it('remove the first password where it lies when it was changed at the other', async () => {
    const [at] = dirs.flatMap((d, i) => (existsSync(join(d, 'admin-password')) ? [i] : []))
    const file = join(dirs[at!]!, 'admin-password')
    const { id } = await admin()
    await of(at! + 1).face.editUser({ id, zone: 'Asia/Shanghai' })
    const { user } = await of(at! + 1).face.signIn({
      name: 'admin',
      password: readFileSync(file, 'utf8').trim(),
      addr: '127.0.0.1',
    })
    await of(at! + 1).face.setPassword({ userId: user.id, password: 'one that nobody else knows' })
    // who reads hears of what others changed
    await until('it is removed', async () => (await of(at!).face.searchDevices({})).total >= 0 && !existsSync(file))
  })

  // ENG-10
  it('need the keys of the settings', async () => {
    for (const given of [{}, { aesKey: AES_KEY }]) {
      const refused = (e: unknown) =>
        isPandoError(e, 'config_invalid') && /PANDO_(AES|MASTER)_KEY is not set/.test(e.message) && !/pando:pando/.test(e.message)
      await assert.rejects(startRegistry(tempDir(), { ...given, registryUrl: database.url }), refused)
    }
  })

  // ENG-11, AUDIT-2
  it('write one audit chain, whoever changes things at the same time', async () => {
    const names = range(40).map((i) => `vendor ${i}`)
    const added = await Promise.all(names.map((n, i) => of(i).face.addVendor({ name: n, description: '' })))
    assert.equal(new Set(added.map((v) => v.id)).size, names.length)
    const edits = added.map((v, i) => of(i + 1).face.editVendor({ id: v.id, name: `${v.name}!`, ifRevision: 1 }))
    await Promise.all(edits)
    const proof = await two.face.auditVerify({})
    assert.equal(proof.ok, true)
    assert.ok(proof.entries >= 2 * names.length)
    assert.deepEqual(await one.face.auditVerify({}), proof)
  })

  // ENG-11, REG-6
  it('let one of two changes of the same revision win', async () => {
    const { id } = await one.face.addVendor({ name: 'contested', description: '' })
    const tries = range(10).map((i) => of(i).face.editVendor({ id, name: `by ${i}`, ifRevision: 1 }))
    const done = await Promise.allSettled(tries)
    assert.equal(done.filter((d) => d.status === 'fulfilled').length, 1)
    for (const d of done) if (d.status === 'rejected') assert.ok(isPandoError(d.reason, 'conflict'))
  })

  // ENG-11, REG-4
  it('give a serial one identity, and a new id to no two', async () => {
    const codes = range(60).map((i) => `both${i}`)
    const register = (r: Registry, code: string) => r.face.registerDevice({ productKey: own.product.key, code, version: '1' })
    const all = await Promise.all(codes.flatMap((code) => [register(one, code), register(two, code)]))
    assert.equal(new Set(all.map((a) => a.device.id)).size, codes.length)
    assert.equal(all.filter((a) => a.created).length, codes.length)
    assert.equal(new Set(all.map((a) => `${a.device.identifier} ${a.device.id} ${a.secret}`)).size, codes.length)
  })

  // ENG-11
  it('tell the secret of a device that has logged in once to one of those who ask', async () => {
    const about = { vendorId: own.vendor.id, name: 'once', description: '', config: CONFIG, registration: 'once' as const }
    const product = await one.face.addProduct(about)
    const register = (r: Registry) => r.face.registerDevice({ productKey: product.key, code: 'x', version: '1' })
    const { device, secret } = await register(one)
    await two.face.login({ deviceId: device.id, secret })
    await one.face.editDevice({ id: device.id, permitRegistration: true })
    const told = await Promise.allSettled(range(8).map((i) => register(of(i))))
    assert.equal(told.filter((t) => t.status === 'fulfilled').length, 1)
  })

  // ENG-11, REG-10
  it('do a request with an idempotency key once', async () => {
    const request = { principal: 'user/1', key: 'k', requestHash: 'h' }
    const begin = (i: number, by = i) => of(by).face.idempotencyBegin({ ...request, attempt: `${i}` })
    const begun = await Promise.all(range(12).map((i) => begin(i)))
    assert.deepEqual(begun.map((b) => b.state).sort(), ['new', ...range(11).map(() => 'running')].sort())
    const first = begun.findIndex((b) => b.state === 'new')
    assert.deepEqual(await begin(first, first + 1), { state: 'new' }, 'the answer of the one was lost')
    await two.face.idempotencyFinish({ principal: 'user/1', key: 'k', status: 201, body: '{}' })
    assert.deepEqual(await begin(0), { state: 'done', status: 201, body: '{}' })
  })

  // ENG-11, REG-9
  it('give a tick of a timer to one', async () => {
    const rule = await one.face.addRule({ deviceId: (await aDevice('ticks')).id, name: 'r', enabled: true, definition: '{}' })
    const items = range(5).map((tick) => ({ ruleId: rule.id, tick: tick + 1 }))
    const claims = await Promise.all(range(6).map((i) => of(i).face.claimTicks({ owner: `owner ${i}`, items })))
    for (const at of range(5)) assert.equal(claims.filter((c) => c.items[at] === 'claimed').length, 1)
  })

  // ENG-12
  it('find what registers, changes or is removed at the other, though they have all devices in memory', async () => {
    const found = (r: Registry, text: string) => r.face.searchDevices({ text }).then((a) => a.total)
    for (const r of both()) assert.equal(await found(r, 'searched'), 0)
    for (const i of range(4)) {
      const code = `searched${i}`
      const { device } = await of(i).face.registerDevice({ productKey: own.product.key, code, version: '1' })
      await until('it is found', async () => (await found(of(i + 1), code)) === 1)
      await of(i).face.editDevice({ id: device.id, name: `renamed${i}` })
      await until('its new name is found', async () => (await found(of(i + 1), `renamed${i}`)) === 1)
      await of(i).face.removeDevice({ id: device.id })
      await until('it is gone', async () => (await found(of(i + 1), code)) === 0)
    }
  })

  const aDevice = async (code: string) =>
    (await one.face.registerDevice({ productKey: own.product.key, code, version: '1' })).device

  // ENG-12, AUTH-2, REST-8
  it('see within a second what the other revoked: tokens, keys, sessions, devices', async () => {
    const { device, secret } = await one.face.registerDevice({ productKey: own.product.key, code: 'revoked', version: '1' })
    const { token } = await two.face.login({ deviceId: device.id, secret })
    const verdict = async () => (await one.face.checkTokens({ items: [{ deviceId: device.id, token }] })).items[0]?.refused
    assert.equal(await verdict(), undefined)
    await two.face.revokeTokens({ deviceId: device.id })
    assert.equal(await verdict(), 'token_unknown')

    const application = await one.face.applicationByKey({ key: own.application.key })
    await two.face.rotateApplicationKey({ id: application.id })
    await gone(() => one.face.applicationByKey({ key: own.application.key }), 'key_mismatch')

    const user = await admin()
    await two.face.setPassword({ userId: user.id, password: 'a password of tests', mustChange: false })
    const signed = await one.face.signIn({ name: user.name, password: 'a password of tests', addr: '10.0.0.1' })
    await two.face.checkSession({ token: signed.token })
    await one.face.checkSession({ token: signed.token })
    await two.face.revokeSessions({ userId: user.id })
    await gone(() => one.face.checkSession({ token: signed.token }), 'unauthenticated')

    await one.face.deviceByIdentifier({ identifier: device.identifier })
    await two.face.removeDevice({ id: device.id })
    await gone(() => one.face.deviceByIdentifier({ identifier: device.identifier }), 'device_unknown')
    assert.ok(one.bells.some((b) => b.what === 'device' && b.id === device.id && b.change === 'removed'))
  })

  // ENG-12, REG-7
  it('find by search what the other has just changed', async () => {
    const found = async (r: Registry, text: string) => (await r.face.searchDevices({ text })).total
    const device = await aDevice('sought')
    assert.equal(await found(two, 'a new name'), 0)
    await one.face.editDevice({ id: device.id, name: 'a new name' })
    await within(() => found(two, 'a new name').then((n) => n === 1))
    await one.face.removeDevice({ id: device.id })
    await within(() => found(two, 'a new name').then((n) => n === 0))
  })
}

const SOON = 1000
const within = (test: () => Promise<boolean>) => until('what the other process changed', test, SOON)
const gone = (ask: () => Promise<unknown>, code: Parameters<typeof isPandoError>[1]) =>
  within(() =>
    ask().then(
      () => false,
      (e: unknown) => {
        assert.ok(isPandoError(e, code), String(e))
        return true
      },
    ),
  )
