/** What a test file started is gone when the file is, however that went. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isThere } from '../world/fds.ts'
import { until } from '../world/wait.ts'
import { endsWithUs } from './leftbehind.ts'

const dir = mkdtempSync(join(tmpdir(), 'pando-left-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** A test file that starts a process, lets it stand still, starts another that ends, and has no end itself. */
const file = join(dir, 'endless.mjs')
const helper = JSON.stringify(new URL('./leftbehind.ts', import.meta.url).href)
writeFileSync(
  file,
  `import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { endsWithUs, whenWeEnd } from ${helper}
test('never', async () => {
  const [child, short] = ['1000', '0'].map((s) => endsWithUs(spawn('sleep', [s], { stdio: 'ignore' })))
  child.kill('SIGSTOP')
  whenWeEnd("echo 'with \\\\ and two  blanks' > " + process.env.OUT + '.end')
  whenWeEnd('echo no > ' + process.env.OUT + '.end')()
  await once(short, 'exit')
  writeFileSync(process.env.OUT, String(child.pid))
  setInterval(() => {}, 1000)
  await new Promise(() => {})
})
`,
)
/** As the runner of tests does it, which ends a file at a limit; here that comes when it was seen that the file has begun. */
const runner = join(dir, 'runner.mjs')
writeFileSync(
  runner,
  `import { existsSync } from 'node:fs'
import { run } from 'node:test'
const limit = new AbortController()
const looking = setInterval(() => existsSync(process.env.OUT + '.seen') && limit.abort(clearInterval(looking)), 20)
const events = run({ files: [${JSON.stringify(file)}], signal: limit.signal })
for await (const e of events);
`,
)

async function started(out: string, program: string) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = endsWithUs(spawn(process.execPath, [program], { env: { ...env, OUT: out }, stdio: 'ignore' }))
  const kept = await until('the file to begin', () => existsSync(out) && Number(readFileSync(out, 'utf8')), 20_000)
  assert.ok(isThere(kept))
  writeFileSync(`${out}.seen`, '')
  return { child, kept }
}

async function nobodyLeft(out: string, kept: number): Promise<void> {
  await until('the end of what it had started', () => !isThere(kept))
  const said = () => existsSync(`${out}.end`) && readFileSync(`${out}.end`, 'utf8')
  assert.equal(await until('what is run at its end', said), 'with \\ and two  blanks\n')
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  test(`a test file that ends by ${signal} leaves no process behind, not even one that stands still`, async () => {
    const out = join(dir, signal)
    const { child, kept } = await started(out, file)
    child.kill(signal)
    await once(child, 'exit')
    await nobodyLeft(out, kept)
  })

test('a test file that is ended at its time limit leaves no process behind', async () => {
  const out = join(dir, 'limit')
  const { kept } = await started(out, runner)
  await until('the limit', () => !isThere(kept), 20_000)
  await nobodyLeft(out, kept)
})
