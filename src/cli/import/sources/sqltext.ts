/** The SQL that mysqldump writes, taken apart: statements, the columns of a table, the rows of an INSERT. */
import { PandoError } from '#lib/errors.ts'
import type { OldRow } from '../rows.ts'

/** Above anything that a server takes. */
const MAX_STATEMENT = 1 << 28

/** Ends of what hides a semicolon. */
const ENDS: Readonly<Record<string, RegExp>> = {
  "'": /\\[\s\S]|'/g,
  '"': /\\[\s\S]|"/g,
  '`': /`/g,
  '/*': /\*\//g,
  '--': /\n/g,
  '#': /\n/g,
}
const SPECIAL = /['"`;#]|\/\*|--/g

/** Statements without their semicolon; comments of versions (`/*!40101 … *\/`) stand in them as they are. */
export async function* statementsIn(pieces: AsyncIterable<string>, file: string): AsyncGenerator<string> {
  let text = ''
  let from = 0
  let within: RegExp | undefined
  for await (const piece of pieces) {
    text += piece
    if (text.length > MAX_STATEMENT)
      throw new PandoError('invalid', `${file}: a statement of more than ${MAX_STATEMENT} characters`)
    for (;;) {
      const pattern = within ?? SPECIAL
      pattern.lastIndex = from
      const found = pattern.exec(text)
      // what spans two pieces is looked at again with the next
      if (!found) {
        from = Math.max(from, within ? lastBackslashes(text, from) : text.length - 1)
        break
      }
      from = pattern.lastIndex
      if (within) {
        if (!found[0].startsWith('\\')) within = undefined
      } else if (found[0] === ';') {
        yield text.slice(0, found.index).trim()
        text = text.slice(from)
        from = 0
      } else within = ENDS[found[0]]
    }
  }
  if (withoutComments(text) !== '') yield text.trim()
}

/** Where a run of backslashes at the end begins: which of them escape is not known before the next piece. */
function lastBackslashes(text: string, from: number): number {
  let at = text.length
  while (at > from && (text[at - 1] === '\\' || text[at - 1] === '*')) at--
  return at
}

const COMMENT = /^(?:--[^\n]*|#[^\n]*|\/\*(?!!)[\s\S]*?\*\/)/

/** A statement without the comments before it. */
export function withoutComments(statement: string): string {
  let text = statement.trimStart()
  for (let found = COMMENT.exec(text); found; found = COMMENT.exec(text)) text = text.slice(found[0].length).trimStart()
  return text
}

export interface TableHead {
  table: string
  columns: string[]
  /** the id that it would have given next */
  next?: number
}

/** What a CREATE TABLE says; undefined: it is none. */
export function tableHead(statement: string): TableHead | undefined {
  const found = /^CREATE TABLE (?:IF NOT EXISTS )?`?(\w+)`? \(([\s\S]*)\)([^)]*)$/i.exec(statement)
  if (!found) return undefined
  const columns = [...found[2]!.matchAll(/^\s*`([^`]+)` /gm)].map((m) => m[1]!)
  const next = /AUTO_INCREMENT=(\d+)/i.exec(found[3]!)?.[1]
  return { table: found[1]!, columns, ...(next !== undefined && { next: Number(next) }) }
}

const INSERT = /^(?:INSERT|REPLACE)(?: IGNORE)? INTO `?(\w+)`?\s*(?:\(([^)]*)\))?\s*VALUES?\s*/i

/** The table of an INSERT; undefined: it is none. */
export const insertInto = (statement: string): string | undefined => INSERT.exec(statement)?.[1]

/** Rows of an INSERT. `columns`: those of the table, where the statement does not name them. */
export function* rowsOf(statement: string, columns: readonly string[] | undefined, file: string): Generator<OldRow> {
  const head = INSERT.exec(statement)!
  const names = head[2] === undefined ? columns : head[2].split(',').map((n) => n.trim().replaceAll('`', ''))
  const wrong = (what: string) => new PandoError('invalid', `${file}: ${what} in an INSERT INTO ${head[1]}`, { file })
  if (!names) throw wrong('no names of columns, and no CREATE TABLE before it,')
  const reader = { text: statement, at: head[0].length }
  for (;;) {
    if (!take(reader, '('))
      throw wrong(`something else than rows at ${JSON.stringify(statement.slice(reader.at, reader.at + 20))}`)
    const row: Record<string, string | null> = {}
    for (let i = 0; ; i++) {
      const value = valueAt(reader)
      if (value === undefined)
        throw wrong(`a value that cannot be read, ${JSON.stringify(statement.slice(reader.at, reader.at + 20))},`)
      if (i < names.length) row[names[i]!] = value
      if (take(reader, ',')) continue
      if (!take(reader, ')')) throw wrong('a row without an end')
      if (i + 1 !== names.length) throw wrong(`a row of ${i + 1} values for ${names.length} columns`)
      break
    }
    yield row
    if (!take(reader, ',')) return
  }
}

interface Reader {
  text: string
  at: number
}

const BLANKS = /\s*/y

function take(r: Reader, sign: string): boolean {
  BLANKS.lastIndex = r.at
  BLANKS.test(r.text)
  r.at = BLANKS.lastIndex
  if (r.text[r.at] !== sign) return false
  r.at++
  return true
}

const QUOTED = /(?:_binary\s*|_utf8(?:mb[34])?\s*)?(['"])((?:\\[\s\S]|(?!\1|\\)[\s\S]|\1\1)*)\1/y
const BARE = /NULL|0x([0-9a-f]*)|[-+.\w]+/iy
const ESCAPES: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', t: '\t', b: '\b', Z: '\x1a' }

/** undefined: none */
function valueAt(r: Reader): string | null | undefined {
  BLANKS.lastIndex = r.at
  BLANKS.test(r.text)
  r.at = BLANKS.lastIndex
  QUOTED.lastIndex = r.at
  const quoted = QUOTED.exec(r.text)
  if (quoted) {
    r.at = QUOTED.lastIndex
    const [, sign, inner] = quoted
    return inner!.replace(sign === "'" ? /\\([\s\S])|''/g : /\\([\s\S])|""/g, (_, c?: string) =>
      c === undefined ? sign! : (ESCAPES[c] ?? c),
    )
  }
  BARE.lastIndex = r.at
  const bare = BARE.exec(r.text)
  if (!bare) return undefined
  r.at = BARE.lastIndex
  if (bare[1] !== undefined) return Buffer.from(bare[1], 'hex').toString('utf8')
  return /^null$/i.test(bare[0]) ? null : bare[0]
}
