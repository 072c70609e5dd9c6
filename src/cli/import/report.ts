/** What an import did, row by row: counted, the rows that are not simply there now kept, all of them written to a file where one is wanted. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Adoption } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { table as columns } from '../table.ts'

export type Outcome = Adoption['outcome']
const outcomes = ['moved', 'there', 'differs', 'refused'] as const

export interface Row {
  table: string
  row: string
  outcome: Outcome
  why: string
}

export interface Counts extends Record<Outcome, number> {
  table: string
  read: number
}

export interface Report {
  say(table: string, row: string | number, adoption: Adoption): void
  counts(): Counts[]
  /** those of which there is something to say, at most `MOST_ROWS` */
  rows: readonly Row[]
  /** those that are not in `rows` */
  more(): number
  close(): void
}

export const MOST_ROWS = 1000

export function makeReport(file: string | undefined): Report {
  const fd = file === undefined ? undefined : open(file)
  const counted = new Map<string, Counts>()
  const rows: Row[] = []
  let more = 0
  return {
    rows,
    more: () => more,
    counts: () => [...counted.values()],
    say(table, row, { outcome, why }) {
      let c = counted.get(table)
      if (!c) counted.set(table, (c = { table, read: 0, moved: 0, there: 0, differs: 0, refused: 0 }))
      c.read++
      c[outcome]++
      const said = { table, row: String(row), outcome, why }
      if (fd !== undefined) writeSync(fd, `${JSON.stringify(said)}\n`)
      if (why === '') return
      if (rows.length < MOST_ROWS) rows.push(said)
      else more++
    },
    close: () => {
      if (fd !== undefined) closeSync(fd)
    },
  }
}

function open(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (e) {
    const code = (e as NodeJS.ErrnoException).code
    throw new PandoError(
      'invalid',
      `cannot write ${file}: ${code === 'EEXIST' ? 'it is there already' : (e as Error).message}`,
      { file },
      e,
    )
  }
}

export const countsText = (counts: readonly Counts[]): string => columns(['table', 'read', ...outcomes], counts)

export function rowsText(report: Pick<Report, 'rows' | 'more'>): string {
  const lines = report.rows.map((r) => `${r.table} ${r.row}: ${r.outcome}: ${r.why}\n`)
  return lines.join('') + (report.more() > 0 ? `… and ${report.more()} rows more; --report FILE has them all\n` : '')
}
