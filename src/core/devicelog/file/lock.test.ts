import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { lock } from './lock.ts'
import { openFileLog } from './open.ts'

const inUseBy = (pid: number | undefined) => (e: unknown) =>
  isPandoError(e, 'conflict') && e.params['pid'] === pid && e.message.includes(`process ${pid}`)

describe('lock of the device log', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'pando-lock-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  /** A process that has the log of `dir` open. */
  async function otherProcess(): Promise<ChildProcess> {
    const code = `const { openFileLog } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)})
      await openFileLog({ dir: ${JSON.stringify(dir)} }); console.log('open'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout!, 'data')
    return child
  }

  // LOG-9
  it('refuses a log that another process has, by its pid, and takes it over when that is killed', async () => {
    const child = await otherProcess()
    const ended = once(child, 'exit')
    try {
      await assert.rejects(openFileLog({ dir }), inUseBy(child.pid))
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    const log = await openFileLog({ dir })
    await log.close()
  })

  it('refuses a second opening by the same process, and allows it after close', async () => {
    const log = await openFileLog({ dir })
    await assert.rejects(openFileLog({ dir: join(dir, '.') }), inUseBy(process.pid))
    await log.close()
    await (await openFileLog({ dir })).close()
  })

  it('takes over from an earlier process that had the same pid', async () => {
    const unlock = await lock(dir)
    const held = await readFile(join(dir, 'lock'))
    await unlock()
    await writeFile(join(dir, 'lock'), held)
    await (await lock(dir))()
  })

  it('takes over a lock file that a power cut emptied', async () => {
    await writeFile(join(dir, 'lock'), '')
    await (await lock(dir))()
  })

  it('of a process that it cannot see, believes the renewed file, and takes over an old one', async () => {
    const path = join(dir, 'lock')
    await writeFile(path, JSON.stringify({ pid: 1, began: '1', place: 'elsewhere pid:[1]' }))
    const renewing = setInterval(() => void utimes(path, new Date(), new Date()), 200)
    try {
      await assert.rejects(lock(dir), inUseBy(1))
    } finally {
      clearInterval(renewing)
    }
    const old = new Date(Date.now() - 600_000)
    await utimes(path, old, old)
    await (await lock(dir))()
  })

  it('renews the file while it has it', async () => {
    const unlock = await lock(dir)
    const path = join(dir, 'lock')
    const old = new Date(Date.now() - 600_000)
    await utimes(path, old, old)
    while ((await stat(path)).mtimeMs === old.getTime()) await new Promise((resolve) => setTimeout(resolve, 50))
    await unlock()
  })

  it('gives the lock back when the log cannot be opened', async () => {
    await writeFile(join(dir, '00000001.seg'), 'no segment')
    await assert.rejects(openFileLog({ dir }), (e) => isPandoError(e, 'log_damaged'))
    await rm(join(dir, '00000001.seg'))
    await (await openFileLog({ dir })).close()
  })
})
