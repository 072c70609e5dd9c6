import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { runAction } from '#lib/actions.ts'
import { isPandoError } from '#lib/errors.ts'
import { allow } from '#lib/hooks.ts'
import { silentLog } from '#lib/log.ts'
import { systemClock } from '#lib/service.ts'
import { integer, setting } from '#lib/settings.ts'
import { readConfig } from './config.ts'
import { definePlugin, loadPlugins, type Plugin, type Registrar } from './plugins.ts'
import { serviceNames } from './services.ts'

const cwd = mkdtempSync(join(tmpdir(), 'pando-plugins-'))
after(() => rmSync(cwd, { recursive: true }))

const load = (plugins: Plugin[], env: Record<string, string> = {}) =>
  loadPlugins({ env, plugins, log: silentLog(), clock: systemClock, cwd })
const codec = { decode: () => ({}), encode: () => new Uint8Array() }
const plugin = (name: string, setup: Plugin['setup'] = () => {}, api = '^1') => definePlugin({ name, api, setup })
const says = (text: RegExp) => (e: unknown) =>
  isPandoError(e, 'config_invalid') && text.test(e.message) && !e.message.includes('\n')

test('what is built in stands in the tables, with no plugin at all', async () => {
  const p = await load([])
  assert.deepEqual([...p.services.keys()], serviceNames)
  assert.deepEqual([...p.engines.devicelog.rows.keys()], ['file', 'mongodb'])
  assert.deepEqual([...p.codecs.keys()], ['pando'])
  assert.deepEqual([...p.actions.keys()], ['status', 'command'])
  assert.equal(p.hooks, undefined)
  assert.deepEqual(p.settings, [])
})

test('a plugin adds to every table, and is told its settings', async () => {
  let told = 0
  let stopped = 0
  const p = await load(
    [
      plugin('all', (r) => {
        r.service('fooaccess', { load: async () => ({ start: async () => ({}) }), opens: [], calls: ['controller'] })
        r.access('bar', async () => ({ start: async () => ({}) as never }))
        r.engine('queue', 'foo', async () => ({}) as never)
        r.codec('foo', codec)
        r.action('foo', { input: Type.Object({}), run: async () => {} })
        r.hook('connect', async () => allow, { onError: 'ignore', timeoutMs: 100 })
        told = r.setting(setting('PANDO_FOO', integer(1, 9), '3', 'Foo.'))
        return () => void stopped++
      }),
    ],
    { PANDO_FOO: '7' },
  )
  assert.equal(told, 7)
  assert.ok(
    p.services.has('fooaccess') &&
      p.services.get('baraccess')?.holdsDevices &&
      p.engines.queue.rows.has('foo') &&
      p.actions.has('foo'),
  )
  assert.equal(p.codecs.get('foo'), codec)
  assert.deepEqual(Object.keys(p.hooks ?? {}), ['connect'])
  assert.doesNotThrow(() => readConfig({ PANDO_FOO: '7' }, p.settings))
  assert.throws(() => readConfig({ PANDO_FOO: '7' }), /PANDO_FOO is not a setting/)
  await p.stop()
  assert.equal(stopped, 1)
})

// PLUG-2
test('two clouds share nothing: the same plugin may be in both', async () => {
  const own = plugin('own', (r) => r.codec('own', { decode: () => ({}), encode: () => new Uint8Array() }))
  await Promise.all([load([own]), load([own])])
})

const clashes: [string, (r: Registrar) => void, RegExp][] = [
  [
    'service',
    (r) => r.service('registry', { load: async () => {} } as never),
    /^plugin it: service registry is registered already \(it is built in\)$/,
  ],
  ['access', (r) => r.access('mqtt', (async () => {}) as never), /service mqttaccess is registered already \(it is built in\)/],
  ['engine', (r) => r.engine('devicelog', 'file', async () => ({}) as never), /devicelog engine file .*built in/],
  ['codec', (r) => r.codec('pando', codec), /codec pando .*built in/],
  ['action', (r) => r.action('command', { input: {}, run: async () => {} } as never), /action command .*built in/],
  ['setting', (r) => r.setting(setting('PANDO_LOG_LEVEL', integer(0, 1), '0', '')), /setting PANDO_LOG_LEVEL .*built in/],
  ['another plugin', (r) => r.codec('taken', codec), /codec taken is registered already \(by plugin first\)/],
]
for (const [what, setup, text] of clashes) {
  // PLUG-1
  test(`a clash of names stops the start and names the plugin: ${what}`, async () => {
    const first = plugin('first', (r) => r.codec('taken', codec))
    await assert.rejects(load([first, plugin('it', setup)]), says(text))
  })
}

const wrong: [string, Plugin, RegExp][] = [
  ['it throws', plugin('it', () => assert.fail('no luck\nat all')), /^plugin it: setup failed: no luck$/],
  ['it rejects', plugin('it', () => Promise.reject(new Error('no luck'))), /^plugin it: setup failed: no luck$/],
  ['another interface', plugin('it', undefined, '^2'), /^plugin it is made for version \^2 of the plugin interface; this is 1$/],
  ['no version', plugin('it', undefined, 'latest'), /version latest/],
  ['a name that is none', plugin('It!', undefined), /plugin It!: its name/],
  [
    'a service name that is none',
    plugin('it', (r) => r.service('a/b', { load: async () => {} } as never)),
    /plugin it: "a\/b" is no name of a service/,
  ],
  ['a setting outside PANDO_', plugin('it', (r) => void r.setting(setting('HOME', integer(0, 1), '0', ''))), /plugin it: "HOME"/],
  [
    'a port that is none',
    plugin('it', (r) => r.engine('disk' as never, 'x', async () => ({}) as never)),
    /plugin it: .*no port disk/,
  ],
  [
    'a hook that is none',
    plugin('it', (r) => r.hook('boot' as never, (() => {}) as never, {} as never)),
    /plugin it: .*no hook boot/,
  ],
  [
    'a hook that is no function',
    plugin('it', (r) => r.hook('connect', 5 as never, { onError: 'ignore', timeoutMs: 5 })),
    /plugin it: hook connect has no function fn/,
  ],
  [
    'a hook that does not say what an error means',
    plugin('it', (r) => r.hook('connect', (async () => allow) as never, undefined as never)),
    /plugin it: hook connect takes \{ onError/,
  ],
  [
    'a codec without encode',
    plugin('it', (r) => r.codec('c', { decode: () => ({}) } as never)),
    /codec c has no function encode/,
  ],
  ['an action without run', plugin('it', (r) => r.action('a', { input: {} } as never)), /action a has no function run/],
  ['an action without schema', plugin('it', (r) => r.action('a', { run() {} } as never)), /action a has no schema/],
  ['an engine that opens nothing', plugin('it', (r) => r.engine('queue', 'x', 5 as never)), /engine x has no function open/],
  ['a protocol that loads nothing', plugin('it', (r) => r.access('x', 5 as never)), /protocol x has no function load/],
  ['a service that loads nothing', plugin('it', (r) => r.service('x', undefined as never)), /service x has no function load/],
]
for (const [what, one, text] of wrong) {
  test(`an error stops the start in one line: ${what}`, () => assert.rejects(load([one]), says(text)))
}

test('a value that a setting of a plugin does not allow is refused as any other', async () => {
  const it = plugin('it', (r) => void r.setting(setting('PANDO_FOO', integer(1, 9), '3', '')))
  await assert.rejects(load([it], { PANDO_FOO: '12' }), says(/^plugin it: PANDO_FOO=12 is not allowed: it takes .*1 to 9/))
})

test('those set up before one that fails are stopped', async () => {
  let stopped = false
  const good = plugin('good', () => () => void (stopped = true))
  await assert.rejects(load([good, plugin('bad', () => assert.fail('no'))]))
  assert.ok(stopped)
})

test('PANDO_PLUGINS: paths from the working directory, packages installed there', async () => {
  const source = (name: string) =>
    `export default { name: '${name}', api: '^1', setup(p) { p.codec('${name}', { decode() {}, encode() {} }) } }`
  writeFileSync(join(cwd, 'mine.mjs'), source('mine'))
  const folder = join(cwd, 'node_modules/@acme/lora')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"name":"@acme/lora","type":"module","exports":"./index.js"}')
  writeFileSync(join(folder, 'index.js'), source('lora'))
  const p = await load([], { PANDO_PLUGINS: './mine.mjs, @acme/lora' })
  assert.deepEqual([...p.codecs.keys()], ['pando', 'mine', 'lora'])
  await assert.rejects(load([plugin('mine')], { PANDO_PLUGINS: './mine.mjs' }), says(/plugin mine is there twice/))
})

test('PANDO_PLUGINS: what cannot be loaded is named, with the reason', async () => {
  writeFileSync(join(cwd, 'broken.mjs'), 'export default {')
  writeFileSync(join(cwd, 'none.mjs'), 'export default 5')
  await assert.rejects(
    load([], { PANDO_PLUGINS: './missing.js' }),
    says(/PANDO_PLUGINS: cannot load \.\/missing\.js: Cannot find module/),
  )
  await assert.rejects(load([], { PANDO_PLUGINS: '@acme/none' }), says(/cannot load @acme\/none: /))
  await assert.rejects(load([], { PANDO_PLUGINS: './broken.mjs' }), says(/cannot load \.\/broken\.mjs: Unexpected/))
  writeFileSync(join(cwd, 'alone.mjs'), "import 'pando'")
  await assert.rejects(
    load([], { PANDO_PLUGINS: './alone.mjs' }),
    says(/alone\.mjs: .*: it needs that package beside it, see docs/),
  )
  await assert.rejects(load([], { PANDO_PLUGINS: './none.mjs' }), says(/\.\/none\.mjs has no default export/))
})

// PLUG-8
test('actions: the input is checked, the built-in ones act on the device that made the rule run', async () => {
  const { actions } = await load([])
  const did: unknown[] = []
  const note = (what: string) => async (identifier: string, values: object) => void did.push([what, identifier, values])
  const device = { id: 1, productId: 1, vendorId: 1, identifier: '1-1-x', code: 'x', version: '' }
  const ctx = {
    ...{ rule: { id: 1, name: 'r' }, run: 'r1', at: 0, device, values: {}, log: silentLog() },
    ...{ setStatus: note('status'), command: note('command'), signal: new AbortController().signal },
  }
  await runAction(actions, 'status', { status: { light: [1] } }, ctx)
  await runAction(actions, 'command', { identifier: '1-1-y', command: { blink: [] } }, ctx)
  assert.deepEqual(did, [
    ['status', '1-1-x', { light: [1] }],
    ['command', '1-1-y', { blink: [] }],
  ])
  await assert.rejects(runAction(actions, 'status', { status: { light: 1 } }, ctx), /action status: \/status\/light/)
  await assert.rejects(runAction(actions, 'dance', {}, ctx), /no action dance; there are status, command/)
  await assert.rejects(runAction(actions, 'status', { status: { light: [1] } }, { ...ctx, device: undefined }), /names no device/)
})
