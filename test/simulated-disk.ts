/**
 * A disk in memory that keeps apart what was written and what is durable. A power cut keeps or drops each 512-byte sector and each
 * change of a name that wasn't synced, independently: lost, reordered and torn writes. A kill keeps the page cache. A failed sync
 * marks pages clean that never reached the disk, as Linux does. Seeded, so every run is the same.
 */
import { basename, dirname } from 'node:path'
import type { Disk, OpenMode } from '#lib/disk.ts'

const SECTOR = 512

export type Random = () => number

/** mulberry32 */
export function seeded(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Change = { at: number; bytes: Buffer } | { size: number }

class Inode {
  bytes: Buffer = Buffer.alloc(0)
  size = 0
  durable: Buffer = Buffer.alloc(0)
  durableSize = 0
  unsynced: Change[] = []
  /** failed syncs so far: each open handle is told of one once (errseq_t of Linux) */
  failures = 0

  change(c: Change): void {
    this.unsynced.push(c)
    this.bytes = apply(this.bytes, c)
    this.size = sizeAfter(this.size, c)
    if ('size' in c) this.bytes.fill(0, Math.min(this.bytes.length, this.size))
  }

  sync(): void {
    for (const c of this.unsynced) {
      this.durable = apply(this.durable, c)
      if ('size' in c) this.durable.fill(0, Math.min(this.durable.length, c.size))
    }
    this.durableSize = this.size
    this.unsynced = []
  }

  /** What the medium holds after each sector was written up to some moment of its own. */
  settle(random: Random): void {
    const n = this.unsynced.length
    const mode = random()
    const moment = () => (mode < 0.2 ? 0 : mode < 0.4 ? n : Math.floor(random() * (n + 1)))
    const moments = new Map<number, number>()
    const sizeMoment = moment()
    this.unsynced.forEach((c, i) => {
      if (i < sizeMoment) this.durableSize = sizeAfter(this.durableSize, c)
      if ('size' in c) return
      for (let p = c.at; p < c.at + c.bytes.length; ) {
        const sector = Math.floor(p / SECTOR)
        const end = Math.min((sector + 1) * SECTOR, c.at + c.bytes.length)
        if (!moments.has(sector)) moments.set(sector, moment())
        if (i < moments.get(sector)!) this.durable = apply(this.durable, { at: p, bytes: c.bytes.subarray(p - c.at, end - c.at) })
        p = end
      }
    })
    this.durable.fill(0, Math.min(this.durable.length, this.durableSize))
    this.unsynced = []
  }

  /** The page cache is gone: what is read is what the medium holds. */
  forgetCache(): void {
    this.bytes = Buffer.from(this.durable)
    this.size = this.durableSize
  }
}

function apply(b: Buffer, c: Change): Buffer {
  if ('size' in c) return b
  const end = c.at + c.bytes.length
  if (end > b.length) {
    const larger = Buffer.alloc(Math.max(end, Math.min(b.length * 2, b.length + (4 << 20))))
    b.copy(larger)
    b = larger
  }
  c.bytes.copy(b, c.at)
  return b
}

const sizeAfter = (size: number, c: Change): number => ('size' in c ? c.size : Math.max(size, c.at + c.bytes.length))

interface Handle {
  inode: Inode
  path: string
  failures: number
}

/** A change of names in a folder: name → file, or none. */
type Names = Map<string, Inode | undefined>

const fail = (code: string, what: string) => Object.assign(new Error(`${code}: ${what}`), { code }) as NodeJS.ErrnoException

export type Operation = 'open' | 'read' | 'write' | 'commit' | 'sync' | 'truncate' | 'rename' | 'unlink' | 'readdir' | 'syncDir'

export class SimulatedDisk implements Disk {
  /** path → file, as seen */
  #names: Map<string, Inode>
  #durableNames: Map<string, Inode>
  #unsyncedNames: Names[] = []
  readonly #open = new Map<number, Handle>()
  readonly #random: Random
  #nextFd = 3
  #dead = false
  operations = 0
  /** the power goes, or the process is killed, in the middle of the operation with this number */
  dieAt = Number.POSITIVE_INFINITY
  died: Promise<void>
  #die!: () => void
  /** all files together, bytes */
  capacity = Number.POSITIVE_INFINITY
  /** an error code for an operation, or none */
  inject: (operation: Operation, path: string) => string | undefined = () => undefined

  constructor(random: Random, names = new Map<string, Inode>(), durableNames = new Map<string, Inode>()) {
    this.#random = random
    this.#names = names
    this.#durableNames = durableNames
    this.died = new Promise((resolve) => {
      this.#die = resolve
    })
  }

  /** This disk after a power cut; the old one never answers again. */
  powerCut(): SimulatedDisk {
    this.kill()
    const all = this.#random() < 0.3
    for (const change of this.#unsyncedNames) {
      if (!all && this.#random() < 0.5) continue
      for (const [path, inode] of change) set(this.#durableNames, path, inode)
    }
    const names = new Map(this.#durableNames)
    for (const inode of new Set(names.values())) {
      inode.settle(this.#random)
      inode.forgetCache()
    }
    return new SimulatedDisk(this.#random, names, new Map(names))
  }

  /** This disk as the next process finds it: with the page cache. */
  restart(): SimulatedDisk {
    this.kill()
    const next = new SimulatedDisk(this.#random, new Map(this.#names), this.#durableNames)
    next.#unsyncedNames = this.#unsyncedNames
    return next
  }

  kill(): void {
    this.#dead = true
    this.#die()
  }

  /** path → bytes, as seen; for tests that damage a file and go on with `fromFiles`. */
  files(): Map<string, Buffer> {
    return new Map([...this.#names].map(([path, inode]) => [path, Buffer.from(inode.bytes.subarray(0, inode.size))]))
  }

  static fromFiles(files: ReadonlyMap<string, Buffer>, random: Random): SimulatedDisk {
    const names = new Map<string, Inode>()
    for (const [path, b] of files) {
      const inode = new Inode()
      inode.change({ at: 0, bytes: Buffer.from(b) })
      inode.sync()
      names.set(path, inode)
    }
    return new SimulatedDisk(random, names, new Map(names))
  }

  used(): number {
    let n = 0
    for (const inode of this.#names.values()) n += inode.size
    return n
  }

  /** Every operation passes here: takes its turn, dies or fails if it is told to. `halfway` is what a dying operation had begun. */
  async #turn(operation: Operation, path: string, halfway: () => void = () => {}): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#dead) return never()
    if (++this.operations >= this.dieAt) {
      if (this.#random() < 0.5) halfway()
      this.kill()
      return never()
    }
    const code = this.inject(operation, path)
    if (code) throw fail(code, `${operation} ${path}`)
  }

  #file(fd: number): Handle {
    const f = this.#open.get(fd)
    if (!f) throw fail('EBADF', String(fd))
    return f
  }

  #rename(change: Names): void {
    for (const [path, inode] of change) set(this.#names, path, inode)
    this.#unsyncedNames.push(change)
  }

  async open(path: string, mode: OpenMode): Promise<number> {
    await this.#turn('open', path)
    let inode = this.#names.get(path)
    if (mode === 'create') {
      if (!inode) this.#rename(new Map([[path, (inode = new Inode())]]))
      inode!.change({ size: 0 })
    }
    if (!inode) throw fail('ENOENT', path)
    const fd = this.#nextFd++
    this.#open.set(fd, { inode, path, failures: inode.failures })
    return fd
  }

  async close(fd: number): Promise<void> {
    if (this.#dead) return never()
    if (!this.#open.delete(fd)) throw fail('EBADF', String(fd))
  }

  async read(fd: number, b: Buffer, position: number): Promise<number> {
    const { inode, path } = this.#file(fd)
    await this.#turn('read', path)
    if (position >= inode.size) return 0
    return inode.bytes.copy(b, 0, position, Math.max(position, Math.min(position + b.length, inode.size)))
  }

  #put(inode: Inode, b: Buffer, position: number): void {
    const room = this.capacity - this.used() + inode.size
    const fits = Math.max(0, Math.min(b.length, room - position))
    if (fits > 0) inode.change({ at: position, bytes: Buffer.from(b.subarray(0, fits)) })
    if (fits < b.length) throw fail('ENOSPC', 'write')
  }

  async write(fd: number, b: Buffer, position: number): Promise<void> {
    const { inode, path } = this.#file(fd)
    await this.#turn('write', path, () => this.#put(inode, b, position))
    this.#put(inode, b, position)
  }

  commit(fd: number, parts: Buffer | Buffer[], position: number, done: (e: NodeJS.ErrnoException | null) => void): void {
    const b = Array.isArray(parts) ? Buffer.concat(parts) : Buffer.from(parts)
    this.write(fd, b, position)
      .then(() => this.#sync(fd, 'commit'))
      .then(
        () => setImmediate(done, null),
        (e: NodeJS.ErrnoException) => setImmediate(done, e),
      )
  }

  async #sync(fd: number, operation: 'commit' | 'sync'): Promise<void> {
    const handle = this.#file(fd)
    const { inode, path } = handle
    try {
      await this.#turn(operation, path)
    } catch (e) {
      inode.settle(this.#random) // some of it reached the medium; the cache says that all did
      handle.failures = ++inode.failures
      throw e
    }
    inode.sync()
    if (handle.failures === inode.failures) return
    handle.failures = inode.failures
    throw fail('EIO', `${operation} ${path}: another handle's sync failed`)
  }

  sync(fd: number): Promise<void> {
    return this.#sync(fd, 'sync')
  }

  async size(fd: number): Promise<number> {
    if (this.#dead) return never()
    return this.#file(fd).inode.size
  }

  async truncate(fd: number, size: number): Promise<void> {
    const { inode, path } = this.#file(fd)
    await this.#turn('truncate', path, () => inode.change({ size }))
    inode.change({ size })
  }

  async rename(from: string, to: string): Promise<void> {
    const change = () => {
      const inode = this.#names.get(from)
      if (!inode) throw fail('ENOENT', from)
      this.#rename(
        new Map([
          [from, undefined],
          [to, inode],
        ]),
      )
    }
    await this.#turn('rename', from, change)
    change()
  }

  async unlink(path: string): Promise<void> {
    const change = () => {
      if (!this.#names.has(path)) throw fail('ENOENT', path)
      this.#rename(new Map([[path, undefined]]))
    }
    await this.#turn('unlink', path, change)
    change()
  }

  async readdir(path: string): Promise<string[]> {
    await this.#turn('readdir', path)
    return [...this.#names.keys()].filter((p) => dirname(p) === path).map((p) => basename(p))
  }

  async mkdir(): Promise<void> {}

  async syncDir(path: string): Promise<void> {
    await this.#turn('syncDir', path)
    for (const change of this.#unsyncedNames) for (const [p, inode] of change) set(this.#durableNames, p, inode)
    this.#unsyncedNames = []
  }

  async free(): Promise<number> {
    return this.capacity - this.used()
  }
}

const never = (): Promise<never> => new Promise(() => {})

function set(names: Map<string, Inode>, path: string, inode: Inode | undefined): void {
  if (inode) names.set(path, inode)
  else names.delete(path)
}
