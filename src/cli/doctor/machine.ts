/** The machine: Node, open files, the clock, the disk. */
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '#src/config.ts'
import { octetsText } from '../output.ts'
import { error, type Finding, fine, orFine, warning } from './finding.ts'

/** Devices and files that a small cloud needs. */
const FEW_FILES = 4096
const SLOW_SYNC_MS = 100
const CLOCK_MS = 2000

export function node(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > 22 || (major === 22 && minor >= 19)
  if (!enough) return [error('node', `Node ${version} is too old`, 'use Node 22.19 or newer; PANDO_NODE chooses one')]
  return [fine('node', `Node ${version}`)]
}

/** Of a process; undefined where the system does not tell. */
function mostFiles(pid: number | 'self'): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

export function files(pid: number | 'self', most = mostFiles(pid)): Finding[] {
  if (most === undefined) return []
  if (most >= FEW_FILES)
    return [fine('files', `${most === Number.POSITIVE_INFINITY ? 'any number of' : most} open files are allowed`)]
  const text = `only ${most} open files are allowed: so many devices, at most, hold a connection`
  return [warning('files', text, 'raise it where the cloud is started: ulimit -n 1000000, or LimitNOFILE=')]
}

/** Can the disk be written, and does a sync come back? Leaves nothing. */
export function disk({ dataDir, diskReserve }: Pick<Config, 'dataDir' | 'diskReserve'>): Finding[] {
  const found: Finding[] = []
  const { bavail, bsize, files: inodes, ffree } = statfsSync(dataDir)
  const free = bavail * bsize
  if (free < diskReserve) {
    const text = `only ${octetsText(free)} are free where ${dataDir} lies; below ${octetsText(diskReserve)} (PANDO_DISK_RESERVE) old data gives way`
    found.push(error('disk', text, 'make room, or lower PANDO_HISTORY_MAX_BYTES and PANDO_DEVICELOG_MAX_BYTES'))
  }
  if (inodes > 0 && ffree < 1000)
    found.push(error('disk', `only ${ffree} more files can be made there`, 'remove some, or make a larger file system'))
  const tried = tryWrite(dataDir)
  if ('why' in tried)
    return [...found, error('disk', `${dataDir} cannot be written: ${tried.why}`, 'mend the disk or its permissions')]
  if (tried.ms > SLOW_SYNC_MS) {
    const text = `a sync takes ${Math.round(tried.ms)} ms: no device is acknowledged faster`
    found.push(warning('disk', text, 'give the device log a faster disk (PANDO_DEVICELOG_URL=file:/fast/disk)'))
  }
  if (Math.abs(tried.ahead) > CLOCK_MS) {
    const text = `the clock of the file system is ${Math.round(tried.ahead)} ms ahead of this machine's`
    found.push(warning('clock', text, 'set both by NTP'))
  }
  return orFine(found, 'disk', `${octetsText(free)} are free in ${dataDir}, a sync takes ${tried.ms.toFixed(1)} ms`)
}

function tryWrite(dataDir: string): { ms: number; ahead: number } | { why: string } {
  const file = join(dataDir, `doctor-${randomUUID()}`)
  try {
    const fd = openSync(file, 'wx', 0o600)
    try {
      const began = performance.now()
      writeSync(fd, 'x'.repeat(4096))
      fsyncSync(fd)
      return { ms: performance.now() - began, ahead: statSync(file).mtimeMs - Date.now() }
    } finally {
      closeSync(fd)
    }
  } catch (e) {
    return { why: (e as Error).message }
  } finally {
    rmSync(file, { force: true })
  }
}

/** Was anything written later than now? */
export function clock(folders: readonly string[], now = Date.now()): Finding[] {
  if (now < Date.UTC(2026, 0)) return [error('clock', `it is ${new Date(now).toISOString()} here`, 'set the clock (NTP)')]
  const times = folders.flatMap((dir) => {
    try {
      return readdirSync(dir).map((name) => statSync(join(dir, name)).mtimeMs)
    } catch {
      return []
    }
  })
  const newest = Math.max(0, ...times)
  if (newest <= now + CLOCK_MS) return [fine('clock', `it is ${new Date(now).toISOString()}`)]
  const text = `the newest data is of ${new Date(newest).toISOString()}, but it is ${new Date(now).toISOString()} here: the clock went back`
  return [error('clock', text, 'set the clock (NTP); history is ordered by it')]
}
