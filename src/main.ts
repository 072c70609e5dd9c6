/** Entry of the command line; the only place that ends the process. */
import { existsSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `pando needs Node 22.19 or newer, this is ${process.versions.node}. In a clone, \`npm ci\` brings one along.\n`,
  )
  process.exit(1)
}
// Compiled code is kept in the data directory: a start takes half the time (Node checks each entry's checksum and source).
const dataDir = process.env['PANDO_DATA_DIR'] || './data'
try {
  if (['serve', 'demo'].includes(process.argv[2] ?? '')) mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  if (existsSync(dataDir)) enableCompileCache(join(dataDir, 'cache'))
} catch {
  // a data directory that can't be made is told by the command, with its setting
}
const { run } = await import('./cli/run.ts')
const { env, stdin: input, stdout: out, stderr: err } = process
process.exit(await run(process.argv.slice(2), { env, input, out, err, exit: (code) => process.exit(code) }))
