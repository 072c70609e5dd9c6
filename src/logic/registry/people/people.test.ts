import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Permission, rolePermissions, roles } from '#contracts/registry.ts'
import { isPandoError, type PandoError } from '#lib/errors.ts'
import {
  AES_KEY,
  DAY,
  furnish,
  MASTER_KEY,
  type Registry,
  removeDir,
  startRegistry,
  tempDir,
} from '../../../../test/support/registry.ts'

const HOUR = 3_600_000
const keys = { aesKey: AES_KEY, masterKey: MASTER_KEY }
const by = { actor: 'user/1', actorName: 'admin', addr: '192.0.2.7', requestId: 'r' }
const refused =
  (code: PandoError['code'], params: Record<string, unknown> = {}) =>
  (e: unknown) =>
    isPandoError(e, code) && Object.entries(params).every(([name, value]) => e.params[name] === value)
const firstPassword = (dir: string): string => readFileSync(join(dir, 'admin-password'), 'utf8').trim()

describe('AUTH-1 S-12: the first administrator', () => {
  const dirs: string[] = []
  const dir = (): string => {
    dirs.push(tempDir())
    return dirs.at(-1)!
  }
  after(() => dirs.forEach(removeDir))

  it('is made once, with a password of 128 bits and more in a file for its owner only, which dies with the first change', async () => {
    const d = dir()
    let r = await startRegistry(d)
    const password = firstPassword(d)
    assert.match(password, /^[2-9A-HJ-NP-Za-km-z]{23}$/)
    assert.equal(statSync(join(d, 'admin-password')).mode & 0o777, 0o600)
    await r.stop()
    r = await startRegistry(d)
    assert.equal(firstPassword(d), password)
    const { user, principal, token } = await r.face.signIn({ name: 'admin', password, addr: '::1' })
    assert.deepEqual([user.role, user.scope, user.mustChange, principal.actor], ['Administrator', '*', true, 'user/1'])
    await r.face.setPassword({ userId: 1, password: 'correct horse battery', current: password, audit: by })
    assert.ok(!existsSync(join(d, 'admin-password')))
    await assert.rejects(r.face.checkSession({ token }), refused('unauthenticated'))
    await assert.rejects(r.face.signIn({ name: 'admin', password, addr: '::1' }), refused('unauthenticated'))
    const changed = await r.face.signIn({ name: 'Admin', password: 'correct horse battery', addr: '::1' })
    assert.equal(changed.user.mustChange, false)
    await r.stop()
    r = await startRegistry(d)
    assert.ok(!existsSync(join(d, 'admin-password')))
    assert.equal((await r.face.users({})).items.length, 1)
    await r.stop()
  })

  it('has another password in each installation', async () => {
    const passwords = new Set<string>()
    for (let i = 0; i < 5; i++) {
      const d = dir()
      await (await startRegistry(d)).stop()
      passwords.add(firstPassword(d))
    }
    assert.equal(passwords.size, 5)
  })

  it('has the password of the file that the operator names; one that is missing or too short stops the start', async () => {
    const d = dir()
    const file = join(d, 'given')
    const wrong = (text: RegExp) => (e: unknown) =>
      isPandoError(e, 'config_invalid') && e.message.includes('PANDO_ADMIN_PASSWORD_FILE') && text.test(e.message)
    await assert.rejects(startRegistry(d, { ...keys, adminPasswordFile: file }), wrong(/cannot be read/))
    writeFileSync(file, 'short\n')
    await assert.rejects(startRegistry(d, { ...keys, adminPasswordFile: file }), wrong(/12 to 256/))
    writeFileSync(file, 'a password of the operator\n')
    const r = await startRegistry(d, { ...keys, adminPasswordFile: file })
    assert.ok(!existsSync(join(d, 'admin-password')))
    const { user } = await r.face.signIn({ name: 'admin', password: 'a password of the operator', addr: '' })
    assert.equal(user.mustChange, false)
    await r.stop()
  })

  it('is one, though two processes start at once', async () => {
    const d = dir()
    const both = await Promise.all([startRegistry(d), startRegistry(d)])
    for (const r of both) await r.face.signIn({ name: 'admin', password: firstPassword(d), addr: '' })
    assert.equal((await both[0].face.users({})).items.length, 1)
    for (const r of both) await r.stop()
  })
})

describe('people', () => {
  const dir = tempDir()
  let r: Registry
  const password = 'a long enough password'
  const signIn = (name = 'ann', addr = '198.51.100.1') => r.face.signIn({ name, password, addr, userAgent: 'test' })

  before(async () => {
    r = await startRegistry(dir)
    await furnish(r.face)
    await r.face.addUser({ name: 'ann', password, role: 'Developer', mustChange: false, audit: by })
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('names are compared without case, are unique, and may be odd', async () => {
    for (const name of ['ANN', ' ann ', 'ａｎｎ'])
      await assert.rejects(r.face.addUser({ name, password, role: 'Viewer' }), refused('conflict', { field: 'name' }))
    for (const name of ['__proto__', "o'brien", '名字'])
      assert.equal((await r.face.addUser({ name, password, role: 'Viewer' })).name, name)
    await assert.rejects(r.face.addUser({ name: ' ', password, role: 'Viewer' }), refused('invalid'))
    await assert.rejects(
      r.face.addUser({ name: 'z', password, role: 'Viewer', zone: 'Mars/Base' }),
      refused('invalid', { field: 'zone' }),
    )
  })

  it('passwords have 12 to 256 characters; other forms of the same characters are the same', async () => {
    const add = (name: string, p: string) => r.face.addUser({ name, password: p, role: 'Viewer' })
    for (const p of ['', 'x'.repeat(11), 'é'.repeat(257), 'aaaaaaaaaaaaaaaa'])
      await assert.rejects(add('short', p), refused('invalid', { min: 12, max: 256 }))
    await add('long', `${'中'.repeat(252)}abcd`)
    await r.face.signIn({ name: 'long', password: `${'中'.repeat(252)}abcd`, addr: '' })
    await add('forms', 'e\u0301tude in C minor')
    await r.face.signIn({ name: 'forms', password: '\u00e9tude in C minor', addr: '' })
  })

  it('sign in to sessions with their own secrets, which are listed and end one by one or all', async () => {
    const [a, b, c] = [await signIn(), await signIn(), await signIn('ann', '2001:db8::7')]
    assert.match(a.token, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(new Set([a.token, b.token, c.token, a.csrf, b.csrf, c.csrf]).size, 6)
    const checked = await r.face.checkSession({ token: a.token })
    assert.deepEqual([checked.csrf, checked.user, checked.principal], [a.csrf, a.user, a.principal])
    const listed = (await r.face.sessions({ userId: a.user.id })).items
    assert.deepEqual(
      new Set(listed.map((s) => `${s.id} ${s.addr}`)),
      new Set([a, b, c].map((s) => `${s.session.id} ${s.session.addr}`)),
    )
    await r.face.revokeSession({ userId: a.user.id, id: b.session.id, audit: by })
    await assert.rejects(r.face.checkSession({ token: b.token }), refused('unauthenticated'))
    await assert.rejects(r.face.revokeSession({ userId: 1, id: a.session.id }), refused('not_found'))
    assert.deepEqual(await r.face.revokeSessions({ userId: a.user.id, keep: a.session.id }), { ended: 1 })
    await assert.rejects(r.face.checkSession({ token: c.token }), refused('unauthenticated'))
    await r.face.checkSession({ token: a.token })
    for (const token of ['', 'x', `${a.token}x`, a.token.toLowerCase(), a.csrf, "' or 1=1 --"])
      await assert.rejects(r.face.checkSession({ token }), refused('unauthenticated'))
  })

  it('the session before ends when its token comes along: nobody can plant one', async () => {
    const before = await signIn()
    const { token } = await r.face.signIn({ name: 'ann', password, addr: '', replaces: before.token })
    await assert.rejects(r.face.checkSession({ token: before.token }), refused('unauthenticated'))
    await r.face.checkSession({ token })
  })

  it('AUTH-2: a session ends 12 h after it was last used, and 30 days after it was made', async () => {
    const [idle, used] = [await signIn(), await signIn()]
    for (let hours = 0; hours < 24 * 30 - 11; hours += 11) {
      await r.face.checkSession({ token: used.token })
      if (hours === 11) await r.face.checkSession({ token: idle.token })
      if (hours === 33) await assert.rejects(r.face.checkSession({ token: idle.token }), refused('unauthenticated'))
      r.clock.at += 11 * HOUR
    }
    r.clock.at += 11 * HOUR
    await assert.rejects(r.face.checkSession({ token: used.token }), refused('unauthenticated'))
    assert.deepEqual((await r.face.sessions({ userId: used.user.id })).items, [])
  })

  it('when it was last used is known after a restart', async () => {
    const { token, user } = await signIn()
    r.clock.at += 11 * HOUR
    await r.face.checkSession({ token })
    const at = r.clock.at
    await r.stop()
    r = await startRegistry(dir)
    r.clock.at = at + 11 * HOUR
    assert.equal((await r.face.checkSession({ token })).user.id, user.id)
    assert.equal((await r.face.users({})).items.find((u) => u.id === user.id)?.lastSeen, at)
  })

  it('O-13: five tries for a name from an address, then a pause that doubles; others are not kept out', async () => {
    const wrong = (name: string, addr: string) => r.face.signIn({ name, password: 'wrong', addr })
    for (const name of ['ann', 'nobody of this name']) {
      for (const left of [4, 3, 2, 1, 0]) await assert.rejects(wrong(name, '203.0.113.9'), refused('unauthenticated', { left }))
      const retryAt = r.clock.at + 30_000
      await assert.rejects(wrong(name, '203.0.113.9'), refused('rate_limited', { left: 0, retryAt }))
    }
    await assert.rejects(signIn('ann', '203.0.113.9'), refused('rate_limited'))
    await signIn('ann', '203.0.113.10')
    r.clock.at += 30_001
    await assert.rejects(wrong('ann', '203.0.113.9'), refused('unauthenticated', { left: 0, retryAt: r.clock.at + 60_000 }))
    await assert.rejects(signIn('ann', '203.0.113.9'), refused('rate_limited'))
    r.clock.at += 60_001
    await signIn('ann', '203.0.113.9')
    await assert.rejects(wrong('ann', '203.0.113.9'), refused('unauthenticated', { left: 4 }))
    const locks = (await r.face.auditEntries({ action: 'session.lock' })).items
    assert.deepEqual(
      locks.map((e) => [e.object, e.addr]),
      [
        ['user/2', '203.0.113.9'],
        ['user', '203.0.113.9'],
        ['user/2', '203.0.113.9'],
      ],
    )
  })

  it('O-13: tries at once are no more than tries in turn', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 12 }, () => r.face.signIn({ name: 'ann', password: 'wrong', addr: '203.0.113.77' })),
    )
    const codes = all.map((a) => (a.status === 'rejected' ? (a.reason as PandoError).code : 'in'))
    assert.ok(codes.filter((c) => c === 'unauthenticated').length <= 5, codes.join())
    assert.ok(!codes.includes('in'))
  })

  it('a change of one’s own password needs the current one, and ends the other sessions', async () => {
    await r.face.addUser({ name: 'bob', password, role: 'Operator', mustChange: false })
    const [here, there] = [await signIn('bob'), await signIn('bob')]
    const userId = here.user.id
    const change = (current: string) =>
      r.face.setPassword({ userId, password: 'another password', current, keepSession: here.session.id, audit: by })
    await assert.rejects(change('wrong'), refused('unauthenticated', { field: 'current' }))
    assert.equal((await change(password)).mustChange, false)
    await r.face.checkSession({ token: here.token })
    await assert.rejects(r.face.checkSession({ token: there.token }), refused('unauthenticated'))
    assert.equal((await r.face.setPassword({ userId, password: 'set by an admin', audit: by })).mustChange, true)
    await assert.rejects(r.face.checkSession({ token: here.token }), refused('unauthenticated'))
  })

  it('AUTH-2 AUTH-4: a new role or scope ends the sessions; the last administrator stays', async () => {
    await furnish(r.face)
    const user = await r.face.addUser({ name: 'cid', password, role: 'Viewer', scope: 'vendor/1', mustChange: false })
    const { token, principal } = await signIn('cid')
    assert.deepEqual([principal.can, principal.scope], [rolePermissions.Viewer, 'vendor/1'])
    await r.face.editUser({ id: user.id, locale: 'zh', zone: 'Asia/Shanghai' })
    assert.equal((await r.face.checkSession({ token })).user.zone, 'Asia/Shanghai')
    await r.face.editUser({ id: user.id, role: 'Operator' })
    await assert.rejects(r.face.checkSession({ token }), refused('unauthenticated'))
    await assert.rejects(r.face.editUser({ id: user.id, scope: 'all' }), refused('scope_invalid'))
    await assert.rejects(r.face.removeUser({ id: 1 }), refused('conflict'))
    await assert.rejects(r.face.editUser({ id: 1, role: 'Viewer' }), refused('conflict'))
    await assert.rejects(r.face.editUser({ id: 1, scope: 'vendor/1' }), refused('conflict'))
    await r.face.editUser({ id: user.id, role: 'Administrator', scope: '*' })
    await r.face.editUser({ id: 1, role: 'Viewer' })
    await r.face.editUser({ id: 1, role: 'Administrator' })
    await r.face.removeUser({ id: user.id })
    await assert.rejects(signIn('cid'), refused('unauthenticated'))
  })

  // AUTH-5
  it('somebody who is disabled is kept out with sessions and tokens, whatever password is set, until enabled again', async () => {
    const user = await r.face.addUser({ name: 'dora', password, role: 'Operator', mustChange: false })
    const { token } = await signIn('dora')
    const made = await r.face.addApiToken({ userId: user.id, name: 't', can: ['devices.read'], expiresAt: 0 })
    assert.equal((await r.face.editUser({ id: user.id, disabled: true, audit: by })).disabled, true)
    const enter = (word: string) => r.face.signIn({ name: 'dora', password: word, addr: '198.51.100.7' })
    const shut = async (word: string) => {
      await assert.rejects(r.face.checkSession({ token }), refused('unauthenticated'))
      await assert.rejects(r.face.checkApiToken({ token: made.text }), refused('unauthenticated'))
      await assert.rejects(enter(word), refused('unauthenticated'))
    }
    await shut(password)
    const other = 'quite another password'
    const set = await r.face.setPassword({ userId: user.id, password: other, mustChange: false })
    assert.equal(set.disabled, true)
    await shut(other)
    await r.face.editUser({ id: user.id, locale: 'en' })
    await shut(other)
    assert.equal((await r.face.editUser({ id: user.id, disabled: false })).disabled, false)
    assert.equal((await r.face.checkApiToken({ token: made.text })).userId, user.id)
    await enter(other)
    await assert.rejects(r.face.editUser({ id: 1, disabled: true }), refused('conflict'))
    await r.face.editUser({ id: user.id, role: 'Administrator', disabled: true })
    await assert.rejects(r.face.editUser({ id: 1, disabled: true }), refused('conflict'), 'who is disabled administers nothing')
  })

  it('each role has what the one before has', () => {
    const has = (role: (typeof roles)[number]) => new Set<Permission>(rolePermissions[role])
    assert.deepEqual(roles, ['Viewer', 'Operator', 'Developer', 'Administrator'])
    for (const [i, role] of roles.entries()) {
      const before = i === 0 ? new Set<Permission>() : has(roles[i - 1]!)
      assert.ok([...before].every((p) => has(role).has(p)) && has(role).size > before.size, role)
    }
  })
})

describe('S-11: API tokens', () => {
  const dir = tempDir()
  let r: Registry
  let userId: number
  const add = (o: Partial<Parameters<Registry['face']['addApiToken']>[0]> = {}) =>
    r.face.addApiToken({ userId, name: 'deploy', can: ['devices.read', 'devices.command'], expiresAt: 0, audit: by, ...o })

  before(async () => {
    r = await startRegistry(dir)
    await furnish(r.face)
    userId = (await r.face.addUser({ name: 'dev', password: 'a long enough password', role: 'Operator', scope: 'vendor/1' })).id
  })
  after(async () => {
    await r.stop()
    removeDir(dir)
  })

  it('say who is calling and what they may', async () => {
    const { token, text } = await add({ scope: 'product/1' })
    assert.match(text, /^pando_[A-Za-z0-9_-]{43}$/)
    const principal = await r.face.checkApiToken({ token: text })
    assert.deepEqual(principal, {
      ...{ actor: `token/${token.id}`, actorName: 'deploy (dev)', userId, tokenId: token.id, role: 'Operator' },
      ...{ can: ['devices.read', 'devices.command'], scope: 'product/1', mustChange: false, expiresAt: 0 },
    })
    assert.ok(!JSON.stringify(await r.face.apiTokens({})).includes(text))
    assert.equal((await r.face.apiTokens({ userId })).items[0]?.lastUsed, r.clock.at)
    const { token: session } = await r.face.signIn({ name: 'dev', password: 'a long enough password', addr: '' })
    for (const token of [text.slice(0, -1), `${text}x`, text.replace('pando_', ''), session, '', 'pando_', "' or ''='"])
      await assert.rejects(r.face.checkApiToken({ token }), refused('unauthenticated'))
  })

  it('AUTH-3: are never allowed more than their user, now or later', async () => {
    await assert.rejects(add({ can: ['devices.read', 'users.write'] }), refused('forbidden', { permission: 'users.write' }))
    await assert.rejects(add({ scope: '*' }), refused('forbidden', { scope: '*' }))
    assert.equal((await r.face.addVendor({ name: 'other', description: '' })).id, 2)
    for (const scope of ['vendor/2', 'product/99']) await assert.rejects(add({ scope }), refused('forbidden'))
    const { text } = await add()
    assert.equal((await r.face.checkApiToken({ token: text })).scope, 'vendor/1')
    await r.face.editUser({ id: userId, role: 'Viewer' })
    assert.deepEqual((await r.face.checkApiToken({ token: text })).can, ['devices.read'])
    await r.face.editUser({ id: userId, scope: 'vendor/2' })
    assert.deepEqual((await r.face.checkApiToken({ token: text })).can, [])
    await r.face.editUser({ id: userId, scope: 'vendor/1', role: 'Operator' })
    assert.equal((await r.face.checkApiToken({ token: text })).can.length, 2)
  })

  it('AUTH-6: scopes are of what there is', async () => {
    const person = { name: 'eve', password: 'a long enough password', role: 'Viewer' } as const
    for (const scope of ['vendor/77', 'product/77']) {
      await assert.rejects(r.face.addUser({ ...person, scope }), refused('scope_invalid', { scope }))
      await assert.rejects(r.face.editUser({ id: userId, scope }), refused('scope_invalid'))
      await assert.rejects(add({ userId: 1, scope }), refused('scope_invalid'))
    }
    const { token } = await add({ userId: 1, scope: 'product/1' })
    await r.face.revokeApiToken({ id: token.id })
  })

  it('end at their time, when they are revoked, and with their user', async () => {
    const [short, revoked, owned] = [await add({ expiresAt: r.clock.at + DAY }), await add(), await add()]
    await assert.rejects(add({ expiresAt: r.clock.at - 1 }), refused('invalid', { field: 'expiresAt' }))
    for (const t of [short, revoked, owned]) await r.face.checkApiToken({ token: t.text })
    r.clock.at += DAY
    await assert.rejects(r.face.checkApiToken({ token: short.text }), refused('unauthenticated'))
    await r.face.revokeApiToken({ id: revoked.token.id, audit: by })
    await assert.rejects(r.face.checkApiToken({ token: revoked.text }), refused('unauthenticated'))
    await assert.rejects(r.face.revokeApiToken({ id: revoked.token.id }), refused('not_found'))
    await r.face.removeUser({ id: userId })
    await assert.rejects(r.face.checkApiToken({ token: owned.text }), refused('unauthenticated'))
    assert.deepEqual((await r.face.apiTokens({})).items, [])
  })

  it('N14: what is revoked in one process is refused by another at once', async () => {
    const other = await startRegistry(dir)
    const { text, token } = await add({ userId: 1 })
    const password = firstPassword(dir)
    const session = await r.face.signIn({ name: 'admin', password, addr: '' })
    await other.face.checkApiToken({ token: text })
    await other.face.checkSession({ token: session.token })
    await r.face.revokeApiToken({ id: token.id })
    await r.face.revokeSessions({ userId: 1 })
    await sleep(25)
    await assert.rejects(other.face.checkApiToken({ token: text }), refused('unauthenticated'))
    await assert.rejects(other.face.checkSession({ token: session.token }), refused('unauthenticated'))
    await other.stop()
  })
})
