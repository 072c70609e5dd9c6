import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from './csv.ts'

// EXPORT-1
test('EXPORT-1 quotes what must be quoted, and never lets a text be a formula', () => {
  assert.equal(csvLine(['a', 1.5, true, null, undefined, 7n]), 'a,1.5,true,,,7\r\n')
  assert.equal(csvLine(['a,b', 'say "x"', 'two\r\nlines']), '"a,b","say ""x""","two\r\nlines"\r\n')
  assert.equal(csvLine(['=1+1', '+1x', '-2+3', '@SUM(A1)', '\tx']), "'=1+1,'+1x,'-2+3,'@SUM(A1),'\tx\r\n")
  assert.equal(csvLine(['=a,"b"', '-9223372036854775808', -5]), '"\'=a,""b""",-9223372036854775808,-5\r\n')
})
