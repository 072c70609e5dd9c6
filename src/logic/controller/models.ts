/** Product models by (product, version), parsed once. */

import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import { type Model, parseModel } from '#protocol/model.ts'

export interface Models {
  get(productId: number, version: number): Promise<Model>
}

const MOST = 10_000

export function models(peer: Pick<Face<typeof registry>, 'model'>): Models {
  const cache = new Map<string, Promise<Model>>()
  return {
    get(productId, version) {
      const key = `${productId}/${version}`
      let found = cache.get(key)
      if (!found) {
        found = peer.model({ productId, version }).then((m) => parseModel(m.config))
        if (cache.size >= MOST) cache.delete(cache.keys().next().value!)
        cache.set(key, found)
        found.catch(() => cache.delete(key))
      }
      return found
    },
  }
}
