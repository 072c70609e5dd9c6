import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { type Model, parseModel } from '#protocol/model.ts'

/** The model of a product as of a version, parsed; a version that is published never changes. */
export type Models = (productId: number, version: number) => Promise<Model>

const MOST = 256

export function makeModels(peer: () => Pick<Face<typeof registry>, 'model'>): Models {
  const kept = new Map<string, Promise<Model>>()
  return (productId, version) => {
    const key = `${productId}/${version}`
    const found =
      kept.get(key) ??
      peer()
        .model({ productId, version })
        .then((m) => parseModel(m.config))
    // what was used last stays longest
    kept.delete(key)
    kept.set(key, found)
    found.catch(() => kept.delete(key))
    if (kept.size > MOST) kept.delete(kept.keys().next().value!)
    return found
  }
}
