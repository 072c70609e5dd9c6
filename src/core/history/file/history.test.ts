import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { makeBatch } from '#core/devicelog/batch.ts'
import { systemClock } from '#lib/clock.ts'
import { isPandoError } from '#lib/errors.ts'
import { SimulatedDisk, seeded } from '../../../../test/simulated-disk.ts'
import { openHistory } from '../open.ts'
import type { History } from '../port.ts'
import { historySuite } from '../suite.ts'
import { copies, decodeManifest, encodeManifest } from './manifest.ts'
import { openFileHistory } from './open.ts'

const folders = new Map<History, string>()

async function openFolder(lightBytes: number, dataDir = fs.mkdtempSync(join(tmpdir(), 'pando-history-'))): Promise<History> {
  // the composition root gives every engine a clock too, which can't be sent to a thread
  const more = { clock: systemClock }
  const history = await openFileHistory('file:', { dataDir, lightBytes, ...more })
  folders.set(history, dataDir)
  return history
}

const onRealDisk = (lightBytes: number) => ({
  open: () => openFolder(lightBytes),
  async reopen(history: History) {
    await history.close()
    return openFolder(lightBytes, folders.get(history))
  },
  async cleanUp() {
    for (const folder of folders.values()) fs.rmSync(folder, { recursive: true, force: true })
    folders.clear()
  },
})

historySuite('file: at rest', onRealDisk(2 ** 40))
historySuite('file: in a thread from the first record on', onRealDisk(0))
historySuite('file: that moves into a thread', onRealDisk(400))

let disk = new SimulatedDisk(seeded(1))
const openLocal = () => openFileHistory('file:x', { dataDir: '/', disk })

historySuite('file: on a simulated disk', {
  open() {
    disk = new SimulatedDisk(seeded(1))
    return openLocal()
  },
  async reopen(history) {
    await history.close()
    return openLocal()
  },
})

describe('history file:', () => {
  it('an unknown scheme names the possible ones', async () => {
    await assert.rejects(
      openHistory('postgres://x', { dataDir: '/' }),
      (e) => isPandoError(e, 'config_invalid') && e.message.includes('file:'),
    )
  })

  it('refuses what a newer version wrote (F-20)', async () => {
    const made = new SimulatedDisk(seeded(4))
    const history = await openFileHistory('file:x', { dataDir: '/', disk: made })
    await history.current.save(new Map())
    await history.close()
    const files = made.files()
    const manifest = { ...decodeManifest(files.get('/x/manifest')!)!, format: 2 }
    for (const name of copies) files.set(`/x/${name}`, encodeManifest(manifest))
    const newer = SimulatedDisk.fromFiles(files, seeded(4))
    await assert.rejects(openFileHistory('file:x', { dataDir: '/', disk: newer }), (e) => isPandoError(e, 'version_mismatch'))
  })

  it('asks to wait while nothing can be written, goes on when it can, and loses nothing (F-11)', async () => {
    const full = new SimulatedDisk(seeded(2))
    const history = await openFileHistory('file:x', { dataDir: '/', disk: full, foldBytes: 1000 })
    full.capacity = full.used()
    const one = (seq: number) => makeBatch(1, seq, [{ kind: 1, device: 1, time: Date.now(), data: Buffer.alloc(9_000_000) }])
    let waiting: Promise<void> | undefined
    let seq = 0
    while (waiting === undefined) waiting = history.absorb(one(++seq))
    assert.ok(seq >= 8 && seq < 12, `${seq} batches of 9 MB`)
    await assert.rejects(history.flush(), (e) => isPandoError(e, 'disk_full'))
    assert.match(history.health().error ?? '', /ENOSPC/)
    assert.equal(history.cursors().size, 0)
    full.capacity = Number.POSITIVE_INFINITY
    await history.flush()
    await waiting
    assert.equal(history.cursors().get(1), seq)
    assert.equal(history.health().state, 'ok')
    await history.close()
  })

  it('goes on after an error of sync with files that were written anew', async () => {
    const bad = new SimulatedDisk(seeded(3))
    const history = await openFileHistory('file:x', { dataDir: '/', disk: bad })
    await history.absorb(makeBatch(1, 1, [{ kind: 1, device: 1, time: 1e12 }]))
    for (const name of ['run', 'manifest', 'manifest.2']) {
      bad.inject = (operation, path) => (operation === 'sync' && path.includes(name) ? 'EIO' : undefined)
      await assert.rejects(history.flush(), (e) => isPandoError(e, 'unavailable') && /EIO/.test(e.message))
    }
    bad.inject = () => undefined
    await history.flush()
    await history.close()
    const again = await openFileHistory('file:x', { dataDir: '/', disk: bad.powerCut() })
    assert.equal((await again.read({ device: 1 })).records.length, 1)
    assert.deepEqual([again.cursors().get(1), again.health().state], [1, 'ok'])
    await again.close()
  })
})
