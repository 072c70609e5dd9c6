/** The old cloud's tables in a file that mysqldump wrote (SQL, also packed by gzip). It is read once for each table. */
import { PandoError } from '#lib/errors.ts'
import type { OldDatabase, OldRow, OldTable } from '../rows.ts'
import { textIn } from './files.ts'
import { insertInto, rowsOf, statementsIn, type TableHead, tableHead, withoutComments } from './sqltext.ts'

const ADVICE = ': dump it with --default-character-set=utf8mb4'
const CHARSETS = /^(utf8|utf8mb3|utf8mb4)$/i

export function openDump(file: string): OldDatabase {
  const heads = new Map<string, TableHead>()

  function seen(statement: string): void {
    const names = /SET NAMES '?(\w+)/i.exec(statement)?.[1]
    if (names !== undefined && statement.length < 200 && !CHARSETS.test(names))
      throw new PandoError('invalid', `${file} is in ${names}${ADVICE}`, { file })
    const head = tableHead(statement)
    if (head) heads.set(head.table, head)
  }

  async function* rows(table: OldTable): AsyncGenerator<OldRow> {
    let there = false
    for await (const whole of statementsIn(textIn(file, ADVICE), file)) {
      const statement = withoutComments(whole)
      seen(statement)
      if (heads.has(table)) there = true
      if (insertInto(statement) !== table) continue
      there = true
      yield* rowsOf(statement, heads.get(table)?.columns, file)
    }
    if (!there) throw new PandoError('invalid', `${file} has no table ${table}: it is no dump of an old cloud`, { file })
  }

  return { rows, next: async (table) => heads.get(table)?.next, close: async () => {} }
}
