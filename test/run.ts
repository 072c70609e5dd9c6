/**
 * What `npm test` runs: types, lint, then every *.test.ts below src/ and test/; with the engines of a cluster at hand then the replays of the old
 * cloud's bytes where there are two of each service. Output is short: what failed, in full; the slowest
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
import { engineUrl } from './support/engines.ts'
import { enginesOf } from './world/running.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: o, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, jobs: { type: 'string', default: '2' } },
})
// each file is a process, and many start others: a sixth of their time is for reading the sources
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules/.cache/compiled')
/** ms that one test file may take */
const FILE_LIMIT = 300_000

/** The old cloud's bytes are answered the same where there are two of each service; everything runs there by test/shape.ts. */
const replays = { shape: 'cluster2', parts: ['test/replay/', 'test/scenarios/golden-', 'test/webhooks/golden'] } as const

const tally = makeTally()
const whole = parts.length === 0 && o.name === undefined
if (whole) {
  await tool('types', 'tsc', ['--noEmit'])
  await tool('types of the console', 'tsc', ['--noEmit', '-p', 'console'])
  await tool('lint', 'biome', ['check', '--colors=off', '--diagnostic-level=error', '--max-diagnostics=50', '.'])
}
await tests(testFiles(parts))
if (whole) await replay()
process.stdout.write(tally.report())
process.exitCode = tally.failed ? 1 : 0

/** Each file in a process of its own, a few at a time; one that does not end by itself is a failure. */
async function tests(files: string[], where = ''): Promise<void> {
  setMaxListeners(0, process)
  const workers = Array.from({ length: Number(o.jobs) }, async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) await testFile(file, where)
  })
  await Promise.all(workers)
}

async function replay(): Promise<void> {
  const { shape, parts } = replays
  const missing = enginesOf[shape]!.filter((name) => engineUrl(name) === undefined)
  if (missing.length > 0) return tally.skip(`replays in shape ${shape}`, `no ${missing.join(', ')}`)
  process.env['PANDO_TEST_SHAPE'] = shape
  await tests(testFiles(parts), ` in shape ${shape}`)
}

async function testFile(file: string, where: string): Promise<void> {
  const started = performance.now()
  const only = o.name !== undefined && { testNamePatterns: new RegExp(o.name) }
  const events = run({ files: [file], cwd: root, signal: AbortSignal.timeout(FILE_LIMIT), ...only })
  for await (const event of events) {
    const line = tally.take(event, file + where)
    if (line) process.stdout.write(line)
  }
  tally.took(file + where, performance.now() - started)
}

/** Those below test/ first: they take longest. */
function testFiles(parts: readonly string[]): string[] {
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
