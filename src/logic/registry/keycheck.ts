import type { Reads, Registrystore } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import { loadKeys, type PlatformKeys } from './keyfile.ts'
import { makeSecrets, sameText } from './secrets.ts'
import { TENANT } from './tenant.ts'

interface Config extends Partial<PlatformKeys> {
  dataDir: string
}

const names = ['masterKey', 'aesKey'] as const
/** As `pando copy` calls what it leaves in a registry that is not whole yet. */
const COPYING = 'copying'
const settings = { aesKey: 'PANDO_AES_KEY', masterKey: 'PANDO_MASTER_KEY' } as const

/**
 * The platform's keys, which must be those that the registry's data was written with: their check values are kept in the store at
 * the first start. Throws `config_invalid` naming the setting, `store_damaged` naming the file.
 */
export async function platformKeys(config: Config, store: Registrystore): Promise<PlatformKeys> {
  await expectWhole(store)
  const keys = loadKeys(config.dataDir, config, whyNeeded(store, (await checkValues(store)).size > 0))
  const secrets = makeSecrets(keys.masterKey, TENANT)
  const kept = await store.transaction(async (tx) => {
    const before = await checkValues(tx)
    if (before.size > 0) return before
    await tx.insert(
      'meta',
      names.map((name) => ({ name, value: secrets.checkValue(name, keys[name]) })),
    )
    return checkValues(tx)
  })
  for (const name of names) {
    if (!sameText(kept.get(name) ?? '', secrets.checkValue(name, keys[name]))) throw other(config, name)
  }
  return keys
}

async function expectWhole(store: Registrystore): Promise<void> {
  const [half] = await store.select('meta', { where: { name: COPYING } })
  if (half) throw new PandoError('conflict', 'a copy into this registry is under way, or was broken off: repeat it (pando copy)')
}

/** Keys that one machine makes for itself are no keys of a registry that others share. */
function whyNeeded({ sharedAt }: Registrystore, hasData: boolean): string | undefined {
  if (sharedAt !== undefined) return `${sharedAt} is shared by all who have it open, who need the same keys`
  return hasData ? 'the registry holds data written with a key' : undefined
}

const checkValues = async (store: Reads): Promise<Map<string, string>> =>
  new Map((await store.select('meta', { in: { column: 'name', values: names } })).map((r) => [r.name, r.value]))

function other(config: Config, name: (typeof names)[number]): PandoError {
  const source = config[name] === undefined ? `keys.json in ${config.dataDir}` : settings[name]
  return new PandoError('config_invalid', `${source} is not the key that this registry was written with`, {
    setting: settings[name],
  })
}
