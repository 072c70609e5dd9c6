/** Engines that are servers (test/support/engines.ts), with a database, a prefix and names of its own for each world. */
import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { ownDatabase } from '../support/databases.ts'
import { type EngineName, engineUrl } from '../support/engines.ts'
import { type Env, enginesOf, type Shape } from './running.ts'

export interface WorldServers {
  env: Env
  drop(): Promise<void>
}

/** `own`: servers that nobody else uses, in place of the shared ones; with PostgreSQL that has the registry. */
export async function worldServers(shape: Shape, own: Readonly<Record<string, string>> = {}): Promise<WorldServers> {
  const urlOf = (name: EngineName) => own[name] ?? engineUrl(name)!
  const names = enginesOf[shape]
  if (!names) return { env: {}, drop: async () => undefined }
  const missing = names.filter((name) => !urlOf(name))
  if (missing.length > 0) throw new Error(`the shape ${shape} needs ${missing.join(', ')}`)
  const key = () => randomBytes(24).toString('base64url')
  const place = `pando-test-${randomBytes(6).toString('hex')}`
  const { url, drop } = await ownDatabase(own['postgres'] ?? urlOf('mysql'))
  // a server that stands in for MongoDB goes through all that it keeps to answer a repeated write, with each write: nothing fails over here
  const mongodb = `${urlOf('mongodb')}/${place}?retryWrites=false`
  return {
    env: {
      PANDO_REGISTRY_URL: url,
      PANDO_PRESENCE_URL: `${urlOf('redis')}?prefix=${encodeURIComponent(`{${place}}:`)}`,
      PANDO_DEVICELOG_URL: mongodb,
      PANDO_HISTORY_URL: mongodb,
      PANDO_QUEUE_URL: withParams(urlOf('nsq'), `prefix=${place}.`),
      PANDO_AES_KEY: key(),
      PANDO_MASTER_KEY: key() + key(),
      ...(shape !== 'servers' && {
        PANDO_DISCOVERY_URL: `${urlOf('etcd')}/${place}`,
        PANDO_CLUSTER_SECRET: 'a secret of thirty-two characters and more',
      }),
    },
    async drop() {
      await drop()
      const client = await MongoClient.connect(mongodb)
      await client.db().dropDatabase()
      await client.close()
    },
  }
}

export const withParams = (url: string, params: string): string => `${url}${url.includes('?') ? '&' : '?'}${params}`
