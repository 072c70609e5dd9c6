/**
 * Frames of products that name a codec (protocol/codec.ts) lie in the log as they came. Whoever needs their values reads through a
 * translator: behind it every frame is one of Pando's own.
 */
import { isPandoError } from '#lib/errors.ts'
import { type Codecs, type FrameKind, nativeFrame } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { type Model, parseModel } from '#protocol/model.ts'
import { reason } from '#protocol/reasons.ts'
import { at, BATCH_HEADER, batchHead, eachRecord, RECORD_HEADER, recordFlag, recordKind, sealBatch } from './batch.ts'

export interface TranslatorOptions {
  codecs: Codecs
  registry: { model(i: { productId: number; version: number }): Promise<{ config: string }> }
  /** A frame could not be read; it is shown as undecodable. */
  failed?(e: ProtocolError, device: number): void
}

/** The fields of a record that is not in a batch. */
export interface Framed {
  kind: number
  reason: number
  flags: number
  product: number
  version: number
  data: Uint8Array
}

export interface Translator {
  /**
   * The batch itself where no frame is a codec's (one comparison a record), else one with the same records in the same order, good for
   * this process only. A promise while models are fetched; it rejects when that fails.
   */
  native(b: Buffer): Buffer | Promise<Buffer>
  /** The same for records that were read from history. */
  records<R extends Framed>(list: readonly R[]): Promise<readonly R[]>
}

const MOST_MODELS = 10_000

type Wanted = Map<string, readonly [product: number, version: number]>

export function makeTranslator(o: TranslatorOptions): Translator {
  /** by product and version; null: it cannot be read */
  const models = new Map<string, Model | null>()

  async function learn(product: number, version: number): Promise<void> {
    const model = await find(product, version)
    if (models.size >= MOST_MODELS) models.delete(models.keys().next().value!)
    models.set(keyOf(product, version), model)
  }

  async function find(productId: number, version: number): Promise<Model | null> {
    try {
      return parseModel((await o.registry.model({ productId, version })).config)
    } catch (e) {
      if (e instanceof ProtocolError || isPandoError(e, 'not_found') || isPandoError(e, 'product_unknown')) return null
      throw e
    }
  }

  function learnAll(wanted: Wanted): Promise<unknown> | undefined {
    const missing = [...wanted].filter(([key]) => !models.has(key))
    return missing.length === 0 ? undefined : Promise.all(missing.map(([, [product, version]]) => learn(product, version)))
  }

  /** undefined: it cannot be read. */
  function frame(r: Framed, device: number): Uint8Array | undefined {
    try {
      const model = models.get(keyOf(r.product, r.version))
      if (!model) throw new ProtocolError('codec_unknown', {}, undefined, 'the model of the frame is not there')
      const kind: FrameKind = r.kind === recordKind.event ? 'event' : 'status'
      return nativeFrame(o.codecs, model, kind, r.data)
    } catch (e) {
      if (!(e instanceof ProtocolError)) throw e
      o.failed?.(e, device)
      return undefined
    }
  }

  return {
    native(b) {
      const wanted = foreignIn(b)
      if (wanted === undefined) return b
      return learnAll(wanted)?.then(() => rewritten(b, frame)) ?? rewritten(b, frame)
    },
    async records(list) {
      const foreign = list.filter(isForeign)
      if (foreign.length === 0) return list
      await learnAll(new Map(foreign.map((r) => [keyOf(r.product, r.version), [r.product, r.version]])))
      return list.map((r) => (isForeign(r) ? { ...r, ...translated(r, frame(r, 0)) } : r))
    },
  }
}

const keyOf = (product: number, version: number): string => `${product}/${version}`

/** A status or event whose octets are a codec's. */
const isForeign = (r: Framed): boolean =>
  (r.flags & recordFlag.foreign) !== 0 && (r.kind === recordKind.status || r.kind === recordKind.event)

/** What changes in a record: its frame, or that it has none. */
function translated(r: Framed, data: Uint8Array | undefined): Framed {
  if (data) return { ...r, data, flags: r.flags & ~recordFlag.foreign }
  const flags = r.kind === recordKind.event ? r.flags | recordFlag.topicEvent : r.flags
  return { ...r, kind: recordKind.undecodable, reason: reason.frame_kind_unknown, flags }
}

/** Products and versions whose foreign frames are in the batch; undefined: there are none. */
function foreignIn(b: Buffer): Wanted | undefined {
  let found: Wanted | undefined
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength)
  const end = v.getUint32(8, true)
  for (let p = BATCH_HEADER; p < end; p += v.getUint32(p, true)) {
    if ((v.getUint8(p + at.flags) & recordFlag.foreign) === 0) continue
    const [product, version] = [b.readUInt32LE(p + at.product), b.readUInt16LE(p + at.version)]
    found ??= new Map()
    found.set(keyOf(product, version), [product, version])
  }
  return found
}

const framedAt = (b: Buffer, p: number, size: number): Framed => ({
  kind: b[p + at.kind]!,
  reason: b[p + at.reason]!,
  flags: b.readUInt16LE(p + at.flags),
  product: b.readUInt32LE(p + at.product),
  version: b.readUInt16LE(p + at.version),
  data: b.subarray(p + RECORD_HEADER, p + size),
})

function rewritten(b: Buffer, frame: (r: Framed, device: number) => Uint8Array | undefined): Buffer {
  const parts: Uint8Array[] = [b.subarray(0, BATCH_HEADER)]
  eachRecord(b, 0, (p, size) => {
    const r = framedAt(b, p, size)
    if (!isForeign(r)) return void parts.push(b.subarray(p, p + size))
    const now = translated(r, frame(r, b.readDoubleLE(p + at.device)))
    parts.push(headOf(b, p, now), now.data)
  })
  const out = Buffer.concat(parts)
  const { count, stream, seq, time } = batchHead(b)
  sealBatch(out, out.length, count, stream, seq, time)
  return out
}

/** The head of the record at b[p], as that of another frame. */
function headOf(b: Buffer, p: number, { kind, reason: why, flags, data }: Framed): Buffer {
  const head = Buffer.copyBytesFrom(b, p, RECORD_HEADER)
  head.writeUInt32LE(RECORD_HEADER + data.length, at.size)
  head[at.kind] = kind
  head[at.reason] = why
  head.writeUInt16LE(flags, at.flags)
  return head
}
