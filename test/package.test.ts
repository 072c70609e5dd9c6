/**
 * The package as somebody else gets it: packed, installed in a fresh project without what its development needs, used there as a
 * program, as a library, by a TypeScript compiler, and by the examples.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { productionFolders } from './package/lock.ts'
import { builtFrom } from './package/sources.ts'
import { endsWithUs } from './support/leftbehind.ts'
import { root } from './world/root.ts'
import { within } from './world/wait.ts'

const place = mkdtempSync(join(tmpdir(), 'pando-package-'))
const project = join(place, 'project')
const modules = join(project, 'node_modules')
/** What npm and the test runner above tell their children would lead those here astray. */
const OURS = /^(PANDO_|NODE_TEST_|npm_(lifecycle|package)_|npm_config_(local_)?prefix$)/
/** Node of this test first, as on a machine where it is the only one. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name))),
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  npm_config_update_notifier: 'false',
}
const execute = promisify(execFile)

/** Runs a program in a folder → stdout. Rejects with all that it said. */
async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  try {
    return (await execute(program, args, { cwd, env, maxBuffer: 64 << 20, timeout: 150_000 })).stdout
  } catch (e) {
    const { message, stdout, stderr } = e as Error & { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')}: ${message}\n${stdout ?? ''}\n${stderr ?? ''}`)
  }
}

/** Packs a copy of the sources, so that what is built elsewhere meanwhile does not matter → the tarball. */
async function pack(): Promise<string> {
  const copy = join(place, 'sources')
  for (const name of [...builtFrom, 'README.md', 'LICENSE', 'bin'])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const said = await run(copy, 'npm', 'pack', '--silent', '--pack-destination', place)
  return join(place, said.trim().split('\n').at(-1)!)
}

const NO_REGISTRY = /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ENETUNREACH|ETIMEDOUT|ENOTCACHED|CERT|code E[45]\d\d/

/** `npm install` of the tarball alone. Where no registry answers, what it would fetch is taken from this clone, by the lock file. */
async function install(tarball: string): Promise<void> {
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"name":"fresh","private":true,"type":"module"}\n')
  try {
    await run(
      project,
      'npm',
      'install',
      '--omit=dev',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--fetch-retries=0',
      tarball,
    )
  } catch (e) {
    if (!NO_REGISTRY.test(String(e))) throw e
    await unpack(tarball)
  }
}

async function unpack(tarball: string): Promise<void> {
  rmSync(modules, { recursive: true, force: true })
  mkdirSync(join(modules, 'pando'), { recursive: true })
  await run(project, 'tar', '-xzf', tarball, '-C', join(modules, 'pando'), '--strip-components=1')
  for (const folder of productionFolders()) cpSync(join(root, folder), join(project, folder), { recursive: true })
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync('../pando/bin/pando', join(modules, '.bin/pando'))
}

let tarball = ''
before(async () => {
  tarball = await pack()
  await install(tarball)
})
after(() => rmSync(place, { recursive: true, force: true }))

const installed = (path: string): string => join(modules, 'pando', path)
const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version

// PACK-1, CONSOLE-5
test('the tarball holds what runs: no sources, no tests, nothing that development needs', () => {
  assert.deepEqual(readdirSync(installed('.')).sort(), ['LICENSE', 'README.md', 'bin', 'dist', 'package.json'])
  const files = readdirSync(installed('dist'), { recursive: true, encoding: 'utf8' })
  assert.ok(files.length > 500)
  assert.deepEqual(
    files.filter((f) => /\.test\.|(?<!\.d)\.ts$/.test(f)),
    [],
  )
  assert.ok(existsSync(installed('dist/console/index.html')))
  const licences = readFileSync(installed('dist/THIRD-PARTY.txt'), 'utf8')
  for (const name of ['fastify', 'pino', 'typebox', 'ws', '@clack/prompts', 'semver'])
    assert.match(licences, new RegExp(`^${name} \\d\\S+ \\([\\w.-]+\\)\\n\\n[^]{500}`, 'm'), name)
  for (const name of ['typescript', 'react', 'vite', '@tanstack', 'playwright-core', '@biomejs', 'mqtt', 'fast-check', 'node'])
    assert.ok(!existsSync(join(modules, name)), name)
})

test('npx pando --version', async () => {
  assert.equal(await run(project, 'npx', '--no-install', 'pando', '--version'), `${version}\n`)
})

// PACK-3
test('pando demo starts with access processes, its device reports, console and pages are there', async () => {
  const anywhere = '127.0.0.1:0'
  const listen = ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((s) => [`PANDO_${s}_LISTEN`, anywhere])
  const child = endsWithUs(
    spawn(join(modules, '.bin/pando'), ['demo'], {
      cwd: project,
      env: { ...env, ...Object.fromEntries(listen), PANDO_ACCESS_PROCESSES: '2' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  const exited = new Promise<number | null>((done) => child.on('exit', done))
  try {
    let said = ''
    child.stderr.on('data', (c: Buffer) => (said += c))
    const line = await within(30_000, 'the line of the demo', async () => {
      let out = ''
      for await (const chunk of child.stdout) {
        out += chunk
        if (out.includes('\n')) return out.slice(0, out.indexOf('\n'))
      }
      throw new Error(`pando demo ended: ${said}`)
    })
    const { listen: at, demo } = JSON.parse(line) as { listen: Record<string, string>; demo: Record<string, string> }
    const path = `/application/v1/devices/${demo['identifier']}/status/latest`
    const answer = await fetch(`${at['apiprovider']}${path}`, { headers: { 'App-Key': demo['app_key']! } })
    const { code, data } = (await answer.json()) as { code: number; data: object }
    assert.equal(code, 0)
    assert.ok(Object.keys(data).length > 0)
    const page = async (of: string) => (await fetch(`${at[of === '/readyz' ? 'ops' : 'apiprovider']}${of}`)).text()
    assert.match(await page('/readyz'), /"access processes","ok":true/)
    assert.match(await page('/devices'), /<script[^>]+assets/)
    assert.match(await page('/docs'), /page\.js/)
    assert.match(await page('/docs/page.js'), /addEventListener/)
    assert.match(await page('/docs/en/tutorial'), /<h1/)
  } finally {
    child.kill('SIGTERM')
  }
  assert.equal(await exited, 0)
})

// PACK-3
test('much history moves into a thread of its own: the worker is found in the package, also by a test with pando/testing', async () => {
  const source = `
    import { encodeStatus } from 'pando'
    import { startCloud, testDevice } from 'pando/testing'
    process.on('worker', (thread) => thread.on('message', ({ type }) => console.log(type)))
    const cloud = await startCloud()
    const { registry } = cloud.peers
    const vendor = await registry.addVendor({ name: 'v', description: '' })
    const config = JSON.stringify({ objects: [{ no: 1, label: 'o', part: 1, status: [{ value_type: 11, name: 'b' }] }] })
    const product = await registry.addProduct({ vendorId: vendor.id, name: 'p', description: '', config })
    const device = await testDevice(cloud, { productKey: product.key, code: 'd' })
    await device.connect()
    const data = encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [new Uint8Array(60000)], types: [11] }] })
    for (let i = 0; i < 100; i++) await device.publish('s', data)
    await cloud.stop()`
  writeFileSync(join(project, 'worker.mjs'), source)
  assert.match(await run(project, process.execPath, 'worker.mjs'), /^ready$/m)
})

const consumer = `
import { definePlugin, startCloud, type Cloud, type Plugin, Type, type Verdict } from 'pando'
import { deviceLogSuite, startCloud as startTest, type TestCloud } from 'pando/testing'

export const plugin: Plugin = definePlugin({
  name: 'mine',
  api: '^1',
  setup(p) {
    p.hook('connect', async (c): Promise<Verdict> => ({ allow: c.device.identifier !== '' } as Verdict), { onError: 'ignore', timeoutMs: 10 })
    p.action('beep', { input: Type.Object({ times: Type.Integer() }), run: async (input) => void (input.times satisfies number) })
    // @ts-expect-error there is no such hook
    p.hook('boot', async () => ({ allow: true }), { onError: 'ignore', timeoutMs: 10 })
    // @ts-expect-error a codec can decode
    p.codec('x', { encode: () => new Uint8Array() })
  },
})
const cloud: Cloud = await startCloud({ plugins: [plugin], env: {} })
const { items } = await cloud.peers.registry.vendors({})
items satisfies { id: number; name: string }[]
// @ts-expect-error ids are numbers
items satisfies { id: string }[]
const held: TestCloud = await startTest()
await held.pass(1000)
deviceLogSuite satisfies (name: string, engine: never) => void
`

test('a TypeScript project finds the types, strictly', async () => {
  mkdirSync(join(project, 'typed/node_modules/@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'typed/node_modules/@types/node'))
  writeFileSync(join(project, 'typed/consumer.ts'), consumer)
  const options = { strict: true, module: 'nodenext', target: 'es2024', types: ['node'], noEmit: true, skipLibCheck: true }
  writeFileSync(join(project, 'typed/tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }))
  await run(project, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'typed')
})

for (const example of ['embedded', 'plugin-alarm', 'plugin-senml', 'plugin-tcp']) {
  // PACK-2 PLUG-9
  test(`examples/${example}: its own tests, on the package that is installed`, async () => {
    const folder = join(project, example)
    cpSync(join(root, 'examples', example), folder, { recursive: true })
    const said = await run(folder, process.execPath, '--test', '--test-reporter=tap')
    const passed = Number(/^# pass (\d+)$/m.exec(said)?.[1])
    assert.ok(passed > 0 && /^# fail 0$/m.test(said), said)
  })
}

test('PANDO_PLUGINS: a plugin that is installed beside the package; one that is not stops the start in one line', async () => {
  const name = 'pando-plugin-alarm'
  cpSync(join(root, 'examples/plugin-alarm'), join(modules, name), { recursive: true })
  const config = async (plugins: string) =>
    (
      await execute(join(modules, '.bin/pando'), ['config'], {
        cwd: project,
        env: { ...env, PANDO_PLUGINS: plugins, PANDO_ALARM_URL: 'https://alarms.example.org/' },
      })
    ).stdout
  assert.match(await config(name), /^PANDO_ALARM_URL=https:\/\/alarms\.example\.org\/ {2}\(environment\)$/m)
  await assert.rejects(config('pando-plugin-nowhere'), (e: Error & { stderr: string }) => {
    assert.match(e.stderr, /^pando: PANDO_PLUGINS: cannot load pando-plugin-nowhere: [^\n]+\n$/)
    return true
  })
})

// PACK-3
test('a plugin and the program that loads it have one instance of everything: a PandoError is known as one', async () => {
  const source = `
    import { definePlugin, PandoError } from 'pando'
    const setup = () => { throw new PandoError('config_invalid', 'it rains') }
    export default definePlugin({ name: 'rain', api: '^1', setup })`
  writeFileSync(join(project, 'rain.mjs'), source)
  const config = execute(join(modules, '.bin/pando'), ['config'], { cwd: project, env: { ...env, PANDO_PLUGINS: './rain.mjs' } })
  await assert.rejects(config, (e: Error & { stderr: string }) => {
    assert.equal(e.stderr, 'pando: plugin rain: it rains\n')
    return true
  })
})
