/** The checksum of a row. SQLite finds a damaged page structure, but not a flipped bit in a value: this does. */
import { crc32 } from 'node:zlib'
import { PandoError } from '#lib/errors.ts'
import { columns, type Database, keyLength, type NewRow, type Table } from './schema.ts'

type Values = Record<string, unknown>

/** Over these columns of a row, in this order. */
export function crcOf(table: string, covered: readonly string[], row: Values): number {
  let text: string = table
  for (const column of covered) {
    const value = row[column]
    text += typeof value === 'string' ? `|${value.length}:${value}` : `|${value}`
  }
  return crc32(text)
}

/** The row with its checksum, ready to be written. */
export function withCrc<T extends Table>(table: T, row: NewRow<T>): Database[T] {
  return { ...row, crc: crcOf(table, columns[table], row) } as unknown as Database[T]
}

/** Checks a row that was read; throws `store_damaged` naming the place (`where`: file or address), table and key. */
export function verified<T extends Table>(table: T, row: unknown, where: string): Database[T] {
  const values = row as Values
  if (crcOf(table, columns[table], values) === values.crc) return row as Database[T]
  const key = columns[table].slice(0, keyLength(table)).map((column) => String(values[column]))
  const id = key.join('/')
  throw new PandoError('store_damaged', `${where}: table ${table}, row ${id} is damaged (checksum)`, { file: where, table, id })
}
