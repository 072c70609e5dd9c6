/** With PANDO_TEST_WORLD=servers each world has its registry on MySQL and its presence on Redis, the servers of support/engines.ts. */
import { randomBytes } from 'node:crypto'
import { ownDatabase } from '../support/databases.ts'
import { engineUrl } from '../support/engines.ts'
import type { Env } from './shapes.ts'

export interface WorldServers {
  env: Env
  drop(): Promise<void>
}

export async function worldServers(): Promise<WorldServers> {
  if (process.env['PANDO_TEST_WORLD'] !== 'servers') return { env: {}, drop: async () => undefined }
  const [mysql, redis] = [engineUrl('mysql'), engineUrl('redis')]
  if (!mysql || !redis) throw new Error('PANDO_TEST_WORLD=servers needs MySQL and Redis')
  const { url, drop } = await ownDatabase(mysql)
  const key = () => randomBytes(24).toString('base64url')
  return {
    env: {
      PANDO_REGISTRY_URL: url,
      PANDO_PRESENCE_URL: `${redis}?prefix=${encodeURIComponent(`{${key()}}:`)}`,
      PANDO_AES_KEY: key(),
      PANDO_MASTER_KEY: key() + key(),
    },
    drop,
  }
}
