// ENG-15
import { randomBytes } from 'node:crypto'
import { createClient } from 'redis'
import { onEngine } from '../../../../test/support/engines.ts'
import { openPresence } from '../open.ts'
import { presenceSuite } from '../suite.ts'

onEngine('redis', (server) => {
  presenceSuite('redis', async () => {
    const prefix = `{t${randomBytes(6).toString('hex')}}:`
    const url = `${server}/?prefix=${encodeURIComponent(prefix)}`
    return {
      presence: await openPresence(url, {}),
      another: () => openPresence(url, {}),
      advance: (ms) => age(server, prefix, ms),
      lose: () => lose(server, prefix),
    }
  })
})

/** Leases of this prefix are this much older. */
async function age(server: string, prefix: string, ms: number): Promise<void> {
  const client = await createClient({ url: server }).connect()
  for (const key of await client.keys(`${prefix}l:*`)) {
    const left = (await client.pTTL(key)) - ms
    if (left > 0) await client.pExpire(key, left)
    else await client.del(key)
  }
  client.destroy()
}

async function lose(server: string, prefix: string): Promise<void> {
  const client = await createClient({ url: server }).connect()
  await client.del(await client.keys(`${prefix}*`))
  client.destroy()
}
