/**
 * What `npm test` runs: types, lint, then every *.test.ts below src/ and test/. Output is short: what failed, in full; the slowest
 * files; what was skipped and why; and as the last line the sums.
 *
 *   npm test -- [part of a path …] [--name <regexp>] [--jobs <n>]
 */
import { spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { globSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeTally } from './run/tally.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: o, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, jobs: { type: 'string', default: '2' } },
})
// each file is a process, and many start others: a sixth of their time is for reading the sources
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compiled')
/** ms that one test file may take */
const FILE_LIMIT = 300_000

const tally = makeTally()
if (parts.length === 0 && o.name === undefined) {
  await tool('types', 'tsc', ['--noEmit'])
  await tool('types of the console', 'tsc', ['--noEmit', '-p', 'console'])
  await tool('lint', 'biome', ['check', '--colors=off', '--diagnostic-level=error', '--max-diagnostics=50', '.'])
}
await tests()
process.stdout.write(tally.report())
process.exitCode = tally.failed ? 1 : 0

/** Each file in a process of its own, a few at a time; one that does not end by itself is a failure. */
async function tests(): Promise<void> {
  setMaxListeners(0, process)
  const files = testFiles()
  const workers = Array.from({ length: Number(o.jobs) }, async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) await testFile(file)
  })
  await Promise.all(workers)
}

async function testFile(file: string): Promise<void> {
  const started = performance.now()
  const only = o.name !== undefined && { testNamePatterns: new RegExp(o.name) }
  const events = run({ files: [file], cwd: root, signal: AbortSignal.timeout(FILE_LIMIT), ...only })
  for await (const event of events) {
    const line = tally.take(event, file)
    if (line) process.stdout.write(line)
  }
  tally.took(file, performance.now() - started)
}

/** Those below test/ first: they take longest. */
function testFiles(): string[] {
  const found = ['test/**/*.test.ts', 'src/**/*.test.ts'].flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
  return found.filter((f) => parts.length === 0 || parts.some((p) => f.includes(p.replace(/^\.\//, ''))))
}

function tool(name: string, program: string, args: string[]): Promise<void> {
  const bin = `${root}/node_modules/.bin/${program}`
  return new Promise((done) => {
    let said = ''
    const child = spawn(bin, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (c: Buffer) => (said += c))
    child.stderr.on('data', (c: Buffer) => (said += c))
    child.on('error', (e) => finish(String(e)))
    child.on('close', (code) => finish(code === 0 ? undefined : said))
    const finish = (why: string | undefined) => {
      const line = tally.tool(`${name}: ${relative(root, bin)} ${args.join(' ')}`, why)
      if (line) process.stdout.write(line)
      done()
    }
  })
}
