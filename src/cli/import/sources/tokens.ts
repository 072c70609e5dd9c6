/** Tokens in the old cloud's Redis: `device:token:<decimal id>` = 16 octets. From the running server, a snapshot, or lines `key hex`. */
import { readFileSync } from 'node:fs'
import { createClient, RESP_TYPES } from 'redis'
import type { OldToken } from '#contracts/registry.ts'
import { reasonOf } from '#core/remote/health.ts'
import { PandoError } from '#lib/errors.ts'
import { firstOctets, linesIn } from './files.ts'
import { isRdb, textsInRdb } from './rdb.ts'

const PREFIX = 'device:token:'
const KEY = /^device:token:(\d{1,15})$/
const AT_ONCE = 1000

const tokenOf = (key: string, hex: string): OldToken | undefined => {
  const id = KEY.exec(key)?.[1]
  return id === undefined ? undefined : { id: Number(id), token: hex }
}

export const tokensIn = (source: string): AsyncIterable<OldToken> =>
  /^rediss?:\/\//.test(source) ? ofServer(source) : ofFile(source)

async function* ofFile(file: string): AsyncGenerator<OldToken> {
  if (isRdb(firstOctets(file, 5))) {
    for (const { key, value } of textsInRdb(readFileSync(file), file)) {
      const token = tokenOf(key, value.toString('hex'))
      if (token) yield token
    }
    return
  }
  for await (const line of linesIn(file)) {
    const [key = '', hex = ''] = line.split(/\s+/)
    const token = tokenOf(key, hex)
    if (!token && !key.startsWith('device:onlinestatus:'))
      throw new PandoError('invalid', `${file}: ${JSON.stringify(line.slice(0, 80))} is not "${PREFIX}<id> <32 hex digits>"`, {
        file,
      })
    if (token) yield token
  }
}

async function* ofServer(url: string): AsyncGenerator<OldToken> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 5000 } })
  client.on('error', () => {})
  try {
    await client.connect()
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    for await (const keys of client.scanIterator({ MATCH: `${PREFIX}*`, COUNT: AT_ONCE })) {
      if (keys.length === 0) continue
      const values = (await binary.mGet(keys)) as unknown as (Buffer | null)[]
      for (const [i, key] of keys.entries()) {
        // it may have ended meanwhile
        const token = values[i] ? tokenOf(key, values[i].toString('hex')) : undefined
        if (token) yield token
      }
    }
  } catch (e) {
    if (e instanceof PandoError) throw e
    throw new PandoError('unavailable', `the old Redis at ${new URL(url).host} cannot be used: ${reasonOf(e)}`, {}, e)
  } finally {
    client.destroy()
  }
}
