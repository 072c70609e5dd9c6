/**
 * What must be there before the program is.
 *
 * Compiled code is kept in the data directory: a start takes half the time (Node checks each entry's checksum and source). Preloaded, so that
 * it holds for the first module too: for one that is not kept Node loads its TypeScript compiler, which takes 10 MB. Runs on any Node: the
 * program says which it needs.
 *
 * Memory beside the heap (a TLS connection has some 90 KB of it) counts as the heap does: alone, each 64 MB of it had the whole heap collected, three
 * times and more while 2000 devices came in over TLS (bench/README.md). The flag is set here since older versions of V8 do not know it.
 */
const { existsSync, mkdirSync } = require('node:fs')
const { enableCompileCache } = require('node:module')
const { join } = require('node:path')
const { setFlagsFromString } = require('node:v8')

if (Number.parseInt(process.versions.v8, 10) >= 13) setFlagsFromString('--external-memory-accounted-in-global-limit')

const dataDir = process.env['PANDO_DATA_DIR'] || './data'
try {
  if (['serve', 'demo'].includes(process.argv[2])) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (existsSync(dataDir)) enableCompileCache(join(dataDir, 'cache'))
} catch {
  // a data directory that can't be made is told by the command, with its setting
}
