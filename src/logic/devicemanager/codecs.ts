/** Which products do not speak Pando's own frames: asked once for each version of a model. */
import type { Face } from '#contracts/contract.ts'
import type { Device, registry } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { isForeign } from '#protocol/codec.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { parseModel } from '#protocol/model.ts'

type Peer = Pick<Face<typeof registry>, 'model'>

/** → the codec of each device that has one of its own. Rejects when the registry does not answer. */
export type CodecsOf = (devices: readonly Device[]) => Promise<ReadonlyMap<Device, string>>

const MOST = 100_000
const none = new Map<Device, string>()

export function makeCodecs(peer: Peer): CodecsOf {
  /** by product and version; '' = Pando's own. A published version never changes. */
  const known = new Map<string, string>()
  const keyOf = (d: Device) => `${d.productId}/${d.modelVersion}`

  async function learn(key: string, { productId, modelVersion: version }: Device): Promise<void> {
    const codec = await codecOf(peer, productId, version)
    if (known.size >= MOST) known.delete(known.keys().next().value!)
    known.set(key, codec)
  }

  return async (devices) => {
    const missing = new Map<string, Device>()
    let foreign = false
    for (const d of devices) {
      const codec = known.get(keyOf(d))
      if (codec === undefined) missing.set(keyOf(d), d)
      else if (codec !== '') foreign = true
    }
    if (missing.size > 0) await Promise.all([...missing].map(([key, d]) => learn(key, d)))
    else if (!foreign) return none
    return new Map(devices.map((d) => [d, known.get(keyOf(d)) ?? ''] as const).filter(([, codec]) => codec !== ''))
  }
}

async function codecOf(peer: Peer, productId: number, version: number): Promise<string> {
  try {
    const { codec } = parseModel((await peer.model({ productId, version })).config)
    return isForeign(codec) ? codec : ''
  } catch (e) {
    if (e instanceof ProtocolError || isPandoError(e, 'not_found') || isPandoError(e, 'product_unknown')) return ''
    throw e
  }
}
