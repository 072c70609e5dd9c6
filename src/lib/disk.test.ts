import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { nodeDisk, readWhole, replaceFile, withFile } from './disk.ts'

describe('disk of this machine', () => {
  let dir: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pando-disk-'))
  })
  after(() => rm(dir, { recursive: true }))

  const commit = (fd: number, parts: Buffer | Buffer[], position: number) =>
    new Promise<void>((resolve, reject) => nodeDisk.commit(fd, parts, position, (e) => (e ? reject(e) : resolve())))

  it('commits one buffer or several, where it is told', async () => {
    const path = join(dir, 'a')
    await withFile(nodeDisk, path, 'create', (fd) => nodeDisk.write(fd, Buffer.from('----------'), 0))
    await withFile(nodeDisk, path, 'durable', async (fd) => {
      await commit(fd, Buffer.from('ab'), 1)
      await commit(fd, [Buffer.from('cd'), Buffer.from('e')], 4)
    })
    assert.equal((await readWhole(nodeDisk, path)).toString(), '-ab-cde---')
  })

  it('reads short at the end of the file only', async () => {
    const path = join(dir, 'b')
    await replaceFile(nodeDisk, path, Buffer.from('12345'))
    await withFile(nodeDisk, path, 'read', async (fd) => {
      const b = Buffer.alloc(4)
      assert.deepEqual([await nodeDisk.read(fd, b, 0), b.toString()], [4, '1234'])
      assert.equal(await nodeDisk.read(fd, b, 3), 2)
      assert.equal(await nodeDisk.read(fd, b, 9), 0)
    })
  })

  it('replaces a file whole and leaves nothing beside it', async () => {
    const folder = join(dir, 'c', 'd', 'e')
    await nodeDisk.mkdir(folder)
    await nodeDisk.mkdir(folder)
    await replaceFile(nodeDisk, join(folder, 'f'), Buffer.from('a longer text'))
    await replaceFile(nodeDisk, join(folder, 'f'), Buffer.from('short'))
    assert.deepEqual(await readdir(folder), ['f'])
    assert.equal((await readWhole(nodeDisk, join(folder, 'f'))).toString(), 'short')
    assert.equal((await stat(join(folder, 'f'))).mode & 0o077, 0, 'for the owner only')
  })

  it('truncates, and tells what is free', async () => {
    const path = join(dir, 'g')
    await replaceFile(nodeDisk, path, Buffer.from('12345'))
    await withFile(nodeDisk, path, 'write', async (fd) => {
      await nodeDisk.truncate(fd, 2)
      await nodeDisk.sync(fd)
      assert.equal(await nodeDisk.size(fd), 2)
    })
    assert.ok((await nodeDisk.free(dir)) > 0)
  })

  it('rejects with the code of the system, and closes the file in any case', async () => {
    await assert.rejects(nodeDisk.open(join(dir, 'none'), 'read'), { code: 'ENOENT' })
    let used = -1
    await assert.rejects(
      withFile(nodeDisk, join(dir, 'h'), 'create', async (fd) => {
        used = fd
        throw new Error('x')
      }),
      /x/,
    )
    await assert.rejects(nodeDisk.size(used), { code: 'EBADF' })
  })
})
