/**
 * Compiled code is kept in the data directory: a start takes half the time (Node checks each entry's checksum and source). Preloaded, so that
 * it holds for the first module too: for one that is not kept Node loads its TypeScript compiler, which takes 10 MB. Runs on any Node: the
 * program says which it needs.
 */
const { existsSync, mkdirSync } = require('node:fs')
const { enableCompileCache } = require('node:module')
const { join } = require('node:path')

const dataDir = process.env['PANDO_DATA_DIR'] || './data'
try {
  if (['serve', 'demo'].includes(process.argv[2])) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (existsSync(dataDir)) enableCompileCache(join(dataDir, 'cache'))
} catch {
  // a data directory that can't be made is told by the command, with its setting
}
