/**
 * The registry's store: rows of the tables in schema.ts, every row under a checksum. An engine may be shared by several
 * processes. Reads see committed rows only; inside a transaction use its own reads.
 * Errors: `store_damaged` (names file or address, table, row), `disk_full`, `unavailable`, `conflict` (a unique or foreign key).
 */
import type { EngineHealth } from '#core/health.ts'
import type { Freezable } from '#lib/frozen.ts'
import type { Column, Database, NewRow, RegistryChangeRow, Table } from './schema.ts'

export type * from './schema.ts'

export interface Selection<T extends Table> {
  /** column = value, all of them */
  where?: Partial<NewRow<T>>
  /** column = one of these values */
  in?: { column: Column<T>; values: readonly (string | number)[] }
  /** greater than this in the first column of the primary key */
  after?: number
  /** less than this in the first column of the primary key; the order is then descending */
  before?: number
  /** at most so many, ordered by the first column of the primary key */
  limit?: number
}

export interface Reads {
  select<T extends Table>(table: T, selection: Selection<T>): Promise<Database[T][]>
}

export interface Transaction extends Reads {
  insert<T extends Table>(table: T, rows: readonly NewRow<T>[]): Promise<void>
  /** Whole rows, found by their primary key. */
  update<T extends Table>(table: T, rows: readonly NewRow<T>[]): Promise<void>
  remove<T extends Table>(table: T, column: Column<T>, values: readonly (string | number)[]): Promise<void>
  /** Rows found by their whole primary key. */
  erase<T extends Table>(table: T, keys: readonly Partial<NewRow<T>>[]): Promise<void>
  /** Takes n consecutive ids, the first of which is returned. An id is never given twice. */
  next(sequence: string, n: number): Promise<number>
}

export interface Registrystore extends Reads, Freezable {
  /** set where processes on other machines may have it open too: how it is named in errors */
  readonly sharedAt?: string
  /** All or nothing; durable when it resolves. Writers wait for one another. */
  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R>
  /** Cheap: whether another process may have written since the last call; `true` where only `changes` can tell. */
  changedElsewhere(): boolean
  /** Changes after the one with this id, oldest first. */
  changes(after: number): Promise<RegistryChangeRow[]>
  health(): EngineHealth
  close(): Promise<void>
}
