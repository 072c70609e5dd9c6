/** Appending and sealing: whoever inserts a number first has it, whatever process it is. */
import { type BatchHead, batchHead, checkBatch } from '#core/devicelog/batch.ts'
import { isDuplicate, type Mongo } from '#core/remote/mongodb.ts'
import { PandoError } from '#lib/errors.ts'
import { type BatchDocument, batchKey, behind, bySeq, type Collections, double } from './documents.ts'

/** What this process knows of a stream; another may have gone on since. */
interface Known {
  last: number
  sealed: boolean
}

export interface Tip extends Known {
  first: number
}

export interface Appender {
  append(batch: Buffer): Promise<void>
  seal(stream: number): Promise<number>
  /** what the server holds of the stream; undefined: nothing */
  tip(stream: number): Promise<Tip | undefined>
}

export function appender(mongo: Mongo, { log, streams }: Collections): Appender {
  const known = new Map<number, Known>()

  /** What is known is not looked through again. */
  async function tip(stream: number): Promise<Tip | undefined> {
    const before = known.get(stream)
    const after = before?.last ?? 0
    const [state, newest] = await Promise.all([
      mongo.call(() => streams.findOne({ _id: double(stream) })),
      mongo.call(() => log.findOne(behind(stream, after), { sort: bySeq(-1), projection: { sealed: 1 } })),
    ])
    if (!state && !newest && !before) return undefined
    const first = state?.first ?? 1
    const seen = newest?.sealed === true || state?.sealed !== undefined
    const last = Math.max(newest ? newest._id.q - (newest.sealed ? 1 : 0) : (state?.sealed ?? 0), after, first - 1)
    const { sealed } = learn(stream, last, seen)
    return { first, last, sealed }
  }

  function learn(stream: number, last: number, sealed: boolean): Known {
    const k = known.get(stream) ?? { last, sealed }
    k.last = Math.max(k.last, last)
    k.sealed ||= sealed
    known.set(stream, k)
    return k
  }

  async function append(batch: Buffer): Promise<void> {
    const head = headOf(batch)
    const { stream, seq } = head
    let k = known.get(stream)
    if (k === undefined || k.sealed || seq !== k.last + 1) {
      const t = (await tip(stream)) ?? { first: 1, last: 0, sealed: false }
      k = learn(stream, t.last, t.sealed)
      if (seq < t.first) return
      if (seq <= t.last) return compare(batch, head)
      if (t.sealed) throw sealedError(stream)
      if (seq !== t.last + 1)
        throw new PandoError('invalid', `seq ${seq} leaves a gap: the next of stream ${stream} is ${t.last + 1}`)
    }
    if (seq === 1) await remember(stream)
    await insert(batch, head)
    k.last = Math.max(k.last, seq)
  }

  /** The stream is listed from its first batch on. */
  async function remember(stream: number): Promise<void> {
    const change = { $setOnInsert: { first: double(1) } }
    await mongo.call(() => streams.updateOne({ _id: double(stream) }, change, { upsert: true })).catch(ifThere)
  }

  async function insert(batch: Buffer, { stream, seq, count, time }: BatchHead): Promise<void> {
    const crc = batch.readUInt32LE(4)
    const document = { _id: batchKey(stream, seq), n: count, crc, b: batch, z: batch.length, t: double(time) }
    try {
      await mongo.call(() => log.insertOne(document))
    } catch (e) {
      if (!isDuplicate(e)) throw e
      await compare(batch, { stream, seq })
    }
  }

  /**
   * The number is used. By the same batch: it has been appended, if a majority has it. Just inserted by an attempt whose answer was lost,
   * it may still be on its way there, and is asked for again.
   */
  async function compare(batch: Buffer, { stream, seq }: Pick<BatchHead, 'stream' | 'seq'>): Promise<void> {
    const where = { '_id.s': double(stream), '_id.q': double(seq) }
    const there: BatchDocument | null = await mongo.call(() => log.findOne(where, { projection: { b: 0 } }))
    if (!there) {
      const text = `batch ${seq} of stream ${stream} is not confirmed by a majority yet`
      throw new PandoError('log_unavailable', `devicelog: ${mongo.where}: ${text}`, { stream, seq })
    }
    if (there.sealed) {
      learn(stream, seq - 1, true)
      throw sealedError(stream)
    }
    if (there.crc !== batch.readUInt32LE(4) || there.z !== batch.length)
      throw new PandoError('conflict', `stream ${stream} has another batch under seq ${seq}`, { stream, seq })
  }

  async function seal(stream: number): Promise<number> {
    for (;;) {
      const t = await tip(stream)
      const last = t?.last ?? 0
      if (!t?.sealed) {
        await remember(stream)
        const taken = await mongo
          .call(() => log.insertOne({ _id: batchKey(stream, last + 1), sealed: true }))
          .then(() => false, ifThere)
        if (taken) continue
      }
      const change = { $set: { sealed: double(last) }, $setOnInsert: { first: double(1) } }
      await mongo.call(() => streams.updateOne({ _id: double(stream) }, change, { upsert: true }))
      learn(stream, last, true)
      return last
    }
  }

  return { append, seal, tip }
}

function headOf(batch: Buffer): BatchHead {
  if (!checkBatch(batch) || batchHead(batch).size !== batch.length)
    throw new PandoError('invalid', 'the octets are no batch with a right checksum and length')
  const head = batchHead(batch)
  if (!Number.isSafeInteger(head.seq) || head.seq < 1) throw new PandoError('invalid', `seq ${head.seq}: batches count from 1`)
  return head
}

const sealedError = (stream: number): PandoError =>
  new PandoError('stream_sealed', `stream ${stream} was sealed: another node has taken over`, { stream })

/** → true if the document was there already. */
function ifThere(e: unknown): true {
  if (isDuplicate(e)) return true
  throw e
}
