import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AdminProblem } from '#contracts/admin/client.ts'
import { drained, readBackup } from '#lib/backup/read.ts'
import { makeWorld, needsEmbedded, until } from '../world.ts'
import { openDoor } from './door.ts'

// BACKUP-8 ADM-10
test(
  'a backup by the management API: one at a time, whole when it says so, the newest are kept, audited',
  needsEmbedded,
  async (t) => {
    const world = await makeWorld()
    t.after(() => world.close())
    const door = await openDoor(world)
    const list = async () => (await door.client('GET /backups')).items
    assert.deepEqual(await list(), [])
    const ids: string[] = []
    for (let i = 0; i < 9; i++) {
      const [made, second] = await Promise.allSettled([
        door.client('POST /backups', { body: {} }),
        door.client('POST /backups', { body: { without_keys: true } }),
      ])
      const done =
        made.status === 'fulfilled'
          ? made
          : (second as PromiseFulfilledResult<typeof made extends { value: infer V } ? V : never>)
      const refused = made.status === 'rejected' ? made : second
      assert.ok(refused.status === 'rejected' && refused.reason instanceof AdminProblem && refused.reason.code === 'conflict')
      const { id } = done.value
      ids.push(id)
      await until('the backup', async () => (await list())[0]?.id === id && (await list())[0]?.state === 'whole')
    }
    assert.deepEqual(
      (await list()).map((b) => b.id),
      ids.toReversed().slice(0, 7),
    )
    const newest = (await list())[0]!
    assert.ok(newest.bytes > 0 && newest.at > 0)
    const file = join(world.dataDir, 'backups', newest.id)
    const { files } = await readBackup(createReadStream(file), file, drained)
    assert.ok(files.some((f) => f.name === 'registry/registry.db'))
    const { items } = await door.client('GET /audit', { query: { action: 'backup.make' } })
    assert.equal(items.length, 9)
    const reader = door.clientOf(await door.tokenOf('Viewer'))
    const e = await reader('POST /backups', { body: {} }).catch((thrown: unknown) => thrown)
    assert.ok(e instanceof AdminProblem && e.problem.status === 403)
  },
)
