/** S-20: what somebody finds who has the database file, but not the master key. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { CONFIG, furnish, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'

describe('S-20: a stolen database file', () => {
  const dir = tempDir()
  after(() => removeDir(dir))

  /** Everything in the directory but what is meant to hold a secret: the keys and the first password. */
  const octets = (): string =>
    readdirSync(dir)
      .filter((f) => f !== 'keys.json' && f !== 'admin-password')
      .map((f) => readFileSync(join(dir, f), 'latin1'))
      .join('\n')

  it('shows no password, token, key or secret, whatever was done', async () => {
    const r = await startRegistry(dir)
    const { vendor, product, application } = await furnish(r.face)
    const secrets: Record<string, string> = { vendor: vendor.key, product: product.key, application: application.key }
    secrets['first password'] = readFileSync(join(dir, 'admin-password'), 'utf8').trim()
    const password = 'planted password canary'
    const user = await r.face.addUser({ name: 'ann', password, role: 'Administrator', mustChange: false })
    secrets['password'] = password
    const session = await r.face.signIn({ name: 'ann', password, addr: '192.0.2.1' })
    Object.assign(secrets, { session: session.token, csrf: session.csrf })
    await r.face.setPassword({ userId: user.id, password: 'planted password two', current: password })
    secrets['new password'] = 'planted password two'
    const token = await r.face.addApiToken({ userId: user.id, name: 't', can: ['devices.read'], expiresAt: 0 })
    secrets['API token'] = token.text
    const made = await r.face.addDevice({ productId: product.id, code: 'd' })
    Object.assign(secrets, { 'device secret': made.secret, 'device key': made.key })
    secrets['device token'] = (await r.face.login({ deviceId: made.device.id, secret: made.secret })).token
    secrets['rotated secret'] = (await r.face.rotateSecret({ id: made.device.id })).secret
    const rotated = await r.face.rotateApplicationKey({ id: application.id })
    const signed = await r.face.rotateSigningSecret({ id: application.id })
    await r.face.editApplication({ id: application.id, reportToken: 'planted report token' })
    Object.assign(secrets, {
      'application key': rotated.key,
      'signing secret': signed.signingSecret,
      report: 'planted report token',
    })
    const key = { principal: 'user/1', key: 'planted idempotency key' }
    await r.face.idempotencyBegin({ ...key, requestHash: 'h', attempt: 'a' })
    await r.face.idempotencyFinish({ ...key, status: 201, body: 'planted answer with a secret' })
    Object.assign(secrets, { idempotency: key.key, answer: 'planted answer with a secret' })
    await r.face.addProduct({ vendorId: 1, name: 'planted marker', description: '', config: CONFIG })

    const open = octets()
    await r.stop()
    const closed = octets()
    for (const file of [open, closed]) {
      assert.ok(file.includes('planted marker'), 'the search finds what is there')
      for (const [what, secret] of Object.entries(secrets)) {
        assert.ok(secret.length >= 12, what)
        for (const form of [secret, Buffer.from(secret).toString('base64').slice(0, -3), Buffer.from(secret).toString('hex')])
          assert.ok(!file.includes(form), `${what} stands in the file`)
        if (/^[0-9a-f]{32,}$/.test(secret)) assert.ok(!file.includes(Buffer.from(secret, 'hex').toString('latin1')), what)
      }
    }
    const logged = r.logged()
    for (const [what, secret] of Object.entries(secrets)) assert.ok(!logged.includes(secret), `${what} stands in the log (S-19)`)
  })

  it('lets nobody in: what is in its hash columns is no token and no password', async () => {
    const r = await startRegistry(dir)
    for (const table of ['user_session', 'api_token', 'user_account'] as const) {
      for (const row of await r.store.select(table, {})) {
        const hash = 'hash' in row ? row.hash : row.password_hash
        const part = hash.split('$').at(-1)!
        for (const text of [hash, part, `pando_${part}`]) {
          await assert.rejects(r.face.checkSession({ token: text }))
          await assert.rejects(r.face.checkApiToken({ token: text }))
        }
        await assert.rejects(r.face.signIn({ name: 'admin', password: part, addr: `10.0.0.${row.id}` }))
      }
    }
    await r.stop()
  })
})
