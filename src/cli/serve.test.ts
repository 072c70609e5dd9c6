import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { here, makePlace, pando, program, start } from './testing.ts'

const places: ReturnType<typeof makePlace>[] = []
const place = (more?: Record<string, string>) => {
  const p = makePlace(more)
  places.push(p)
  return p
}
after(() => {
  for (const p of places) p.remove()
})

// CLI-1 OPS-2
test('serve: one JSON line when ready and nothing else on stdout, logs on stderr, SIGTERM ends it with 0 within 5 s', async () => {
  const p = place({ PANDO_LOG_LEVEL: 'info' })
  const running = start(program('pando'), ['serve'], p)
  const ready = JSON.parse(await running.line())
  assert.deepEqual(Object.keys(ready), ['ready', 'listen'])
  assert.equal(ready.ready, true)
  assert.deepEqual(
    new Set(Object.keys(ready.listen)),
    new Set(['apiprovider', 'httpaccess', 'coapaccess', 'mqttaccess', 'mqttaccessWs', 'ops']),
  )
  for (const url of Object.values<string>(ready.listen))
    assert.match(url, /^(http|mqtt|ws|coap):\/\/127\.0\.0\.1:[1-9]\d*(\/mqtt)?$/)
  assert.equal((await fetch(`${ready.listen.ops}/readyz`)).status, 200)
  const { code, ms, stdout, stderr } = await running.stop('SIGTERM')
  assert.equal(code, 0)
  assert.ok(ms < 5000, `${ms} ms`)
  assert.equal(stdout.trim().split('\n').length, 1)
  assert.deepEqual(
    stderr
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l).message)
      .filter((m) => m === 'ready' || m === 'stopping'),
    ['ready', 'stopping'],
  )
})

test('serve: from another folder, through a link, only the services named, ended by SIGINT', async () => {
  const p = place()
  mkdirSync(join(p.dir, 'bin'))
  symlinkSync(program('pando'), join(p.dir, 'bin', 'pando'))
  symlinkSync('bin/pando', join(p.dir, 'again'))
  const running = start(join(p.dir, 'again'), ['serve', 'registry'], { env: p.env, cwd: p.dir })
  assert.deepEqual(Object.keys(JSON.parse(await running.line()).listen), ['ops'])
  assert.equal((await running.stop('SIGINT')).code, 0)
})

test('serve: settings that make no sense are refused in one line that names them, exit 1', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ PANDO_MQTTACCESS_LISTEN: 'nowhere' }, /^pando: PANDO_MQTTACCESS_LISTEN=nowhere is not allowed: it takes host:port/],
    [{ PANDO_HTTPACESS_LISTEN: '127.0.0.1:0' }, /^pando: PANDO_HTTPACESS_LISTEN is not a setting/],
    [{ PANDO_QUEUE_URL: 'amqp://127.0.0.1:5672' }, /^pando: queue: no engine for "amqp:"; possible: local:, nsq:/],
  ]
  await Promise.all(
    cases.map(async ([env, message], i) => {
      const p = place({ PANDO_LOG_LEVEL: 'silent', ...env })
      const { code, stdout, stderr } = await (i === 0 ? pando(p, ['serve']) : here(p, ['serve']))
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.equal(stderr.trim().split('\n').length, 1)
    }),
  )
})

test('serve: a port that is taken is told with the setting that chooses it', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => taken.once('listening', done))
  const { port } = taken.address() as { port: number }
  const p = place({ PANDO_APIPROVIDER_LISTEN: `127.0.0.1:${port}` })
  const { code, stderr } = await pando(p, ['serve'])
  taken.close()
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*PANDO_APIPROVIDER_LISTEN`))
})

// OPS-2
test('a second signal ends the process at once', async () => {
  const signals = fileURLToPath(new URL('./signals.ts', import.meta.url))
  const script = `import(${JSON.stringify(signals)}).then(({ stopSignals }) => {
    setInterval(() => {}, 1000)
    stopSignals({ exit: (code) => process.exit(code) }).first.then((s) => console.log(s))
    console.log('up')
  })`
  const running = start(process.execPath, ['-e', script], place())
  assert.equal(await running.line(), 'up')
  running.child.kill('SIGTERM')
  assert.equal(await running.line(), 'SIGTERM')
  assert.equal((await running.stop('SIGINT')).code, 130)
})

test('what nobody caught is logged as fatal and ends the process with 1', async () => {
  const signals = fileURLToPath(new URL('./signals.ts', import.meta.url))
  const log = fileURLToPath(new URL('../lib/log.ts', import.meta.url))
  for (const how of ['setTimeout(() => { throw new Error("boom") }, 0)', 'Promise.reject(new Error("boom"))']) {
    const script = `Promise.all([${JSON.stringify(signals)}, ${JSON.stringify(log)}].map((f) => import(f))).then(([s, l]) => {
      s.onCrash(l.makeLog({ level: 'error' }), { exit: (code) => process.exit(code) })
      setInterval(() => {}, 1000)
      ${how}
    })`
    const { code, stderr } = await start(process.execPath, ['-e', script], place()).ended
    const line = JSON.parse(stderr.trim())
    assert.deepEqual([code, line['log.level'], line.error.message], [1, 'fatal', 'boom'])
  }
})

// CLI-3
test('without a Node that is new enough the program says so', async () => {
  const p = place()
  mkdirSync(join(p.dir, 'bin'))
  mkdirSync(join(p.dir, 'path'))
  copyFileSync(program('pando'), join(p.dir, 'bin', 'pando'))
  const started = (env: Record<string, string>) =>
    start('/bin/sh', [join(p.dir, 'bin', 'pando'), 'serve'], { env, input: '' }).ended
  const node = join(p.dir, 'path', 'node')
  const env = { PATH: `${join(p.dir, 'path')}:/usr/bin:/bin` }
  for (const version of ['v20.20.2', 'v22.18.0']) {
    writeFileSync(node, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    const { code, stderr } = await started(env)
    assert.deepEqual([code, stderr], [1, `${complaint(`${node} is ${version}`)}\n`])
  }
  writeFileSync(node, '#!/bin/sh\n[ "$1" = --version ] && echo v22.19.0 || echo "ran $*"\n', { mode: 0o755 })
  assert.match((await started(env)).stdout, /^ran .*\/src\/main\.ts serve\n$/)
})

// PACK-4
test('a clone runs what was built of it, or its sources where one is newer or somebody wants them', async () => {
  const p = place()
  const put = (file: string, time: number, text = '', mode = 0o644) => {
    mkdirSync(dirname(join(p.dir, file)), { recursive: true })
    writeFileSync(join(p.dir, file), text, { mode })
    utimesSync(join(p.dir, file), time, time)
  }
  const runs = async (env: Record<string, string> = {}) => {
    const { stdout } = await start('/bin/sh', [join(p.dir, 'bin/pando')], { env: { ...p.env, ...env }, input: '' }).ended
    return stdout.trim().slice(p.dir.length + 1)
  }
  put('bin/pando', 1, readFileSync(program('pando'), 'utf8'))
  put('node_modules/.bin/node', 1, '#!/bin/sh\nfor last; do :; done; echo "$last$PANDO_SOURCES"\n', 0o755)
  for (const file of ['src/main.ts', 'src/lib/log.ts', 'package-lock.json']) put(file, 1000)
  for (const folder of ['src', 'src/lib']) utimesSync(join(p.dir, folder), 1000, 1000)
  assert.equal(await runs(), 'src/main.ts')
  put('dist/main.js', 2000)
  assert.equal(await runs(), 'dist/main.js')
  assert.equal(await runs({ PANDO_SOURCES: '1' }), 'src/main.ts')
  for (const newer of ['src/lib/log.ts', 'src/lib', 'package-lock.json']) {
    utimesSync(join(p.dir, newer), 3000, 3000)
    assert.equal(await runs(), 'src/main.ts', newer)
    utimesSync(join(p.dir, newer), 1000, 1000)
  }
  rmSync(join(p.dir, 'src'), { recursive: true })
  assert.equal(await runs(), 'dist/main.js')
})

const complaint = (why: string) =>
  `pando needs Node 22.19 or newer; ${why}. In a clone, \`npm ci\` brings one along; PANDO_NODE=/path/to/node chooses another.`

test('usage errors exit with 2, help and version with 0', async () => {
  const p = place()
  const of = async (...args: string[]) => (await here(p, args)).code
  assert.deepEqual(await Promise.all([of('sevre'), of(), of('serve', '--help'), of('--version')]), [2, 2, 0, 0])
})
