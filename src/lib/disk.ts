/**
 * The file system as durable engines see it: few operations, each with a stated durability, so that tests can put a disk
 * in its place that loses, tears and refuses (test/simulated-disk.ts). Errors are those of node:fs (`code` ENOSPC, EIO …).
 */
import fs from 'node:fs'
import { dirname, resolve } from 'node:path'

export type OpenMode =
  /** must exist */
  | 'read'
  /** must exist; read and write */
  | 'write'
  /** made or emptied */
  | 'create'
  /** must exist; every write of this handle is durable when it is done, if the system can (else `commit` syncs) */
  | 'durable'

export interface Disk {
  open(path: string, mode: OpenMode): Promise<number>
  close(fd: number): Promise<void>
  /** Reads up to b.length bytes at `position`; fewer only at the end of the file. */
  read(fd: number, b: Buffer, position: number): Promise<number>
  /** Writes all; durable after the next `sync` of any handle of the file. */
  write(fd: number, b: Buffer, position: number): Promise<void>
  /**
   * Writes all through a handle opened as `durable`; when `done` is called without error the bytes survive a power cut.
   * A callback, not a promise: it is the hottest call of the cloud.
   */
  commit(fd: number, parts: Buffer | Buffer[], position: number, done: (e: NodeJS.ErrnoException | null) => void): void
  /** Makes the file's bytes and size durable. */
  sync(fd: number): Promise<void>
  size(fd: number): Promise<number>
  truncate(fd: number, size: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  readdir(path: string): Promise<string[]>
  /** Makes the folder, and those above it that are missing, durably. */
  mkdir(path: string): Promise<void>
  /** Makes names in the folder (created, renamed, removed) durable. */
  syncDir(path: string): Promise<void>
  /** Bytes that can still be written where `path` lies. */
  free(path: string): Promise<number>
}

type Done = (e: NodeJS.ErrnoException | null) => void

const zeroWrite = (): NodeJS.ErrnoException => Object.assign(new Error('EIO: wrote nothing'), { code: 'EIO' })

function writeAll(fd: number, b: Buffer, position: number, done: Done): void {
  fs.write(fd, b, 0, b.length, position, (e, n) => {
    if (e || n === b.length) done(e)
    else if (n === 0) done(zeroWrite())
    else writeAll(fd, b.subarray(n), position + n, done)
  })
}

function writeParts(fd: number, parts: Buffer[], position: number, done: Done): void {
  const size = parts.reduce((n, b) => n + b.length, 0)
  fs.writev(fd, parts, position, (e, n) => {
    if (e || n === size) done(e)
    else if (n === 0) done(zeroWrite())
    else writeAll(fd, Buffer.concat(parts).subarray(n), position + n, done)
  })
}

const promised = (start: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => start((e) => (e ? reject(e) : resolve())))

async function readAll(fd: number, b: Buffer, position: number): Promise<number> {
  let got = 0
  while (got < b.length) {
    const from = got
    const n = await new Promise<number>((resolve, reject) =>
      fs.read(fd, b, from, b.length - from, position + from, (e, read) => (e ? reject(e) : resolve(read))),
    )
    if (n === 0) break
    got += n
  }
  return got
}

async function syncDir(path: string): Promise<void> {
  if (process.platform === 'win32') return // has no such call; NTFS journals names
  const dir = await fs.promises.open(path, 'r')
  try {
    await dir.sync()
  } finally {
    await dir.close()
  }
}

async function makeDir(path: string): Promise<void> {
  const topmost = await fs.promises.mkdir(path, { recursive: true, mode: 0o700 })
  if (topmost === undefined) return
  const top = dirname(resolve(topmost))
  let made = resolve(path)
  while (made !== top) await syncDir((made = dirname(made)))
}

// One task of the thread pool instead of two. Not on macOS, where only fdatasync (F_FULLFSYNC in libuv) reaches the medium.
const durableWrites = process.platform === 'linux'

const flags: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  durable: fs.constants.O_RDWR | (durableWrites ? fs.constants.O_DSYNC : 0),
}

/** The disk of this machine. */
export const nodeDisk: Disk = {
  open: (path, mode) =>
    new Promise((resolve, reject) => fs.open(path, flags[mode], 0o600, (e, fd) => (e ? reject(e) : resolve(fd)))),
  close: (fd) => promised((done) => fs.close(fd, done)),
  read: readAll,
  write: (fd, b, position) => promised((done) => writeAll(fd, b, position, done)),
  commit(fd, parts, position, done) {
    const written: Done = durableWrites ? done : (e) => (e ? done(e) : fs.fdatasync(fd, done))
    if (Array.isArray(parts)) writeParts(fd, parts, position, written)
    else writeAll(fd, parts, position, written)
  },
  sync: (fd) => promised((done) => fs.fdatasync(fd, done)),
  size: (fd) => new Promise((resolve, reject) => fs.fstat(fd, (e, s) => (e ? reject(e) : resolve(s.size)))),
  truncate: (fd, size) => promised((done) => fs.ftruncate(fd, size, done)),
  rename: fs.promises.rename,
  unlink: fs.promises.unlink,
  readdir: (path) => fs.promises.readdir(path),
  mkdir: makeDir,
  syncDir,
  async free(path) {
    const s = await fs.promises.statfs(path)
    return s.bavail * s.bsize
  },
}

/** Runs `use` with an open file and closes it in any case. */
export async function withFile<T>(disk: Disk, path: string, mode: OpenMode, use: (fd: number) => Promise<T>): Promise<T> {
  const fd = await disk.open(path, mode)
  try {
    return await use(fd)
  } finally {
    await disk.close(fd)
  }
}

export const readWhole = (disk: Disk, path: string): Promise<Buffer> =>
  withFile(disk, path, 'read', async (fd) => {
    const b = Buffer.allocUnsafe(await disk.size(fd))
    return b.subarray(0, await disk.read(fd, b, 0))
  })

/** Puts `b` in the place of the file, durably: after a power cut there is the old file or the new one, whole. */
export async function replaceFile(disk: Disk, path: string, b: Buffer): Promise<void> {
  const tmp = `${path}.tmp`
  await withFile(disk, tmp, 'create', async (fd) => {
    await disk.write(fd, b, 0)
    await disk.sync(fd)
  })
  await disk.rename(tmp, path)
  await disk.syncDir(dirname(path))
}

/** Octets of the disk that a path is on; `free`: for whoever is not root. */
export async function spaceOf(path: string): Promise<{ free: number; size: number }> {
  const { bavail, blocks, bsize } = await fs.promises.statfs(path)
  return { free: bavail * bsize, size: blocks * bsize }
}
