import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask } from '../../test/fakes/http.ts'
import { makeMetrics } from './metrics.ts'
import { type Check, type Ops, startOps } from './ops.ts'

let checks: Check[] = []
let ops: Ops
let base: string
const metrics = makeMetrics()

before(async () => {
  ops = await startOps({ address: { host: '127.0.0.1', port: 0 }, metrics, checks: () => checks })
  base = `http://127.0.0.1:${ops.address.port}`
})
after(() => ops.close())

// OPS-1
test('/healthz says that the process lives, whatever the checks say', async () => {
  checks = [{ name: 'devicelog', ok: false }]
  const { status, body } = await ask(base, { path: '/healthz' })
  assert.deepEqual([status, JSON.parse(body)], [200, { status: 'ok' }])
})

test('/readyz is 200 when every check is well, a degraded engine too', async () => {
  checks = [
    { name: 'devicelog', ok: true, state: 'degraded', since: 0, detail: 'slow' },
    { name: 'registry: keys', ok: true },
  ]
  const { status, body } = await ask(base, { path: '/readyz' })
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(body), {
    status: 'ready',
    checks: [
      { name: 'devicelog', ok: true, state: 'degraded', detail: 'slow', since: '1970-01-01T00:00:00.000Z' },
      { name: 'registry: keys', ok: true },
    ],
  })
})

// OPS-1
test('/readyz is 503 when one check fails, and names it with its error', async () => {
  checks = [
    { name: 'queue', ok: true },
    { name: 'devicelog', ok: false, state: 'down', since: 1_700_000_000_000, detail: 'ENOSPC: no space left' },
  ]
  const { status, body } = await ask(base, { path: '/readyz' })
  assert.equal(status, 503)
  assert.deepEqual(JSON.parse(body).checks[1], {
    name: 'devicelog',
    ok: false,
    state: 'down',
    detail: 'ENOSPC: no space left',
    since: '2023-11-14T22:13:20.000Z',
  })
})

test('/readyz with a check that throws is 500, and the server goes on', async () => {
  checks = undefined as unknown as Check[]
  assert.equal((await ask(base, { path: '/readyz' })).status, 500)
  assert.equal((await ask(base, { path: '/healthz' })).status, 200)
})

// OPS-1
test('/metrics is Prometheus text with help', async () => {
  metrics.pando_log_records_total.inc(3)
  const { status, body, headers } = await ask(base, { path: '/metrics?x=1' })
  assert.equal(status, 200)
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.match(body, /^# HELP pando_log_records_total .+\n# TYPE pando_log_records_total counter\npando_log_records_total 3$/m)
})

test('other paths are 404, names of prototypes too; other methods are 405; HEAD has no body', async () => {
  for (const path of ['/', '/constructor', '/__proto__', '/healthz/']) assert.equal((await ask(base, { path })).status, 404)
  const { status, headers } = await ask(base, { path: '/healthz', method: 'POST', body: 'x' })
  assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD'])
  assert.equal((await ask(base, { path: '/metrics', method: 'HEAD' })).body, '')
})

test('an address that cannot be had is refused by name', async () => {
  const taken = startOps({ address: ops.address, metrics, checks: () => [] })
  await assert.rejects(taken, { code: 'config_invalid', message: /cannot listen on 127\.0\.0\.1:\d+: another program/ })
})

test('/metrics says of each engine whether it works', async () => {
  checks = [
    { name: 'devicelog', ok: false, state: 'down' },
    { name: 'history', ok: true, state: 'degraded' },
    { name: 'registry: keys', ok: true },
  ]
  const { body } = await ask(base, { path: '/metrics' })
  assert.match(body, /^pando_engine_up\{port="devicelog"\} 0$/m)
  assert.match(body, /^pando_engine_up\{port="history"\} 1$/m)
  assert.doesNotMatch(body, /registry: keys/)
})
