/** The registry's store by URL: `sqlite:` (registry.db in the data directory), `sqlite:<path>`. */
import { PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { Registrystore } from './port.ts'

/** `log` hears what an operator should know but which is no reason not to start. */
export interface OpenOptions {
  dataDir: string
  log?: Logger
}
type Open = (url: string, o: OpenOptions) => Promise<Registrystore>

const engines: Record<string, Open> = {
  sqlite: async (url, o) => (await import('./sqlite.ts')).openSqlite(url, o),
}

/** Opens (makes, migrates) the store. `config_invalid` for an unknown scheme, else as the engine says. */
export async function openRegistrystore(url: string, o: OpenOptions): Promise<Registrystore> {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const open = Object.hasOwn(engines, scheme) ? engines[scheme] : undefined
  if (open) return open(url, o)
  const known = Object.keys(engines).map((s) => `${s}:`)
  throw new PandoError('config_invalid', `PANDO_REGISTRY_URL: no engine for "${scheme}:"; there is ${known.join(', ')}`, {
    scheme,
  })
}
