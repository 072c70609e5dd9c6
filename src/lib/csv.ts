/** Lines of CSV (RFC 4180) that a table calculator takes as text where they are text. */

/** What a calculator would take for a formula (OWASP: CSV injection). */
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(\.\d+)?$/

export type Cell = string | number | boolean | bigint | null | undefined

const cell = (v: Cell): string => {
  if (v === null || v === undefined) return ''
  if (typeof v !== 'string') return String(v)
  const text = FORMULA.test(v) && !NUMBER.test(v) ? `'${v}` : v
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cell).join(',')}\r\n`
