/** The registry's rows, table by table. What is there already is the work of a copy that was broken off. */
import { crc32 } from 'node:zlib'
import type { Database, Registrystore, Table, Transaction } from '#core/registrystore/port.ts'
import { COMMITS, columns, keyLength, SCHEMA_CRC, SCHEMA_VERSION } from '#core/registrystore/schema.ts'
import { PandoError } from '#lib/errors.ts'

const PAGE = 500
const MARKER = 'copying'
/** Check values of the keys: whoever starts on the copy with others is refused. */
const KEYS = ['masterKey', 'aesKey']

/** Parents stand before their children. */
const tables = Object.keys(columns) as Table[]
/** Few rows, found by name. */
const named: ReadonlySet<Table> = new Set<Table>(['meta', 'sequence'])
/** Each store has its own. */
const OWN: ReadonlySet<string> = new Set([COMMITS, SCHEMA_VERSION, SCHEMA_CRC, MARKER])

type Row = Record<string, string | number> & { crc: number }

const keyOf = (table: Table, row: Row): string =>
  columns[table]
    .slice(0, keyLength(table))
    .map((c) => String(row[c]))
    .join('/')

/** Rows in the order of their keys' first column, never parted between rows that share it. */
async function* pagesOf(store: Registrystore, table: Table): AsyncGenerator<Row[]> {
  const first = columns[table][0]!
  if (named.has(table)) {
    const all = (await store.select(table, {})) as unknown as Row[]
    return yield all.filter((r) => !OWN.has(String(r['name']))).sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))
  }
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page = (await store.select(table, { after, limit: PAGE })) as unknown as Row[]
    if (page.length === 0) return
    const last = page.at(-1)![first]!
    if (keyLength(table) > 1 && page.length === PAGE) {
      const where = { [first]: last } as Partial<Database[Table]>
      const group = (await store.select(table, { where } as never)) as unknown as Row[]
      page.splice(0, page.length, ...page.filter((r) => r[first] !== last), ...group)
    }
    yield page.sort((a, b) => (keyOf(table, a) < keyOf(table, b) ? -1 : 1))
    after = Number(last)
  }
}

const meta = async (store: Registrystore, names: readonly string[]): Promise<Map<string, string>> =>
  new Map((await store.select('meta', { in: { column: 'name', values: [...names] } })).map((r) => [r.name, r.value]))

/** What the registry is at this moment, in few words. Throws `not_found` where no cloud has ever been there. */
export async function registryState(store: Registrystore): Promise<string> {
  const keys = await meta(store, KEYS)
  if (keys.size === 0) throw new PandoError('not_found', 'there is no data to copy: no cloud has been started on it')
  const [commits] = await store.select('sequence', { where: { name: COMMITS } })
  return `${keys.get('masterKey')}/${commits?.next ?? 0}`
}

/** Refuses a target that has data of its own, or a copy of another state; else marks it, so that no cloud starts on half of it. */
export async function beginRegistry(from: Registrystore, to: Registrystore, state: string): Promise<void> {
  const mark = (await meta(to, [MARKER])).get(MARKER)
  if (mark === state) return
  if (mark !== undefined)
    throw new PandoError(
      'conflict',
      'the target holds a copy that was broken off, of data that has changed since: begin with an empty one',
    )
  if ((await meta(to, KEYS)).size > 0)
    throw new PandoError('conflict', 'the target has data of its own: a copy goes into an empty one')
  const keys = await from.select('meta', { in: { column: 'name', values: KEYS } })
  await to.transaction((tx) => tx.insert('meta', [{ name: MARKER, value: state }, ...keys]))
}

export const endRegistry = (to: Registrystore): Promise<void> => to.transaction((tx) => tx.remove('meta', 'name', [MARKER]))

export async function copyRegistry(from: Registrystore, to: Registrystore, said: (rows: number) => void): Promise<void> {
  for (const table of tables) {
    const column = columns[table][0]!
    for await (const page of pagesOf(from, table)) {
      const values = [...new Set(page.map((r) => r[column]!))]
      const there = (await to.select(table, { in: { column, values } } as never)) as unknown as Row[]
      const known = new Set(there.map((r) => keyOf(table, r)))
      const missing = page.filter((r) => !known.has(keyOf(table, r)))
      if (missing.length > 0) await to.transaction((tx) => insert(tx, table, missing))
      said(page.length)
    }
  }
}

const insert = (tx: Transaction, table: Table, rows: readonly Row[]): Promise<void> =>
  tx.insert(table, rows.map(({ crc: _, ...row }) => row) as never)

export interface Sum {
  count: number
  crc: number
}

/** Over all rows, by the checksum that each has. */
export async function sumRegistry(store: Registrystore): Promise<Sum> {
  let [count, crc] = [0, 0]
  for (const table of tables) {
    for await (const page of pagesOf(store, table)) {
      count += page.length
      for (const row of page) crc = crc32(`${table}/${keyOf(table, row)}/${row.crc}`, crc)
    }
  }
  return { count, crc }
}
