import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../../../test/vectors/arbitrary.ts'
import { rowsOf, statementsIn, tableHead, withoutComments } from './sqltext.ts'

async function* cut(text: string, at: readonly number[]): AsyncGenerator<string> {
  const places = [...new Set(at.map((n) => n % (text.length + 1)))].sort((a, b) => a - b)
  for (const [i, from] of [0, ...places].entries()) yield text.slice(from, places[i])
}

const quoted = (v: string | null, sign: string): string => {
  if (v === null) return 'NULL'
  const escaped = v.replace(
    /[\\\0\n\r\x1a'"]/g,
    (c) => `\\${({ '\0': '0', '\n': 'n', '\r': 'r', '\x1a': 'Z' } as Record<string, string>)[c] ?? c}`,
  )
  return `${sign}${escaped}${sign}`
}

// IMP-2
test('whatever texts rows hold, and wherever the file is cut into pieces, the rows are the same', async () => {
  const cell = fc.oneof(fc.constant(null), fc.string({ unit: 'binary' }), fc.stringMatching(/^[\\'"`;#*/-]{0,6}$/))
  const row = fc.tuple(cell, cell)
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat()),
      fc.constantFrom("'", '"'),
      async (rows, at, sign) => {
        const values = rows.map((r) => `(${r.map((v) => quoted(v, sign)).join(',')})`).join(',')
        const text = `-- it's a dump; of "x"\n/*!40101 SET NAMES utf8 */;\n# more; 'of it\n/* and * this; */ CREATE TABLE \`t\` (\n  \`a\` text,\n  \`b;\` text\n) AUTO_INCREMENT=7;\nINSERT INTO \`t\` VALUES ${values};\n-- end`
        const found: (string | null)[][] = []
        let columns: string[] | undefined
        for await (const whole of statementsIn(cut(text, at), 'x.sql')) {
          const statement = withoutComments(whole)
          const head = tableHead(statement)
          if (head) {
            columns = head.columns
            assert.deepEqual(head, { table: 't', columns: ['a', 'b;'], next: 7 })
          } else if (statement.startsWith('INSERT')) {
            for (const r of rowsOf(statement, columns, 'x.sql')) found.push([r['a']!, r['b;']!])
          }
        }
        assert.deepEqual(found, rows)
      },
    ),
  )
})

test('values in other spellings', () => {
  const statement =
    'INSERT IGNORE INTO t (`a`, b, c,d , e) VALUES (-1.5e3 , 0x6869,_binary \'x\'\'y\', "q""\\%",null) , (1,2,3,4,5)'
  assert.deepEqual(
    [...rowsOf(statement, undefined, 'x.sql')].map((r) => Object.values(r)),
    [
      ['-1.5e3', 'hi', "x'y", 'q"%', null],
      ['1', '2', '3', '4', '5'],
    ],
  )
  for (const wrong of ['(1', '(1,2)', '1', "('a)", '(1)x']) {
    const read = () => [...rowsOf(`INSERT INTO t (a) VALUES ${wrong}`, undefined, 'x.sql')]
    if (wrong === '(1)x') assert.equal(read().length, 1)
    else assert.throws(read, /^PandoError: x\.sql: .* in an INSERT INTO t/)
  }
})
