/**
 * Files in MongoDB, as far as snapshots of current values need them: written from the beginning to the end, then read.
 *
 *   snapshots      {_id: name, id, size}
 *   snapshotparts  {_id: id/number, b}   of 4 MiB each but the last
 */
import { randomUUID } from 'node:crypto'
import type { Collection } from 'mongodb'
import type { Mongo } from '#core/remote/mongodb.ts'
import type { Disk } from '#lib/disk.ts'

interface FileDocument {
  _id: string
  id: string
  size: number
}
interface PartDocument {
  _id: string
  b: Buffer
}

interface Handle {
  name: string
  id: string
  size: number
  /** what has not been stored yet; where it begins in the file */
  rest: Buffer[]
  from: number
  /** the part that was read last */
  part: { number: number; b: Buffer } | undefined
}

const PART = 4 << 20

type SnapshotDisk = Pick<Disk, 'open' | 'close' | 'read' | 'write' | 'sync' | 'size' | 'rename' | 'unlink' | 'readdir'>

/** Only what snapshots use. */
export function mongoDisk(mongo: Mongo): Disk {
  const files: Collection<FileDocument> = mongo.db.collection('snapshots')
  const parts: Collection<PartDocument> = mongo.db.collection('snapshotparts')
  const handles = new Map<number, Handle>()
  let last = 0

  const fileOf = (name: string) => mongo.call(() => files.findOne({ _id: name }))
  const partIds = ({ id, size }: FileDocument) => Array.from({ length: Math.ceil(size / PART) }, (_, i) => `${id}/${i}`)
  const forget = (file: FileDocument | null) =>
    file ? mongo.call(() => parts.deleteMany({ _id: { $in: partIds(file) } })).then(() => {}) : Promise.resolve()

  async function store(h: Handle, atLeast: number): Promise<void> {
    let rest = Buffer.concat(h.rest)
    while (rest.length >= atLeast && rest.length > 0) {
      const b = rest.subarray(0, PART)
      await mongo.call(() => parts.replaceOne({ _id: `${h.id}/${h.from / PART}` }, { b }, { upsert: true }))
      rest = rest.subarray(b.length)
      h.from += b.length
    }
    h.rest = rest.length > 0 ? [rest] : []
  }

  async function partOf(h: Handle, number: number): Promise<Buffer> {
    if (h.part?.number !== number) {
      const found = await mongo.call(() => parts.findOne({ _id: `${h.id}/${number}` }))
      h.part = { number, b: found?.b ?? Buffer.alloc(0) }
    }
    return h.part.b
  }

  const disk: SnapshotDisk = {
    async open(name, mode) {
      const file = mode === 'create' ? { id: randomUUID(), size: 0 } : await fileOf(name)
      if (!file) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' })
      handles.set(++last, { name, id: file.id, size: file.size, rest: [], from: 0, part: undefined })
      return last
    },
    async close(fd) {
      handles.delete(fd)
    },
    async read(fd, b, position) {
      const h = handles.get(fd)!
      let got = 0
      while (got < b.length) {
        const at = position + got
        const part = await partOf(h, Math.floor(at / PART))
        const n = part.copy(b, got, at % PART)
        if (n === 0) break
        got += n
      }
      return got
    },
    async write(fd, b, position) {
      const h = handles.get(fd)!
      if (position !== h.size) throw new Error('a snapshot is written from the beginning to the end')
      h.rest.push(Buffer.from(b))
      h.size += b.length
      if (h.size - h.from >= PART) await store(h, PART)
    },
    async sync(fd) {
      const h = handles.get(fd)!
      await store(h, 1)
      await mongo.call(() => files.replaceOne({ _id: h.name }, { id: h.id, size: h.size }, { upsert: true }))
    },
    size: async (fd) => handles.get(fd)!.size,
    async rename(from, to) {
      const [file, replaced] = [await fileOf(from), await fileOf(to)]
      if (!file) throw Object.assign(new Error(`ENOENT: ${from}`), { code: 'ENOENT' })
      await mongo.call(() => files.replaceOne({ _id: to }, { id: file.id, size: file.size }, { upsert: true }))
      await mongo.call(() => files.deleteOne({ _id: from }))
      await forget(replaced)
    },
    async unlink(name) {
      const file = await fileOf(name)
      await mongo.call(() => files.deleteOne({ _id: name }))
      await forget(file)
    },
    readdir: async (path) => {
      const all = await mongo.call(() => files.find({}, { projection: { _id: 1 } }).toArray())
      return all
        .map((f) => f._id)
        .filter((name) => name.startsWith(`${path}/`))
        .map((name) => name.slice(path.length + 1))
    },
  }
  const none = async (): Promise<never> => {
    throw new Error('snapshots do not need this')
  }
  return { ...disk, mkdir: async () => {}, syncDir: async () => {}, commit: none, truncate: none, free: none }
}
