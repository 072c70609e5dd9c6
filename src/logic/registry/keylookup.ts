/** From a key to the id of its record. The key only finds the row; being the row's own key, compared in constant time, authenticates. */
import { type ErrorCode, PandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import type { Keys } from '#protocol/keys.ts'
import { makeCache } from './cache.ts'
import { validId } from './checks.ts'
import { type Secrets, sameText } from './secrets.ts'

type KeyKind = 'product.key' | 'application.key' | 'device.key'

/** Keys that were compared before. Ids are never given again; only an application's key changes. */
const COMPARED = 16_384

/** What the old cloud said; applications may compare it. */
const mismatch: Record<KeyKind, string> = {
  'product.key': 'product key not match.',
  'application.key': 'app key not match.',
  'device.key': 'device key not match.',
}

export const unknown = (code: ErrorCode): PandoError => new PandoError(code, 'record not found')

function decode(keys: Keys, key: string): number {
  try {
    return Number(keys.decode(key))
  } catch (e) {
    if (e instanceof ProtocolError) throw new PandoError('key_invalid', e.message, {}, e)
    throw e
  }
}

export function makeKeyLookup(s: { keys: Keys; secrets: Secrets; fresh: () => Promise<void> | undefined }) {
  const compared = makeCache<string, number>(COMPARED)
  return {
    /** → the id. Throws `key_invalid`, `missing` or `key_mismatch`; `hashOf` reads the hash in the row of an id. */
    async idOf(
      kind: KeyKind,
      key: string,
      missing: ErrorCode,
      hashOf: (id: number) => Promise<string | undefined>,
    ): Promise<number> {
      await s.fresh()
      const name = `${kind}/${key}`
      const known = compared.get(name)
      if (known !== undefined) return known
      const epoch = compared.epoch()
      const id = decode(s.keys, key)
      const hash = validId(id) ? await hashOf(id) : undefined
      if (hash === undefined) throw unknown(missing)
      if (!sameText(s.secrets.keyHash(kind, key), hash)) throw new PandoError('key_mismatch', mismatch[kind])
      compared.fill(name, id, epoch)
      return id
    },
    /** When a key may have been replaced. */
    drop: (): void => compared.clear(),
  }
}
