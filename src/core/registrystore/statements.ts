/** SQL of the store's few statements, compiled once per shape: compiling costs more than running them. */
import { type CompiledQuery, type Kysely, sql } from 'kysely'
import type { Selection } from './port.ts'
import { columns, type Database, keyLength, type Table } from './schema.ts'

/** Statements that carry many rows or values exist in these sizes. */
const sizes = [64, 16, 4, 1] as const
export const maxValues = sizes[0]
const sizeFor = (n: number): number => sizes.findLast((s) => s >= n)!

type Value = string | number
const any = 0
const row = (n: number) => sql.join(Array.from({ length: n }, () => sql`${any}`))

interface SelectShape {
  where: string[]
  column: string | undefined
  n: number
  after: boolean
  before: boolean
  limit: boolean
}

function selectSql(table: Table, { where, column, n, after, before, limit }: SelectShape) {
  const first = sql.ref(columns[table][0]!)
  const tests = where.map((c) => sql`${sql.ref(c)} = ${any}`)
  if (column !== undefined) tests.push(sql`${sql.ref(column)} in (${row(n)})`)
  if (after) tests.push(sql`${first} > ${any}`)
  if (before) tests.push(sql`${first} < ${any}`)
  const condition = tests.length > 0 ? sql`where ${sql.join(tests, sql` and `)}` : sql``
  const order = before ? sql`order by ${first} desc` : sql`order by ${first}`
  return sql`select * from ${sql.table(table)} ${condition} ${limit ? sql`${order} limit ${any}` : sql``}`
}

const allColumns = (table: Table): string[] => [...columns[table], 'crc']

function insertSql(table: Table, n: number) {
  const names = allColumns(table)
  const rows = Array.from({ length: n }, () => sql`(${row(names.length)})`)
  return sql`insert into ${sql.table(table)} (${sql.join(names.map((c) => sql.ref(c)))}) values ${sql.join(rows)}`
}

const keyColumns = (table: Table): string[] => columns[table].slice(0, keyLength(table))
const otherColumns = (table: Table): string[] => allColumns(table).slice(keyLength(table))
const assign = (name: string) => sql`${sql.ref(name)} = ${any}`

function updateSql(table: Table) {
  const values = sql.join(otherColumns(table).map(assign))
  return sql`update ${sql.table(table)} set ${values} where ${sql.join(keyColumns(table).map(assign), sql` and `)}`
}

const removeSql = (table: Table, column: string, n: number) =>
  sql`delete from ${sql.table(table)} where ${sql.ref(column)} in (${row(n)})`

const eraseSql = (table: Table) =>
  sql`delete from ${sql.table(table)} where ${sql.join(keyColumns(table).map(assign), sql` and `)}`

/** `values` filled up to the size of a statement by repeating the last one, which changes nothing in an `in (…)`. */
function padded(values: readonly Value[]): Value[] {
  const list = values.slice()
  const size = sizeFor(values.length)
  while (list.length < size) list.push(list[list.length - 1]!)
  return list
}

/** The statements for one database; each result is ready for `executeQuery`. At most `maxValues` values or rows at a time. */
export function makeStatements(db: Kysely<Database>) {
  const compiled = new Map<string, CompiledQuery>()
  const query = (shape: string, make: () => ReturnType<typeof updateSql>, parameters: readonly unknown[]): CompiledQuery => {
    let found = compiled.get(shape)
    if (!found) compiled.set(shape, (found = make().compile(db)))
    return { ...found, parameters }
  }
  return {
    select(table: Table, s: Selection<Table>): CompiledQuery {
      const where = s.where === undefined ? [] : Object.keys(s.where)
      const parameters: unknown[] = s.where === undefined ? [] : Object.values(s.where)
      const values = s.in === undefined ? [] : padded(s.in.values)
      for (const v of values) parameters.push(v)
      if (s.after !== undefined) parameters.push(s.after)
      if (s.before !== undefined) parameters.push(s.before)
      if (s.limit !== undefined) parameters.push(s.limit)
      const [after, before, limit] = [s.after !== undefined, s.before !== undefined, s.limit !== undefined]
      const shape = `s ${table} ${where} ${s.in?.column} ${values.length} ${after} ${before} ${limit}`
      const parts = { where, column: s.in?.column, n: values.length, after, before, limit }
      return query(shape, () => selectSql(table, parts), parameters)
    },
    insert(table: Table, rows: readonly object[]): CompiledQuery {
      const names = allColumns(table)
      const parameters = rows.flatMap((r) => names.map((c) => (r as Record<string, unknown>)[c]))
      return query(`i ${table} ${rows.length}`, () => insertSql(table, rows.length), parameters)
    },
    update(table: Table, r: object): CompiledQuery {
      const parameters = [...otherColumns(table), ...keyColumns(table)].map((c) => (r as Record<string, unknown>)[c])
      return query(`u ${table}`, () => updateSql(table), parameters)
    },
    remove(table: Table, column: string, values: readonly Value[]): CompiledQuery {
      const list = padded(values)
      return query(`d ${table} ${column} ${list.length}`, () => removeSql(table, column, list.length), list)
    },
    erase(table: Table, key: object): CompiledQuery {
      const parameters = keyColumns(table).map((c) => (key as Record<string, unknown>)[c])
      return query(`e ${table}`, () => eraseSql(table), parameters)
    },
  }
}

export type Statements = ReturnType<typeof makeStatements>

/** Cuts into pieces that statements exist for: all of `maxValues` or less, or (`exact`) exactly of their sizes. */
export function* pieces<T>(list: readonly T[], exact: boolean): Generator<readonly T[]> {
  for (let at = 0; at < list.length; ) {
    const left = list.length - at
    const n = exact ? sizes.find((s) => s <= left)! : Math.min(maxValues, left)
    yield list.slice(at, at + n)
    at += n
  }
}
