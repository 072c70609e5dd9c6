/** Databases of their own on the servers that tests have. */
import { randomBytes } from 'node:crypto'
import { createConnection } from 'mysql2'
import pg from 'pg'

export type SqlName = 'mysql' | 'postgres'
export const sqlNames: readonly SqlName[] = ['mysql', 'postgres']

/** The URL of this server with another database. */
export function onDatabase(url: string, name: string): string {
  const at = new URL(url)
  at.pathname = `/${name}`
  return at.href
}

/** One statement, in the database of the URL. */
export async function tell(url: string, statement: string): Promise<object[]> {
  if (url.startsWith('mysql:')) {
    const connection = createConnection(url)
    try {
      return await new Promise((resolve, reject) =>
        connection.query(statement, (e, rows) => (e ? reject(e) : resolve(rows as object[]))),
      )
    } finally {
      connection.destroy()
    }
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

export interface OwnDatabase {
  url: string
  drop(): Promise<void>
}

/** A new, empty one on the server of this URL. */
export async function ownDatabase(url: string): Promise<OwnDatabase> {
  const name = `pando_test_${randomBytes(6).toString('hex')}`
  await tell(url, `create database ${name}`)
  return {
    url: onDatabase(url, name),
    drop: async () =>
      void (await tell(url, url.startsWith('mysql:') ? `drop database ${name}` : `drop database ${name} with (force)`)),
  }
}
