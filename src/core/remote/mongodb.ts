/** What the engines on MongoDB share: one client each, everything acknowledged by a majority and in its journal. */
import { type ClientSession, type Db, MongoClient, MongoError, MongoParseError, MongoServerError, ReadConcern } from 'mongodb'
import type { EngineHealth } from '#core/health.ts'
import { type ErrorCode, PandoError } from '#lib/errors.ts'
import { reachability, reasonOf } from './health.ts'

export interface Mongo {
  db: Db
  /** scheme and hosts */
  where: string
  health(): EngineHealth
  /** Runs a call; what fails leaves as a PandoError, `code` where the server is not there. A server's own errors are handed to `expected` first. */
  call<T>(work: () => Promise<T>): Promise<T>
  /** All of it or nothing; one attempt. Where the answer to the end of it is lost it may be in all the same. */
  transaction(work: (session: ClientSession) => Promise<void>): Promise<void>
  close(): Promise<void>
}

export interface MongoOptions {
  port: string
  /** the error when the server does not answer */
  code?: ErrorCode
  onState?: ((h: EngineHealth) => void) | undefined
}

const DATABASE = 'pando'
const DUPLICATE_KEY = 11_000
const NO_SPACE = 14_031
const DENIED = new Set([13, 18, 8000])
const CLOSED = 'is closed'

/** May be set otherwise in the URL. */
const defaults = {
  appName: 'pando',
  connectTimeoutMS: 3000,
  serverSelectionTimeoutMS: 5000,
  socketTimeoutMS: 10_000,
  heartbeatFrequencyMS: 2000,
  waitQueueTimeoutMS: 10_000,
  maxPoolSize: 16,
}

/** Connects. Rejects with `unavailable` if nobody answers, `config_invalid` if the URL or the server is not fit. */
export async function openMongo(url: string, o: MongoOptions): Promise<Mongo> {
  const client = clientOf(url, o.port)
  const { hosts, srvHost } = client.options
  const where = srvHost ? `mongodb+srv://${srvHost}` : `mongodb://${hosts.join(',')}`
  const health = reachability(where, o.onState)
  const fail = (e: unknown, code: ErrorCode): PandoError => failure(e, o.port, where, code)
  try {
    const hello = await client.db('admin').command({ hello: 1 })
    if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid') {
      const why =
        'is no member of a replica set: without one nothing can be acknowledged by a majority; a set of one is enough to try it'
      throw new PandoError('config_invalid', `${o.port}: ${where} ${why}`, { port: o.port })
    }
  } catch (e) {
    await client.close()
    throw fail(e, 'unavailable')
  }
  let closed = false

  async function call<T>(work: () => Promise<T>): Promise<T> {
    const code = o.code ?? 'unavailable'
    if (closed) throw new PandoError(code, `${o.port} ${CLOSED}`, { port: o.port })
    try {
      const result = await work()
      health.ok()
      return result
    } catch (e) {
      if (e instanceof PandoError || isDuplicate(e)) throw e
      if (!closed) health.failed(e)
      throw fail(e, code)
    }
  }

  return {
    where,
    health: health.current,
    db: client.db(databaseOf(client), {
      readPreference: 'primary',
      readConcern: new ReadConcern('majority'),
      writeConcern: safe,
    }),
    call,
    transaction: (work) => call(() => client.withSession((session) => inTransaction(session, () => work(session)))),
    async close() {
      closed = true
      await client.close()
    },
  }
}

const safe = { w: 'majority', journal: true } as const

async function inTransaction(session: ClientSession, work: () => Promise<void>): Promise<void> {
  session.startTransaction({ readConcern: { level: 'majority' }, writeConcern: safe })
  try {
    await work()
  } catch (e) {
    await session.abortTransaction().catch(() => {})
    throw e
  }
  await session.commitTransaction()
}

/** The document is there already. */
export const isDuplicate = (e: unknown): e is MongoServerError => e instanceof MongoServerError && e.code === DUPLICATE_KEY

function clientOf(url: string, port: string): MongoClient {
  try {
    return new MongoClient(url, { ...unset(url), promoteBuffers: true })
  } catch (e) {
    const why = e instanceof MongoParseError || e instanceof MongoError ? e.message : 'it cannot be read'
    throw new PandoError('config_invalid', `${port}: the MongoDB URL is wrong: ${why.replaceAll(url, '…')}`, { port })
  }
}

/** What the URL says comes first. */
function unset(url: string): Partial<typeof defaults> {
  const named = new Set([...new URLSearchParams(url.split('?')[1] ?? '').keys()].map((k) => k.toLowerCase()))
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !named.has(name.toLowerCase())))
}

/** The path of the URL, or the default. */
function databaseOf(client: MongoClient): string {
  return client.options.dbName === 'test' ? DATABASE : client.options.dbName
}

function failure(e: unknown, port: string, where: string, code: ErrorCode): PandoError {
  if (e instanceof PandoError) return e
  const text = `${port}: ${where} ${e instanceof MongoServerError ? 'refuses' : 'cannot be reached'}: ${reasonOf(e)}`
  if (e instanceof MongoServerError && e.code === NO_SPACE) return new PandoError('disk_full', text, { port }, e)
  if (e instanceof MongoServerError && DENIED.has(Number(e.code)) && code === 'unavailable')
    return new PandoError('config_invalid', `${port}: ${where} refuses user or password: ${reasonOf(e)}`, { port }, e)
  return new PandoError(code, text, { port }, e)
}
