import { type Model, parseModel } from '#protocol/model.ts'
import type { AdminPeers } from './call.ts'

/** The model of a product as of a version, parsed; versions never change. */
export type ModelCache = (productId: number, version: number) => Promise<Model>

const MOST = 256

export function modelCache(peers: AdminPeers): ModelCache {
  const kept = new Map<string, Promise<Model>>()
  return (productId, version) => {
    const key = `${productId}/${version}`
    const found = kept.get(key) ?? peers.registry.model({ productId, version }).then((m) => parseModel(m.config))
    // What was used last stays longest.
    kept.delete(key)
    kept.set(key, found)
    found.catch(() => kept.delete(key))
    if (kept.size > MOST) kept.delete(kept.keys().next().value!)
    return found
  }
}
