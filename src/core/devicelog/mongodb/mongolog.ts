/** The device log in MongoDB: a document a batch, inserted by any process. */
import { batchHead, checkBatch } from '#core/devicelog/batch.ts'
import type { DeviceLog, StreamInfo } from '#core/devicelog/port.ts'
import type { EngineHealth } from '#core/health.ts'
import { type Mongo, openMongo } from '#core/remote/mongodb.ts'
import { PandoError } from '#lib/errors.ts'
import { appender } from './append.ts'
import { mongoCursors } from './cursors.ts'
import { behind, bySeq, type Collections, double, openCollections } from './documents.ts'
import { mongoHolders } from './holders.ts'
import { retain } from './retain.ts'
import { sizes } from './sizes.ts'

const READ_BYTES = 1 << 20
const FIRST_GUESS = 16 << 10
const MOST_AT_ONCE = 10_000

/** Opens the log in the database that the URL names. Rejects with `unavailable` if nobody answers, and `config_invalid`. */
export async function openMongoLog(url: string, o: { onState?: (h: EngineHealth) => void }): Promise<DeviceLog> {
  const mongo = await openMongo(url, { port: 'devicelog', code: 'log_unavailable', onState: o.onState })
  try {
    return assemble(mongo, await openCollections(mongo))
  } catch (e) {
    await mongo.close()
    throw e
  }
}

function assemble(mongo: Mongo, c: Collections): DeviceLog {
  const { append, seal, tip } = appender(mongo, c)
  const cursors = mongoCursors(mongo, c)
  const held = { cursors, sizes: sizes(mongo, c), tip }
  const read = reader(mongo, c)
  const { holder, hold } = mongoHolders(mongo, c)
  const under = new Set<Promise<unknown>>()
  let end: Promise<void> | undefined

  /** Nothing new once it closes; what is under way ends first. */
  function during<T>(work: () => Promise<T>): Promise<T> {
    if (end !== undefined) return Promise.reject(new PandoError('log_unavailable', 'the device log is closed'))
    const p = work()
    const settled = p.catch(() => {}).finally(() => under.delete(settled))
    under.add(settled)
    return p
  }

  async function finish(): Promise<void> {
    await Promise.all(under)
    try {
      await cursors.close()
    } finally {
      await mongo.close()
    }
  }

  return {
    append: (batch) => during(() => append(batch)),
    read: (stream, after, maxBytes = READ_BYTES) => during(() => read(stream, after, maxBytes)),
    streams: () => during(() => listStreams(mongo, c, tip, cursors.streams)),
    seal: (stream) => during(() => seal(stream)),
    cursor: (consumer, stream) => during(() => cursors.get(consumer, stream)),
    advance: async (consumer, positions) => cursors.advance(consumer, positions),
    positions: () => during(() => cursors.all()),
    begin: (firsts) => during(() => begin(mongo, c, firsts)),
    consumers: (owner, names) => during(() => cursors.register(owner, names)),
    forget: (consumer) => during(() => cursors.forget(consumer)),
    retain: (limit) => during(() => retain(mongo, c, held, limit)),
    holder: (work) => during(() => holder(work)),
    hold: (work, from, owner) => during(() => hold(work, from, owner)),
    free: () => Promise.resolve(undefined),
    health: mongo.health,
    close: () => (end ??= finish()),
  }
}

async function begin(mongo: Mongo, { streams }: Collections, firsts: ReadonlyMap<number, number>): Promise<void> {
  const writes = [...firsts].map(([stream, first]) => ({
    updateOne: { filter: { _id: double(stream) }, update: { $setOnInsert: { first: double(first) } }, upsert: true },
  }))
  for (let i = 0; i < writes.length; i += MOST_AT_ONCE)
    await mongo.call(() => streams.bulkWrite(writes.slice(i, i + MOST_AT_ONCE)))
}

/** Asks for about as many batches as fit, by the size of those before. */
function reader(mongo: Mongo, { log }: Collections): (stream: number, after: number, maxBytes: number) => Promise<Buffer[]> {
  let usual = FIRST_GUESS
  return async (stream, after, maxBytes) => {
    const limit = Math.min(MOST_AT_ONCE, Math.ceil(maxBytes / usual) + 1)
    const found: Buffer[] = []
    let bytes = 0
    await mongo.call(async () => {
      const wanted = { ...behind(stream, after), sealed: { $exists: false } }
      for await (const { _id, b } of log.find(wanted, { sort: bySeq(1), limit, projection: { b: 1 } })) {
        const batch = b as Buffer
        bytes += batch.length
        if (found.length > 0 && bytes > maxBytes) return
        found.push(whole(mongo, batch, stream, _id.q))
      }
    })
    if (found.length > 0) usual = Math.max(64, (usual + bytes / found.length) / 2)
    return found
  }
}

function whole(mongo: Mongo, b: Buffer, stream: number, seq: number): Buffer {
  if (checkBatch(b) && batchHead(b).stream === stream && batchHead(b).seq === seq) return b
  const file = `log {s: ${stream}, q: ${seq}} of ${mongo.where}`
  throw new PandoError('log_damaged', `${file} is damaged: the batch is not what was appended`, { file, offset: 0 })
}

async function listStreams(
  mongo: Mongo,
  { streams }: Collections,
  tip: ReturnType<typeof appender>['tip'],
  named: () => Promise<Set<number>>,
): Promise<StreamInfo[]> {
  const [documents, cursors] = await Promise.all([mongo.call(() => streams.find().toArray()), named()])
  const out: StreamInfo[] = []
  const there = documents.filter((d) => d.gone === undefined).map((d) => d._id)
  const tips = await Promise.all(there.map(tip))
  for (const [i, t] of tips.entries()) if (t && (t.last > 0 || t.sealed)) out.push({ stream: there[i]!, ...t })
  const known = new Set(documents.map((d) => d._id))
  for (const stream of cursors) if (!known.has(stream)) out.push({ stream, first: 1, last: 0, sealed: false })
  return out
}
