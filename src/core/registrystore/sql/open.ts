/** The registry store on a database server that several processes share. */
import type { Socket } from 'node:net'
import { type Dialect, Kysely, sql } from 'kysely'
import type { EngineOptions } from '#core/engines.ts'
import { reasonOf } from '#core/remote/health.ts'
import { msOf, type ServerUrl, serverUrl, type Tls, tlsOf, tlsParams } from '#core/remote/url.ts'
import { within } from '#core/remote/within.ts'
import { PandoError } from '#lib/errors.ts'
import type { Engine } from '../engine.ts'
import { migrate } from '../migrate.ts'
import type { ColumnTypes, Migration } from '../migrations.ts'
import type { Registrystore } from '../port.ts'
import { COMMITS, type Database } from '../schema.ts'
import { makeStore } from '../store.ts'
import { poolDriver } from './driver.ts'
import { type Kinds, kindOf, mayRepeat, sqlFailure } from './failures.ts'
import { makePool } from './pool.ts'
import { newSocket, type Session, Unreached } from './session.ts'
import { makeTurns } from './turns.ts'

const PORT = 'registrystore'

export interface Address {
  host: string
  port: number
  user: string | undefined
  password: string | undefined
  /** the database */
  path: string
  tls: Tls | undefined
}

/** What differs between database servers. */
export interface SqlServer {
  defaultPort: number
  kinds: Kinds
  /** DDL is no part of a transaction */
  ddlCommits: boolean
  dialect: Omit<Dialect, 'createDriver'>
  /** A session that reads what is committed, waits for locks less than `timeoutMs`, and ends when it says nothing for long. */
  connect(at: Address, socket: Socket, timeoutMs: number): Promise<Session>
  /** a query for the row of Facts */
  facts: string
  /** undefined: it has no type that is fit */
  types(session: Session): Promise<ColumnTypes | undefined>
  /** Locks others out who want the same of this database, as long as the session lasts; false: somebody else has the lock */
  alone(session: Session, waitS: number): Promise<boolean>
}

interface Facts {
  version: string
  /** 1: it may not be written to */
  readonly: number
  now: number | string
  /** why an acknowledged change may be lost */
  risk: string
  /** the database or schema that is meant */
  place: string | null
  /** why it can't be used */
  unfit: string
}

const params = {
  ...tlsParams,
  pool: 'connections at most',
  timeout: 'ms that a statement may take',
  connect_timeout: 'ms that connecting may take',
} as const
const POOL = 8
const TIMEOUT = 5000
const CONNECT_TIMEOUT = 3000
/** A step of the schema may rewrite a large table. */
const MIGRATION_TIMEOUT = 3_600_000
const MIGRATION_WAIT_S = 60
const MAX_SKEW = 60_000

/** For tests: others than those there are. */
export type Migrations = readonly Migration[]

/** A server as its URL says. */
interface Place {
  server: SqlServer
  url: ServerUrl
  tls: Tls | undefined
  where: string
  connectMs: number
  /** the host that was fit the last time */
  good: number
}

/** → the store, checked and migrated. Throws `config_invalid`, `version_mismatch`, `store_damaged`, `unavailable`. */
export async function openSql(server: SqlServer, url: string, o: EngineOptions, list?: Migrations): Promise<Registrystore> {
  const at = serverUrl(PORT, url, { defaultPort: server.defaultPort, params })
  if (at.path === '') throw wrong('the URL names no database')
  const connectMs = msOf(PORT, at.params, 'connect_timeout', CONNECT_TIMEOUT)
  const place = { server, url: at, tls: tlsOf(PORT, at.params), where: `${at.shown}/${at.path}`, connectMs, good: 0 }
  try {
    await prepare(place, o, list)
  } catch (e) {
    if (kindOf(server.kinds, e) === 'denied') throw wrong(`${place.where}: ${(e as Error).message}`, e)
    throw sqlFailure(server.kinds, e, place.where)
  }
  const timeoutMs = msOf(PORT, at.params, 'timeout', TIMEOUT)
  const size = msOf(PORT, at.params, 'pool', POOL)
  const connect = async (): Promise<Session> => (await connectAny(place, timeoutMs)).session
  const pool = makePool({ where: place.where, size, waitMs: timeoutMs, connect })
  const db = new Kysely<Database>({ dialect: { ...server.dialect, createDriver: () => poolDriver(pool) } })
  return makeStore({ ...engineOf(place, db), shared: true, inTurn: makeTurns(place.where), lock })
}

const wrong = (message: string, cause?: unknown): PandoError =>
  new PandoError('config_invalid', `${PORT}: ${message}`, { port: PORT }, cause)

/** Looks whether the server is fit, and brings the schema up to date. */
async function prepare(place: Place, o: EngineOptions, list?: Migrations): Promise<void> {
  const { server, where } = place
  const { session, facts } = await connectAny(place, MIGRATION_TIMEOUT)
  try {
    check(facts, where, o)
    const types = await server.types(session)
    if (types === undefined || facts.place === null) throw unfit(where, facts)
    const only = { acquire: async () => session, release: () => undefined, close: () => undefined }
    const db = new Kysely<Database>({ dialect: { ...server.dialect, createDriver: () => poolDriver(only) } })
    const alone = async (): Promise<void> => {
      if (await server.alone(session, MIGRATION_WAIT_S)) return
      throw new PandoError('unavailable', `${where}: another process is changing the schema`, { where })
    }
    await migrate({ ...engineOf(place, db), types, place: facts.place, ddlCommits: server.ddlCommits, alone }, list)
  } finally {
    session.destroy()
  }
}

function check(facts: Facts, where: string, { log, clock }: EngineOptions): void {
  if (facts.unfit !== '') throw wrong(`${where}: ${facts.unfit}`)
  if (facts.risk !== '') log?.warn({ where }, `${facts.risk}: what was acknowledged may be lost when the database server dies`)
  const ahead = (clock?.now() ?? Date.now()) - Number(facts.now)
  if (Math.abs(ahead) <= MAX_SKEW) return
  const how = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'}`
  throw wrong(`the clock of this machine is ${how} that of ${where}; at most ${MAX_SKEW / 1000} s are allowed`)
}

const unfit = (where: string, { version }: Facts): PandoError =>
  new PandoError('version_mismatch', `${where} is of version ${version}, which is too old (docs/settings.md)`, { where, version })

/** One of the hosts that may be written to. */
async function connectAny(place: Place, timeoutMs: number): Promise<{ session: Session; facts: Facts }> {
  const { hosts } = place.url
  for (let tried = 1; ; tried++) {
    try {
      return await connectTo(place, hosts[place.good]!, timeoutMs)
    } catch (e) {
      place.good = (place.good + 1) % hosts.length
      if (tried === hosts.length) throw e
    }
  }
}

async function connectTo(place: Place, { host, port }: ServerUrl['hosts'][number], timeoutMs: number) {
  const { server, url, tls, connectMs } = place
  const socket = newSocket()
  const connecting = async () => {
    const at: Address = { host, port, user: url.user, password: url.password, path: url.path, tls }
    const session = await server.connect(at, socket, timeoutMs)
    const facts = (await session.query(server.facts, [])).rows[0] as Facts
    if (Number(facts.readonly) !== 0) throw new PandoError('unavailable', `${host}:${port} may not be written to`, { host })
    return { session, facts }
  }
  try {
    return await within(connectMs, 'connecting', connecting())
  } catch (e) {
    socket.destroy()
    if (e instanceof PandoError || kindOf(server.kinds, e) !== undefined) throw e
    throw new Unreached(reasonOf(e), { cause: e })
  }
}

const engineOf = ({ server, where }: Place, db: Kysely<Database>): Engine => ({
  db,
  where,
  failure: (e) => sqlFailure(server.kinds, e, where),
  mayRepeat: (e, stage) => mayRepeat(server.kinds, e, stage === 'ending'),
  // its changes are asked for: that costs no more than asking whether there are any
  changedElsewhere: () => true,
  close: () => db.destroy(),
})

/** Whoever holds this row is the only one that writes, as `begin immediate` of SQLite makes it. */
async function lock(trx: Kysely<Database>): Promise<void> {
  const row = sql`select ${sql.ref('next')} from ${sql.table('sequence')} where ${sql.ref('name')} = ${COMMITS} for update`
  if ((await row.execute(trx)).rows.length === 1) return
  throw new PandoError('store_damaged', `table sequence: row ${COMMITS} is missing`, { table: 'sequence', id: COMMITS })
}
