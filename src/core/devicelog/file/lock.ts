/**
 * One process at a time has the log. The file names the process; a process that is gone holds nothing. Where the holder cannot be
 * seen (another container on the same volume), the file's time tells: the holder renews it.
 */
import { link, readFile, readlink, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { nodeDisk } from '#lib/disk.ts'
import { PandoError } from '#lib/errors.ts'
import { processLives } from '#lib/processes.ts'

const RENEW_MS = 1000
/** How long a holder that cannot be seen is watched. */
const WATCH_MS = 2.5 * RENEW_MS

interface Holder {
  pid: number
  /** when the process began, in its own clock's ticks; '' where it cannot be told */
  began: string
  /** machine, since its last boot, and the space in which the pid counts */
  place: string
}

/** folders whose log this process has open */
const mine = new Set<string>()

const text = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (s) => s.trim(),
    () => '',
  )

/** Field 22 of /proc/<pid>/stat, counted behind the name, which may hold anything. */
async function began(pid: number): Promise<string> {
  const s = await text(`/proc/${pid}/stat`)
  return s.slice(s.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

async function myself(): Promise<Holder> {
  const space = await readlink('/proc/self/ns/pid').catch(() => '')
  const boot = await text('/proc/sys/kernel/random/boot_id')
  return { pid: process.pid, began: await began(process.pid), place: `${boot || hostname()} ${space}`.trim() }
}

function parse(s: string): Holder | undefined {
  try {
    const h = JSON.parse(s) as Holder
    return typeof h.pid === 'number' ? h : undefined
  } catch {
    return undefined // cut short by a power cut: the holder is gone with it
  }
}

async function alive(path: string, h: Holder, me: Holder): Promise<boolean> {
  if (h.place === me.place) {
    if (h.pid === me.pid) return false // an earlier process had the same pid; this one's own folders are in `mine`
    return processLives(h.pid) && (await began(h.pid)) === h.began
  }
  return renewed(path)
}

async function renewed(path: string): Promise<boolean> {
  const time = () =>
    stat(path).then(
      (s) => s.mtimeMs,
      () => 0,
    )
  const before = await time()
  if (Math.abs(Date.now() - before) > 60_000) return false // long ago, or under another clock
  await wait(WATCH_MS)
  return (await time()) !== before
}

/** Removes the lock that was found stale; another process may have done so, and have put its own there. */
async function removeStale(path: string, found: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  )
  if (!moved) return
  if ((await text(aside)) !== found) await link(aside, path).catch(() => {})
  await unlink(aside)
}

/** Takes the lock file → how to give it back. Throws `conflict` naming the pid of the process that has it. */
export async function lock(dir: string): Promise<() => Promise<void>> {
  await nodeDisk.mkdir(dir)
  const folder = resolve(dir)
  const path = resolve(dir, 'lock')
  const taken = (pid: number) => new PandoError('conflict', `${dir} is in use by process ${pid}`, { pid, file: path })
  if (mine.has(folder)) throw taken(process.pid)
  mine.add(folder)
  try {
    const me = await myself()
    for (;;) {
      const made = await writeFile(path, JSON.stringify(me), { flag: 'wx', mode: 0o600 }).then(() => true, ifExists)
      if (made) break
      const found = await text(path)
      const h = parse(found)
      if (h && (await alive(path, h, me))) throw taken(h.pid)
      await removeStale(path, found)
    }
  } catch (e) {
    mine.delete(folder)
    throw e
  }
  const renew = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), RENEW_MS)
  renew.unref()
  return async () => {
    clearInterval(renew)
    await unlink(path).catch(() => {})
    mine.delete(folder)
  }
}

function ifExists(e: NodeJS.ErrnoException): boolean {
  if (e.code === 'EEXIST') return false
  throw e
}
