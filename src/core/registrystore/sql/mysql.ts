/** MySQL from 8.0.17 and MariaDB from 10.2 on. */
import { isIP, type Socket } from 'node:net'
import { MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler, type QueryResult, sql } from 'kysely'
import { type Connection, createConnection, type QueryError, type ResultSetHeader, type RowDataPacket } from 'mysql2'
import type { EngineOptions } from '#core/engines.ts'
import type { ColumnTypes } from '../migrations.ts'
import type { Registrystore } from '../port.ts'
import { endsSession, type Kinds } from './failures.ts'
import { type Address, type Migrations, openSql, type SqlServer } from './open.ts'
import { IDLE_ENDS_S } from './pool.ts'
import { makeSession, type Session } from './session.ts'

const kinds: Kinds = {
  ER_DUP_ENTRY: 'conflict',
  ER_NO_REFERENCED_ROW_2: 'conflict',
  ER_ROW_IS_REFERENCED_2: 'conflict',
  ER_LOCK_DEADLOCK: 'repeat',
  ER_CHECKREAD: 'repeat',
  ER_LOCK_WAIT_TIMEOUT: 'busy',
  ER_DATA_TOO_LONG: 'too_large',
  ER_NET_PACKET_TOO_LARGE: 'too_large',
  ER_DISK_FULL: 'disk_full',
  ER_RECORD_FILE_FULL: 'disk_full',
  ER_NO_SUCH_TABLE: 'damaged',
  ER_BAD_FIELD_ERROR: 'damaged',
  ER_CRASHED_ON_USAGE: 'damaged',
  ER_ACCESS_DENIED_ERROR: 'denied',
  ER_DBACCESS_DENIED_ERROR: 'denied',
  ER_TABLEACCESS_DENIED_ERROR: 'denied',
  ER_BAD_DB_ERROR: 'denied',
  ER_NO_DB_ERROR: 'denied',
  ER_CON_COUNT_ERROR: 'unavailable',
  ER_USER_LIMIT_REACHED: 'unavailable',
  ER_QUERY_INTERRUPTED: 'unavailable',
  ER_OPTION_PREVENTS_STATEMENT: 'readonly',
  ER_READ_ONLY_MODE: 'readonly',
  ER_SERVER_SHUTDOWN: 'lost',
  // MariaDB: the connection was killed
  1927: 'lost',
}

/** What a step of the schema made before its start was killed: DDL of MySQL commits by itself. */
const THERE_ALREADY = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME'])

/** Backslashes escape (the client counts on it), what doesn't fit is refused, tables have transactions. */
const settings = (lockWaitS: number): string =>
  `set session sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', default_storage_engine = 'InnoDB', autocommit = 1,
  innodb_lock_wait_timeout = ${lockWaitS}, wait_timeout = ${IDLE_ENDS_S}`
const ISOLATION = 'set session transaction isolation level read committed'

export const openMysql = (url: string, o: EngineOptions, list?: Migrations): Promise<Registrystore> =>
  openSql(server, url, o, list)

const server: SqlServer = {
  defaultPort: 3306,
  kinds,
  ddlCommits: true,
  dialect: {
    createAdapter: () => new MysqlAdapter(),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  },
  async connect(at, socket, timeoutMs) {
    const session = makeSession(await rawSession(at, socket), timeoutMs)
    await session.query(settings(Math.max(1, Math.floor((timeoutMs * 0.8) / 1000))), [])
    await session.query(ISOLATION, [])
    return session
  },
  facts: `select version() as version, @@global.read_only as readonly, round(unix_timestamp(now(3)) * 1000) as now,
    if(@@global.innodb_flush_log_at_trx_commit = 1, '', 'innodb_flush_log_at_trx_commit is not 1') as risk,
    database() as place, '' as unfit`,
  types: async (session) => typesOf(await collation(session)),
  async alone(session, waitS) {
    const { rows } = await session.query(`select get_lock(concat('pando/', left(database(), 50)), ${waitS}) as got`, [])
    return (rows[0] as { got: number | null }).got === 1
  },
}

/**
 * The client gives an address no name to be checked, and Node then takes the socket's own, which it sets for names only: else 'localhost'. Where
 * that should change certificates are refused, never taken.
 */
const named = (socket: Socket, host: string): Socket => (isIP(host) ? Object.assign(socket, { _host: host }) : socket)

/** The statement is known to the server as it is here. */
async function rawSession(at: Address, socket: Socket) {
  const connection = createConnection({
    host: at.host,
    user: at.user ?? '',
    password: at.password ?? '',
    database: at.path,
    stream: named(socket.connect(at.port, at.host), at.host),
    charset: 'utf8mb4',
    supportBigNumbers: true,
    flags: ['-LOCAL_FILES'],
    ...(at.tls && { ssl: { ...at.tls, verifyIdentity: true } }),
  })
  const broken = new Promise<Error | undefined>((resolve) => {
    connection.on('error', resolve)
    socket.on('close', () => resolve(undefined))
  })
  await new Promise<void>((resolve, reject) => connection.connect((e) => (e ? reject(e) : resolve())))
  return {
    socket,
    query: (text: string, parameters: readonly unknown[]) => query(connection, text, parameters),
    onBroken: (f: (e?: Error) => void) => void broken.then(f),
    isAnswer: (e: unknown) => (e as Partial<QueryError>).sqlState !== undefined && !endsSession(kinds, e),
  }
}

function query(connection: Connection, text: string, parameters: readonly unknown[]): Promise<QueryResult<unknown>> {
  return new Promise((resolve, reject) => {
    connection.query<RowDataPacket[] | ResultSetHeader>(text, parameters as unknown[], (e, result) => {
      if (!e) resolve({ rows: Array.isArray(result) ? result : [] })
      else if (THERE_ALREADY.has(e.code)) resolve({ rows: [] })
      else reject(e)
    })
  })
}

/** Compares octets, blanks at the end too; MySQL and MariaDB have it under different names, older ones not at all. */
async function collation(session: Session): Promise<string | undefined> {
  const names = `'utf8mb4_0900_bin', 'utf8mb4_nopad_bin'`
  const { rows } = await session.query(
    `select collation_name as name from information_schema.collations where collation_name in (${names})`,
    [],
  )
  return (rows[0] as { name: string } | undefined)?.name
}

function typesOf(exactly: string | undefined): ColumnTypes | undefined {
  if (exactly === undefined) return undefined
  const exact = sql.raw(`character set utf8mb4 collate ${exactly}`)
  return {
    integer: sql`bigint`,
    exact: (n) => sql`varchar(${sql.lit(n)}) ${exact}`,
    text: sql`text ${exact}`,
    long: sql`mediumtext ${exact}`,
  }
}
