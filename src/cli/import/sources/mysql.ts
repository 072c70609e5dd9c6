/** The old cloud's tables on its MySQL server. */
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { reasonOf } from '#core/remote/health.ts'
import { PandoError } from '#lib/errors.ts'
import type { OldDatabase, OldRow, OldTable } from '../rows.ts'

const PAGE = 1000
const CONNECT_MS = 5000

/** Rejects with `unavailable` or `invalid`; the password is not repeated. */
export async function openMysql(url: string): Promise<OldDatabase> {
  const connection = await connect(url)
  const ask = async (statement: string, values: (string | number)[] = []): Promise<Record<string, string | null>[]> => {
    try {
      const [rows] = await connection.query<RowDataPacket[]>(statement, values)
      return rows as Record<string, string | null>[]
    } catch (e) {
      throw new PandoError('invalid', `the old database: ${reasonOf(e)}`, {}, e)
    }
  }
  // timestamps are told in the zone of the session
  await ask("set time_zone = '+00:00'")

  async function* rows(table: OldTable): AsyncGenerator<OldRow> {
    for (let after = '-9223372036854775808'; ; ) {
      const page = await ask(`select * from \`${table}\` where id > ${after} order by id limit ${PAGE}`)
      yield* page
      if (page.length < PAGE) return
      after = page.at(-1)!['id']!
    }
  }

  return {
    rows,
    async next(table) {
      const where = 'where table_schema = database() and table_name = ?'
      const [row] = await ask(`select auto_increment as next from information_schema.tables ${where}`, [table])
      return row?.['next'] ? Number(row['next']) : undefined
    },
    close: () => connection.end(),
  }
}

async function connect(url: string): Promise<Connection> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const database = decodeURIComponent(pathname.slice(1))
  if (database === '')
    throw new PandoError('invalid', 'the URL of the old MySQL names no database: mysql://user:password@host/database')
  const at = `${hostname}:${port || 3306}`
  try {
    return await createConnection({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database,
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MS,
      // every value as the text that the server sends
      typeCast: (field) => field.string(),
    })
  } catch (e) {
    throw new PandoError('unavailable', `the old MySQL at ${at} cannot be used: ${reasonOf(e)}`, {}, e)
  }
}
