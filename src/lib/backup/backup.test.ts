import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { drained, readBackup } from './read.ts'
import { readTarHeader, tarHeader } from './tar.ts'
import { backupOf } from './write.ts'

const dir = mkdtempSync(join(tmpdir(), 'pando-backup-'))
after(() => rmSync(dir, { recursive: true }))

const path = join(dir, 'x')
writeFileSync(path, 'x'.repeat(3000))

async function made(): Promise<Buffer> {
  const files = [
    { name: 'log/00000001.seg', path, size: 1000, zeros: 48 },
    { name: 'history/manifest', path, size: 0 },
    { name: 'keys.json', path, size: 3000 },
  ]
  const parts: Buffer[] = []
  for await (const piece of backupOf({ files, version: '1', keys: 'inside', now: 0 })) parts.push(piece)
  return Buffer.concat(parts)
}

async function* inPieces(b: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < b.length; at += size) yield b.subarray(at, at + size)
}

const read = (b: Buffer, size = 512) => readBackup(inPieces(b, size), 'b.tar', drained)

const damaged = (e: unknown) => isPandoError(e, 'store_damaged') && /^b\.tar is damaged at offset \d+: /.test(e.message)

// BACKUP-5
test('what was written is read, in pieces of any size; zeros behind a file belong to it', async () => {
  const b = await made()
  for (const size of [1, 7, 512, 4096, b.length]) {
    const found = new Map<string, string>()
    const m = await readBackup(inPieces(b, size), 'b.tar', async (name, octets) => {
      const parts: Buffer[] = []
      for await (const piece of octets) parts.push(piece)
      found.set(name, Buffer.concat(parts).toString())
    })
    assert.deepEqual([m.version, m.keys, m.files.length], ['1', 'inside', 3])
    assert.equal(found.get('log/00000001.seg'), 'x'.repeat(1000) + '\0'.repeat(48))
    assert.equal(found.get('keys.json'), 'x'.repeat(3000))
  }
})

// BACKUP-5
test('F-03: every flipped bit and every cut is found', async () => {
  const b = await made()
  for (let at = 0; at < b.length; at++) {
    const bad = Buffer.from(b)
    bad[at]! ^= 1 << (at % 8)
    await assert.rejects(read(bad), damaged, `octet ${at}`)
  }
  for (let size = 0; size < b.length; size += 97) await assert.rejects(read(b.subarray(0, size)), damaged, `${size} octets`)
})

// BACKUP-5
test('names that lead elsewhere, and what the list does not name, are refused', async () => {
  const b = await made()
  for (const name of ['../evil', '/etc/passwd', 'log/../../x', 'log/.hidden', 'other', 'log/a/b']) {
    const evil = Buffer.concat([tarHeader({ name, size: 0 }, 0), b])
    await assert.rejects(read(evil), damaged, name)
  }
  const more = Buffer.concat([tarHeader({ name: 'log/2.seg', size: 0 }, 0), b])
  await assert.rejects(read(more), damaged)
})

test('a file that became shorter is told', async () => {
  const files = [{ name: 'keys.json', path, size: 4000 }]
  const short = (async () => {
    for await (const _ of backupOf({ files, version: '1', keys: 'inside', now: 0 }));
  })()
  await assert.rejects(short, (e) => e instanceof PandoError && /is shorter than it was/.test(e.message))
})

test('sizes above 8 GiB', () => {
  for (const size of [0, 8 ** 11 - 1, 8 ** 11, 2 ** 45 + 3]) {
    assert.deepEqual(readTarHeader(tarHeader({ name: 'a', size }, 1e12)), { name: 'a', size })
  }
})
