/** History in MongoDB: what it has in common with that in files (the counting side, queries, packing, current values) is the same code. */
import { type Mongo, openMongo } from '#core/remote/mongodb.ts'
import type { Logger } from '#lib/log.ts'
import { FileHistory } from '../file/history.ts'
import { KeptCurrent } from '../file/keptcurrent.ts'
import type { Link, Listener } from '../file/link.ts'
import { serveKeeper, teller } from '../file/messages.ts'
import type { History } from '../port.ts'
import { mongoDisk } from './disk.ts'
import { type Collections, openCollections } from './documents.ts'
import { MongoKeeper } from './keeper.ts'

/** Opens history in the database that the URL names. Rejects with `unavailable` if nobody answers, and `config_invalid`. */
export async function openMongoHistory(url: string, { log }: { log?: Logger }): Promise<History> {
  const mongo = await openMongo(url, { port: 'history' })
  try {
    const collections = await openCollections(mongo)
    const current = await KeptCurrent.open('current', mongoDisk(mongo))
    return await FileHistory.open(
      current,
      (listener) => link(mongo, collections, listener),
      (h) => {
        if (h.error === undefined) log?.info({ engine: 'history' }, 'history is well again')
        else log?.warn({ engine: 'history', state: h.state }, h.error)
      },
    )
  } catch (e) {
    await mongo.close()
    throw e
  }
}

/** The keeper works in this thread: it mostly waits for the server. */
async function link(mongo: Mongo, c: Collections, listener: Listener): Promise<Link> {
  const post: Listener['reply'] = (reply) => listener.reply(reply)
  const serve = serveKeeper(await MongoKeeper.open(mongo, c, teller(post)), post)
  post({ type: 'ready' })
  return {
    post: (request) => void serve(request).catch((e: Error) => listener.broken(e)),
    close: () => mongo.close(),
  }
}
