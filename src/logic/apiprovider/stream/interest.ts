/** What a listener wants of the log, and the record as it is shown to it. */
import type { Known } from '#logic/shared/directory.ts'
import { type Domain, domainCovers } from '#protocol/identifiers.ts'
import type { Model } from '#protocol/model.ts'

/** A record that somebody listens for; good until the call returns. */
export interface Seen {
  b: Buffer
  p: number
  size: number
  kind: number
  device: number
  known: Known
  model: Model | null
  /** its place in the log */
  id: string
  /** What it says: JSON text; undefined: nothing that the model knows. */
  data(): string | undefined
  /** What applications are told of it; undefined: nothing. Made once. */
  body(): string | undefined
}

/** How a record is written; undefined: it says nothing. */
export type Form = (r: Seen) => Buffer | undefined

export interface Interest {
  /** same key: same interest */
  key: string
  form: Form
  /** bits `1 << kind` */
  mask: number
  domain: Domain
  /** whose `told` records it gets */
  applicationId: number | undefined
  /** ms since 1970: nothing that came before */
  from: number
  /** undefined: all that the domain covers */
  devices: ReadonlySet<number> | undefined
  products: ReadonlySet<number> | undefined
}

export const covers = (i: Interest, { vendor, product }: Known): boolean =>
  domainCovers(i.domain, vendor, product) && (i.products?.has(product) ?? true)
