/** Looks through a batch for those who listen: each record that somebody wants is found and told once. */
import { at, batchHead, recordKind } from '#core/devicelog/batch.ts'
import { dataOf, needsModel, toldOf, webhookText } from '#logic/shared/body.ts'
import { type Directory, keyOf, look, Missing } from '#logic/shared/directory.ts'
import { type Wanted, wanted } from '#logic/shared/scan.ts'
import type { Interest, Seen } from './interest.ts'

/** A promise: devices or models are being fetched first; call again. undefined: nothing of it is wanted. */
export function prepare(batch: Buffer, sieve: Sieve, directory: Directory): Promise<void> | Prepared | undefined {
  if (sieve.mask === 0 || sifted(batch, sieve).length === 0) return undefined
  const b = directory.native(batch)
  if (b instanceof Promise) return b.then(() => {})
  const records = sifted(b, sieve)
  const missing = new Missing()
  for (const w of records) look(b, w, directory, missing)
  if (missing.any) return directory.fetch(missing)
  const { stream, seq } = batchHead(b)
  return { b, stream, seq, records }
}

/** What can be told by the head of a record: most are never looked at more closely. */
export interface Sieve {
  /** bits `1 << kind` */
  readonly mask: number
  /** undefined: any */
  readonly devices: { has(device: number): boolean } | undefined
}

function sifted(b: Buffer, { mask, devices }: Sieve): Wanted[] {
  const found = wanted(b, mask)
  return devices ? found.filter((w) => devices.has(b.readDoubleLE(w.p + at.device))) : found
}

export interface Prepared {
  b: Buffer
  stream: number
  seq: number
  records: readonly Wanted[]
}

/** The record as listeners are shown it; undefined where its device is no more. */
export function seen({ b }: Prepared, w: Wanted, id: string, directory: Directory): Seen | undefined {
  const { p, size, kind } = w
  const device = b.readDoubleLE(p + at.device)
  const known = directory.device(device)
  if (!known) return undefined
  const model = needsModel(kind) ? (directory.model(keyOf(b, p, known)) ?? null) : null
  let body: string | undefined | null = null
  return {
    b,
    p,
    size,
    kind,
    device,
    known,
    model,
    id,
    data: () => dataOf(kind, b, p, p + size, model),
    body() {
      if (body === null) body = webhookText(b, p, size, known.identifierJson, model)
      return body
    },
  }
}

/** What is left to ask when product and device fit. */
export const wants = (i: Interest, { kind, b, p, size }: Seen): boolean =>
  (i.mask & (1 << kind)) !== 0 &&
  b.readDoubleLE(p + at.time) >= i.from &&
  (kind !== recordKind.told || toldOf(b, p, p + size)?.applicationId === i.applicationId)
