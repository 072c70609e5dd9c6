/**
 * Documents of the old cloud's MongoDB: `datas` (statuses) and `events`. From the running server, or a folder of mongodump (`<collection>.bson`,
 * also `.gz`) or mongoexport (`<collection>.json`: a document a line).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BSON, MongoClient, ObjectId } from 'mongodb'
import { reasonOf } from '#core/remote/health.ts'
import { PandoError } from '#lib/errors.ts'
import { linesIn, octetsIn } from './files.ts'

export const collections = ['datas', 'events'] as const
export type CollectionName = (typeof collections)[number]

export interface OldDocument {
  /** the server gave it when the document came */
  id: ObjectId | undefined
  fields: Record<string, unknown>
}

export interface OldDocuments {
  /** In order of their ids, from this second (since 1970) on; those before it may come too. */
  from(name: CollectionName, second: number): AsyncIterable<OldDocument>
  close(): Promise<void>
}

const DATABASE = 'pandocloud'
const MAX_DOCUMENT = 64 << 20

export const openDocuments = (source: string): Promise<OldDocuments> =>
  /^mongodb(\+srv)?:\/\//.test(source) ? ofServer(source) : ofFolder(source)

const documentOf = ({ _id, ...fields }: Record<string, unknown>): OldDocument => ({
  id: _id instanceof ObjectId ? _id : undefined,
  fields,
})

async function ofServer(url: string): Promise<OldDocuments> {
  const failed = (e: unknown): PandoError =>
    e instanceof PandoError
      ? e
      : new PandoError('unavailable', `the old MongoDB cannot be used: ${reasonOf(e).replaceAll(url, '…')}`, {}, e)
  try {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 5000, promoteLongs: false, promoteBuffers: true })
    const named = client.options.dbName
    const db = client.db(named === 'test' ? DATABASE : named)
    await db.command({ ping: 1 })
    return {
      async *from(name, second) {
        const where = second > 0 ? { _id: { $gte: ObjectId.createFromTime(second) } } : {}
        try {
          for await (const d of db.collection(name).find(where, { sort: { _id: 1 } })) yield documentOf(d)
        } catch (e) {
          throw failed(e)
        }
      },
      close: () => client.close(),
    }
  } catch (e) {
    throw failed(e)
  }
}

async function ofFolder(folder: string): Promise<OldDocuments> {
  const places = [folder, join(folder, DATABASE)]
  const find = (name: CollectionName): string | undefined =>
    places.flatMap((p) => ['.bson', '.bson.gz', '.json', '.json.gz'].map((end) => join(p, name + end))).find((f) => existsSync(f))
  if (!collections.some(find))
    throw new PandoError('invalid', `${folder} has none of datas.bson, datas.json, events.bson, events.json`, { file: folder })
  return {
    async *from(name) {
      const file = find(name)
      if (!file) return
      yield* inOrder(/\.bson/.test(file) ? bsonIn(file) : jsonIn(file), file)
    },
    close: async () => {},
  }
}

/** How far an import has come is told by ids, so they must grow. */
async function* inOrder(documents: AsyncIterable<OldDocument>, file: string): AsyncGenerator<OldDocument> {
  let last = ''
  for await (const d of documents) {
    const id = d.id?.toHexString() ?? last
    if (id < last) {
      const message = `${file}: document ${id} comes behind ${last}: export it in order (mongoexport --sort '{"_id": 1}'), or import from a server`
      throw new PandoError('invalid', message, { file })
    }
    last = id
    yield d
  }
}

async function* bsonIn(file: string): AsyncGenerator<OldDocument> {
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  const wrong = () => new PandoError('invalid', `${file} is cut short, or damaged, at offset ${offset}`, { file, offset })
  for await (const piece of octetsIn(file)) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (let size = 0; rest.length >= 4; rest = rest.subarray(size), offset += size) {
      size = rest.readInt32LE(0)
      if (size < 5 || size > MAX_DOCUMENT) throw wrong()
      if (rest.length < size) break
      yield documentOf(read(() => BSON.deserialize(rest.subarray(0, size), { promoteLongs: false, promoteBuffers: true }), wrong))
    }
  }
  if (rest.length > 0) throw wrong()
}

async function* jsonIn(file: string): AsyncGenerator<OldDocument> {
  let n = 0
  for await (const line of linesIn(file)) {
    n++
    const wrong = () => new PandoError('invalid', `${file}: line ${n} is no document: export it without --jsonArray`, { file })
    yield documentOf(read(() => BSON.EJSON.parse(line, { relaxed: false }) as Record<string, unknown>, wrong))
  }
}

function read<T>(parse: () => T, wrong: () => Error): T {
  try {
    return parse()
  } catch {
    throw wrong()
  }
}
