/** PostgreSQL from 12 on. */
import type { Socket } from 'node:net'
import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import pg from 'pg'
import type { EngineOptions } from '#core/engines.ts'
import type { Registrystore } from '../port.ts'
import { endsSession, type Kinds } from './failures.ts'
import { type Address, type Migrations, openSql, type SqlServer } from './open.ts'
import { IDLE_ENDS_S } from './pool.ts'
import { makeSession, type RawSession } from './session.ts'

/** SQLSTATEs. */
const kinds: Kinds = {
  23505: 'conflict',
  23503: 'conflict',
  40001: 'repeat',
  '40P01': 'repeat',
  '55P03': 'busy',
  22001: 'too_large',
  54000: 'too_large',
  53100: 'disk_full',
  '42P01': 'damaged',
  42703: 'damaged',
  XX001: 'damaged',
  XX002: 'damaged',
  28000: 'denied',
  '28P01': 'denied',
  '3D000': 'denied',
  42501: 'denied',
  53300: 'unavailable',
  53200: 'unavailable',
  57014: 'unavailable',
  25006: 'readonly',
  '57P01': 'lost',
  '57P02': 'lost',
  '57P03': 'lost',
  '57P05': 'lost',
  '25P03': 'lost',
  '08006': 'lost',
  '08003': 'lost',
}

export const openPostgres = (url: string, o: EngineOptions, list?: Migrations): Promise<Registrystore> =>
  openSql(server, url, o, list)

const exact = sql`collate "C"`

const server: SqlServer = {
  defaultPort: 5432,
  kinds,
  ddlCommits: false,
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  async connect(at, socket, timeoutMs) {
    const session = makeSession(await rawSession(at, socket, timeoutMs), timeoutMs)
    await session.query('set session characteristics as transaction isolation level read committed', [])
    return session
  },
  facts: `select version() as version, case when pg_is_in_recovery() then 1 else 0 end as readonly,
    round(extract(epoch from clock_timestamp()) * 1000) as now,
    case when current_setting('fsync') = 'off' then 'fsync is off' when current_setting('synchronous_commit') = 'off'
      then 'synchronous_commit is off' else '' end as risk,
    current_schema() as place,
    case when current_setting('server_encoding') = 'UTF8' then '' else 'its encoding is not UTF8' end as unfit`,
  types: async () => ({
    integer: sql`bigint`,
    exact: (n) => sql`varchar(${sql.lit(n)}) ${exact}`,
    text: sql`text ${exact}`,
    long: sql`text ${exact}`,
  }),
  async alone(session, waitS) {
    await session.query(`set lock_timeout = ${waitS * 1000}`, [])
    await session.query('select pg_advisory_lock(hashtext(current_schema()), 1885433711)', [])
    return true
  },
}

/** 64 bits come as text, since not all of them are numbers here; ours are. */
const parserOf = (type: number, format?: 'text' | 'binary') =>
  type === pg.types.builtins.INT8 || type === pg.types.builtins.NUMERIC ? Number : pg.types.getTypeParser(type, format as 'text')

async function rawSession(at: Address, socket: Socket, timeoutMs: number): Promise<RawSession> {
  const client = new pg.Client({
    host: at.host,
    port: at.port,
    user: at.user,
    password: at.password,
    database: at.path,
    stream: () => socket,
    // the name that its certificate must have
    ssl: at.tls ? ({ ...at.tls, host: at.host } as object) : false,
    lock_timeout: Math.floor(timeoutMs * 0.8),
    idle_in_transaction_session_timeout: IDLE_ENDS_S * 1000,
    application_name: 'pando',
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  })
  const broken = new Promise<Error | undefined>((resolve) => {
    client.on('error', resolve)
    client.on('end', () => resolve(undefined))
  })
  await client.connect()
  return {
    socket,
    query: (text, parameters) => query(client, text, parameters),
    onBroken: (f) => void broken.then(f),
    isAnswer: (e) => e instanceof pg.DatabaseError && !endsSession(kinds, e),
  }
}

async function query(client: pg.Client, text: string, values: readonly unknown[]) {
  const { rows, command } = await client.query({ text, values: values as unknown[] })
  // a statement had failed and somebody went on
  if (text === 'commit' && command === 'ROLLBACK') throw new Error('the transaction had failed before its commit')
  return { rows: rows as unknown[] }
}
