import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DAY, removeDir, startRegistry, tempDir } from '../../../test/support/registry.ts'
import type { Context } from './context.ts'
import { retain } from './retention.ts'

describe('what has ended', () => {
  it('is removed: sessions and kept answers, never the audit log', async () => {
    const dir = tempDir()
    const r = await startRegistry(dir)
    const password = 'a long enough password'
    const user = await r.face.addUser({ name: 'ann', password, role: 'Viewer' })
    for (let i = 0; i < 3; i++) await r.face.signIn({ name: 'ann', password, addr: '' })
    r.clock.at += DAY
    const { token } = await r.face.signIn({ name: 'ann', password, addr: '' })
    const entries = (await r.face.auditVerify({})).entries
    let left = 3
    const ctx = { store: r.store, clock: { now: () => r.clock.at } } as Context
    await retain(ctx, async () => left--)
    assert.equal(left, -1, 'until none is left')
    assert.equal((await r.store.select('user_session', { where: { user_id: user.id } })).length, 1)
    await r.face.checkSession({ token })
    assert.equal((await r.face.auditVerify({})).entries, entries)
    await r.stop()
    removeDir(dir)
  })
})
