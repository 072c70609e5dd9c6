/** Deals the records of a batch out to the applications that want them. */
import { at, batchHead, recordKind } from '#core/devicelog/batch.ts'
import { needsModel, toldOf, webhookText } from '#logic/shared/body.ts'
import { type Directory, type Known, keyOf, look, Missing } from '#logic/shared/directory.ts'
import { wanted } from '#logic/shared/scan.ts'
import { domainCovers } from '#protocol/identifiers.ts'
import type { Receiver } from './receiver.ts'

/** Applications that get dealings together, and which record kinds they want. */
export interface Audience {
  readonly receivers: readonly Receiver[]
  /** bits `1 << kind` */
  readonly mask: number
  /** receivers by product, filled while dealing */
  readonly byProduct: Map<number, Receiver[]>
}

export const audience = (receivers: readonly Receiver[]): Audience => ({
  receivers,
  mask: receivers.reduce((mask, r) => mask | r.mask, 0),
  byProduct: new Map(),
})

/**
 * Hands the batch's webhooks to the audience and copies what it keeps. A promise: nothing was dealt, devices or models are being
 * fetched; call again when it has resolved.
 */
export function deal(batch: Buffer, to: Audience, directory: Directory): Promise<void> | undefined {
  if (wanted(batch, to.mask).length === 0) return undefined
  const native = directory.native(batch)
  return native instanceof Promise ? native.then(() => {}) : dealNative(native, to, directory)
}

function dealNative(b: Buffer, to: Audience, directory: Directory): Promise<void> | undefined {
  const records = wanted(b, to.mask)
  const missing = new Missing()
  for (const w of records) look(b, w, directory, missing)
  if (missing.any) return directory.fetch(missing)
  const { stream, seq } = batchHead(b)
  const touched = new Set<Receiver>()
  for (const w of records) {
    const device = b.readDoubleLE(w.p + at.device)
    const known = directory.device(device)
    if (!known) continue
    const only = w.kind === recordKind.told ? toldOf(b, w.p, w.p + w.size)?.applicationId : undefined
    const takers = takersOf(to, known).filter(
      (r) =>
        r.mask & (1 << w.kind) &&
        (w.kind !== recordKind.told || r.app.id === only) &&
        r.takes(stream, seq, b.readDoubleLE(w.p + at.time)),
    )
    if (takers.length === 0) continue
    const model = needsModel(w.kind) ? directory.model(keyOf(b, w.p, known)) : null
    const text = webhookText(b, w.p, w.size, known.identifierJson, model ?? null)
    if (text === undefined) continue
    const body = Buffer.from(text)
    const id = messageId(stream, seq, w.index)
    for (const r of takers) {
      r.take(device, b.readDoubleLE(w.p + at.time), { id, body }, stream, seq)
      touched.add(r)
    }
  }
  for (const r of touched) r.outbox.pump()
  return undefined
}

/** The webhook-id: the record's place in the log, so that it is the same however often the record is read. */
export const messageId = (stream: number, seq: number, index: number): string => `msg_${stream.toString(36)}_${seq}_${index}`

function takersOf(to: Audience, known: Known): Receiver[] {
  let found = to.byProduct.get(known.product)
  if (!found) {
    found = to.receivers.filter((r) => domainCovers(r.domain, known.vendor, known.product))
    to.byProduct.set(known.product, found)
  }
  return found
}
