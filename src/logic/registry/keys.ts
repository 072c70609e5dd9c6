import type { Context } from './context.ts'
import type { Kind } from './secrets.ts'

/** A new key of the key scheme for a record: wrapped to be shown again, hashed to be compared. */
export function newKey({ keys, secrets }: Context, kind: Kind, id: number): { key_hash: string; key_sealed: string } {
  const key = keys.encode(id)
  return { key_hash: secrets.keyHash(kind, key), key_sealed: secrets.seal(kind, id, key) }
}
