/** Devices and product models as readers of the log need them, cached: most batches are decoded without asking anybody. */
import type { Face } from '#contracts/contract.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { at } from '#core/devicelog/batch.ts'
import { makeTranslator, type Translator } from '#core/devicelog/foreign.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { builtInCodecs, type Codecs } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { type Model, parseModel } from '#protocol/model.ts'
import { goJson, needsModel } from './body.ts'
import type { Wanted } from './scan.ts'

/** A device as applications are told of it. */
export interface Known {
  vendor: number
  product: number
  modelVersion: number
  identifier: string
  identifierJson: string
}

type Peer = Pick<Face<typeof registry>, 'devicesById' | 'model'>

const MOST_DEVICES = 200_000
const MOST_MODELS = 10_000
const ABSENT_MS = 60_000
const IDS_A_CALL = 1000
const VERSIONS = 65_536

/** What is missing before a batch can be decoded. */
export class Missing {
  readonly devices = new Set<number>()
  readonly models = new Set<number>()
  get any(): boolean {
    return this.devices.size > 0 || this.models.size > 0
  }
}

/** Least recently added goes first; what does not exist is remembered for a minute. */
class Cache<T> {
  readonly #most: number
  readonly #clock: Clock
  readonly #held = new Map<number, T>()
  readonly #absent = new Map<number, number>()

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
  }

  /** null: does not exist; undefined: not known */
  get(key: number): T | null | undefined {
    const held = this.#held.get(key)
    if (held !== undefined) return held
    return (this.#absent.get(key) ?? 0) > this.#clock.now() ? null : undefined
  }

  put(key: number, value: T | undefined): void {
    if (value === undefined) {
      if (this.#absent.size >= this.#most) this.#absent.clear()
      this.#absent.set(key, this.#clock.now() + ABSENT_MS)
      return
    }
    if (this.#held.size >= this.#most) this.#held.delete(this.#held.keys().next().value!)
    this.#held.set(key, value)
  }

  drop(key: number): void {
    this.#held.delete(key)
    this.#absent.delete(key)
  }
}

export interface Directory {
  /** null: no such device (any more); undefined: fetch first */
  device(id: number): Known | null | undefined
  /** null: no such model, or it cannot be read */
  model(key: number): Model | null | undefined
  /** Rejects when the registry does not answer. */
  fetch(missing: Missing): Promise<void>
  forgetDevice(id: number): void
  /** The batch with every frame as one of our own (core/devicelog/foreign.ts). */
  native: Translator['native']
}

/** One number for a version of a product's model. */
export const modelKey = (product: number, version: number): number => product * VERSIONS + version

export function makeDirectory(peer: Peer, clock: Clock, codecs: Codecs = builtInCodecs): Directory {
  const translator = makeTranslator({ codecs, registry: { model: (m) => peer.model(m) } })
  const devices = new Cache<Known>(MOST_DEVICES, clock)
  const models = new Cache<Model>(MOST_MODELS, clock)

  async function fetchDevices(ids: readonly number[]): Promise<void> {
    const { items } = await peer.devicesById({ ids: [...ids] })
    const found = new Map(items.map((d) => [d.id, d]))
    for (const id of ids) devices.put(id, knownOf(found.get(id)))
  }

  async function fetchModel(key: number): Promise<void> {
    models.put(key, await readModel(peer, Math.floor(key / VERSIONS), key % VERSIONS))
  }

  return {
    device: (id) => devices.get(id),
    model: (key) => models.get(key),
    async fetch(missing) {
      const ids = [...missing.devices]
      for (let i = 0; i < ids.length; i += IDS_A_CALL) await fetchDevices(ids.slice(i, i + IDS_A_CALL))
      await Promise.all([...missing.models].map(fetchModel))
    },
    forgetDevice: (id) => devices.drop(id),
    native: translator.native,
  }
}

const knownOf = (d: Device | undefined): Known | undefined =>
  d && {
    vendor: d.vendorId,
    product: d.productId,
    modelVersion: d.modelVersion,
    identifier: d.identifier,
    identifierJson: goJson(d.identifier),
  }

async function readModel(peer: Peer, productId: number, version: number): Promise<Model | undefined> {
  try {
    return parseModel((await peer.model({ productId, version })).config)
  } catch (e) {
    if (e instanceof ProtocolError || isPandoError(e, 'not_found') || isPandoError(e, 'product_unknown')) return undefined
    throw e
  }
}

/** Notes what is not known of a record. */
export function look(b: Buffer, w: Wanted, directory: Directory, missing: Missing): void {
  const device = b.readDoubleLE(w.p + at.device)
  const known = directory.device(device)
  if (known === undefined) missing.devices.add(device)
  if (!needsModel(w.kind) || known === null) return
  const key = known ? keyOf(b, w.p, known) : undefined
  if (key !== undefined && directory.model(key) === undefined) missing.models.add(key)
}

/** Records name product and model version that were valid when they came; a writer that knew neither leaves 0. */
export const keyOf = (b: Buffer, p: number, known: Known): number =>
  modelKey(b.readUInt32LE(p + at.product) || known.product, b.readUInt16LE(p + at.version) || known.modelVersion)
