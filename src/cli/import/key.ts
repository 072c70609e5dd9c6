/** The platform key of the old installation, without which none of its keys is good here. It is tried before anything is made. */
import { PandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { type Keys, makeKeys } from '#protocol/keys.ts'
import { readConfig } from '#src/config.ts'
import { applicationOf, deviceOf, type OldDatabase, productOf, vendorOf } from './rows.ts'

/** Throws `config_invalid` where the setting is missing. */
export function keyGiven(env: Record<string, string | undefined>): string {
  const { aesKey } = readConfig(env).config
  if (aesKey !== undefined) return aesKey
  throw wrong('must be set to the key of the old installation, -aeskey of its registry: without it none of its keys is good')
}

const wrong = (what: string): PandoError =>
  new PandoError('config_invalid', `PANDO_AES_KEY ${what}`, { setting: 'PANDO_AES_KEY' })

const kinds = { vendor: vendorOf, product: productOf, application: applicationOf, device: deviceOf } as const
/** Single rows may have been spoilt. */
const TRIED = 20

/** Throws `config_invalid` where it made none of the first keys. */
export async function expectRightKey(database: OldDatabase, aesKey: string): Promise<void> {
  const keys = makeKeys(aesKey)
  let tried = 0
  for (const [table, of] of Object.entries(kinds)) {
    for await (const row of database.rows(table as keyof typeof kinds)) {
      if (isOwn(keys, of(row))) return
      if (++tried % TRIED === 0) break
    }
  }
  if (tried > 0) throw wrong('is not the key of that installation: it made none of these keys')
}

function isOwn(keys: Keys, { id, key }: { id: number; key: string }): boolean {
  try {
    return keys.decode(key) === BigInt(id)
  } catch (e) {
    if (e instanceof ProtocolError) return false
    throw e
  }
}
