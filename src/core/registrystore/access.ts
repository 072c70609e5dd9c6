/** Rows in and out: every row read is verified, every row written gets its checksum. */
import type { CompiledQuery, Kysely } from 'kysely'
import type { Reads, Selection, Transaction } from './port.ts'
import { verified, withCrc } from './rows.ts'
import type { Column, Database, NewRow, Table } from './schema.ts'
import { pieces, type Statements } from './statements.ts'

type Executor = Pick<Kysely<Database>, 'executeQuery'>

export function makeReads(db: Executor, statements: Statements, where: string): Reads {
  const run = async <T extends Table>(table: T, query: CompiledQuery): Promise<Database[T][]> => {
    const { rows } = await db.executeQuery(query)
    for (const row of rows) verified(table, row, where)
    return rows as Database[T][]
  }
  return {
    async select<T extends Table>(table: T, s: Selection<T>) {
      const selection = s as Selection<Table>
      if (selection.in === undefined || selection.in.values.length <= 1) {
        return selection.in?.values.length === 0 ? [] : run(table, statements.select(table, selection))
      }
      const found: Database[T][] = []
      for (const values of pieces([...new Set(selection.in.values)], false)) {
        const query = statements.select(table, { ...selection, in: { column: selection.in.column, values } })
        found.push(...(await run(table, query)))
      }
      return found
    },
  }
}

/** `wrote` says whether anything was written. */
export function makeTransaction(db: Executor, statements: Statements, where: string) {
  const reads = makeReads(db, statements, where)
  let wrote = false
  const write = (query: CompiledQuery) => {
    wrote = true
    return db.executeQuery(query)
  }
  const tx: Transaction = {
    ...reads,
    async insert<T extends Table>(table: T, rows: readonly NewRow<T>[]) {
      for (const some of pieces(rows, true))
        await write(
          statements.insert(
            table,
            some.map((r) => withCrc(table, r)),
          ),
        )
    },
    async update<T extends Table>(table: T, rows: readonly NewRow<T>[]) {
      for (const row of rows) await write(statements.update(table, withCrc(table, row)))
    },
    async remove<T extends Table>(table: T, column: Column<T>, values: readonly (string | number)[]) {
      for (const some of pieces(values, false)) await write(statements.remove(table, column, some))
    },
    async erase<T extends Table>(table: T, keys: readonly Partial<NewRow<T>>[]) {
      for (const key of keys) await write(statements.erase(table, key))
    },
    async next(name, n) {
      const [row] = await reads.select('sequence', { where: { name } })
      const first = row?.next ?? 1
      if (row) await tx.update('sequence', [{ name, next: first + n }])
      else await tx.insert('sequence', [{ name, next: first + n }])
      return first
    },
  }
  return { tx, wrote: () => wrote }
}
