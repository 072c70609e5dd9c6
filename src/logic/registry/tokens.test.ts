import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import { DAY, furnish, type Registry, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

const refused =
  (code: PandoError['code'], text = /./) =>
  (e: unknown) =>
    isPandoError(e, code) && text.test(e.message)
let serials = 0

describe('login and tokens', () => {
  const dir = tempDir()
  let r: Registry
  let own: Awaited<ReturnType<typeof furnish>>
  const newDevice = async () => {
    const { device, secret } = await r.face.registerDevice({ productKey: own.product.key, code: `s${serials++}`, version: '1' })
    return { id: device.id, secret }
  }
  const login = async (d: { id: number; secret: string }) => (await r.face.login({ deviceId: d.id, secret: d.secret })).token
  const check = async (...items: [number, string][]) => {
    const verdicts = await r.face.checkTokens({ items: items.map(([deviceId, token]) => ({ deviceId, token })) })
    return verdicts.items.map((v) => v.refused ?? v.device!.id)
  }
  const was = async (deviceId: number, token: string) =>
    (await r.face.checkTokens({ items: [{ deviceId, token }] })).items[0]?.was
  const expiry = async (id: number) => (await r.store.select('device_token', { where: { device_id: id } }))[0]?.expires_at
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  }

  before(async () => {
    r = await startRegistry(dir)
    own = await furnish(r.face)
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })
  beforeEach(() => r.bells.splice(0))

  // DEV-9
  it('S-09: ids that no device has are unknown, whatever the secret', async () => {
    const { secret } = await newDevice()
    for (const deviceId of [0, -1, 1.5, 2 ** 31, 2 ** 53, 2 ** 64, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 999_999]) {
      await assert.rejects(r.face.login({ deviceId, secret }), refused('device_unknown', /record not found/), String(deviceId))
      assert.deepEqual(await check([deviceId, '0'.repeat(32)]), ['device_unknown'])
    }
    await assert.rejects(r.face.login({ deviceId: undefined as unknown as number, secret }), refused('device_unknown'))
  })

  it('a wrong secret is refused, the empty one and another device’s too', async () => {
    const [a, b] = [await newDevice(), await newDevice()]
    for (const secret of ['wrong', '', a.secret.slice(0, 31), `${a.secret} `, a.secret.toLowerCase(), b.secret]) {
      await assert.rejects(r.face.login({ deviceId: a.id, secret }), refused('secret_wrong', /wrong device secret\./))
    }
    assert.equal(await expiry(a.id), undefined)
  })

  it('a token lets its own device in, in either case, and the device is told with it', async () => {
    const a = await newDevice()
    const { device, token } = await r.face.login({ deviceId: a.id, secret: a.secret })
    assert.equal(device.id, a.id)
    assert.match(token, /^[0-9a-f]{32}$/)
    assert.deepEqual(await check([a.id, token], [a.id, token.toUpperCase()]), [a.id, a.id])
  })

  it('S-03: the token of another device, an unknown one, no token', async () => {
    const [a, b] = [await newDevice(), await newDevice()]
    const [ta, tb] = [await login(a), await login(b)]
    const c = await newDevice()
    const items: [number, string][] = [
      [a.id, tb],
      [b.id, ta],
      [c.id, ta],
      [a.id, 'f'.repeat(32)],
      [c.id, ''],
      [a.id, ta],
      [999_999, ta],
    ]
    const expected = ['token_of_other_device', 'token_of_other_device', 'token_of_other_device', 'token_unknown', 'token_unknown']
    assert.deepEqual(await check(...items), [...expected, a.id, 'device_unknown'])
    for (const token of ['g'.repeat(32), ta.slice(1), `${ta}0`, ` ${ta}`, '__proto__'])
      assert.deepEqual(await check([a.id, token]), ['token_unknown'])
  })

  // TOK-2
  it('S-03: a new login replaces the token', async () => {
    const a = await newDevice()
    const first = await login(a)
    const second = await login(a)
    assert.deepEqual(await check([a.id, first], [a.id, second]), ['token_unknown', a.id])
    assert.equal(await was(a.id, first), 'replaced')
    assert.equal(await was(a.id, 'f'.repeat(32)), undefined)
    const many = await Promise.all([login(a), login(a), login(a)])
    assert.deepEqual((await check(...many.map((t): [number, string] => [a.id, t]))).filter((v) => v === a.id).length, 1)
    assert.deepEqual(
      r.bells.filter((b) => b.what === 'token'),
      [],
    )
  })

  it('logins that come together share a transaction, and one failure is its own', async () => {
    const devices = await Promise.all(Array.from({ length: 50 }, newDevice))
    const commits = async () => (await r.store.select('sequence', { where: { name: 'commit' } }))[0]!.next
    const from = await commits()
    const wrong = { id: devices[0]!.id, secret: 'wrong' }
    const results = await Promise.allSettled([...devices, wrong].map(login))
    assert.equal(results.filter((x) => x.status === 'fulfilled').length, 50)
    assert.ok((await commits()) - from <= 2)
  })

  // TOK-1
  it('slides while it is used, at most once a day, and dies 30 days after its last use', async () => {
    const a = await newDevice()
    const token = await login(a)
    const first = await expiry(a.id)
    assert.equal(first, r.clock.at + 30 * DAY)
    r.clock.at += DAY / 2
    await check([a.id, token])
    await settled()
    assert.equal(await expiry(a.id), first)
    for (let day = 0; day < 40; day++) {
      r.clock.at += 1.1 * DAY
      assert.deepEqual(await check([a.id, token]), [a.id])
      await settled()
    }
    assert.equal(await expiry(a.id), r.clock.at + 30 * DAY)
    r.clock.at += 30 * DAY - 1
    assert.deepEqual(await check([a.id, token]), [a.id])
    await settled()
    r.clock.at += 30 * DAY
    assert.deepEqual(await check([a.id, token]), ['token_unknown'])
    assert.equal(await was(a.id, token), 'expired')
  })

  it('F-13: lives on while its device is connected', async () => {
    const devices = await Promise.all(Array.from({ length: 300 }, newDevice))
    const tokens = await Promise.all(devices.map(login))
    const ids = devices.map((d) => d.id)
    for (let i = 0; i < 3; i++) {
      r.clock.at += 25 * DAY
      await r.face.touchTokens({ deviceIds: [...ids, 999_999, 0] })
    }
    assert.deepEqual(await check(...devices.map((d, i): [number, string] => [d.id, tokens[i]!])), ids)
  })

  it('S-03: dies when it is revoked, and the bell rings', async () => {
    const a = await newDevice()
    const token = await login(a)
    await r.face.revokeTokens({ deviceId: a.id })
    assert.deepEqual(await check([a.id, token]), ['token_unknown'])
    assert.deepEqual(r.bells.at(-1), { what: 'token', id: a.id, change: 'revoked' })
    await r.face.touchTokens({ deviceIds: [a.id] })
    assert.deepEqual(await check([a.id, token]), ['token_unknown'])
    assert.deepEqual(await check([a.id, await login(a)]), [a.id])
    await assert.rejects(r.face.revokeTokens({ deviceId: 999_999 }), refused('device_unknown'))
  })

  // KEY-4
  it('survives a restart; what is stored and logged gives no secret away (S-19, S-20)', async () => {
    const a = await newDevice()
    const token = await login(a)
    await assert.rejects(r.face.login({ deviceId: a.id, secret: 'wrong-secret-canary' }))
    const { key } = own.application
    const log = r.logged()
    await r.stop()
    const { readFileSync } = await import('node:fs')
    const file = readFileSync(`${dir}/registry.db`)
    for (const canary of [
      token,
      a.secret,
      key,
      own.product.key,
      own.application.signingSecret,
      own.application.reportToken,
      'secret-canary',
    ]) {
      assert.ok(!file.includes(canary), 'in the file')
      assert.ok(!log.includes(canary), 'in the log')
    }
    assert.ok(!file.includes(Buffer.from(token, 'hex')) && !file.includes(Buffer.from(a.secret, 'base64')))
    r = await startRegistry(dir)
    assert.deepEqual(await check([a.id, token]), [a.id])
    assert.equal((await r.face.login({ deviceId: a.id, secret: a.secret })).device.id, a.id)
  })
})
