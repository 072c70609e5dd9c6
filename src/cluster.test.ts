import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { systemClock } from '#lib/service.ts'
import { freePort } from '../test/world/ports.ts'
import { startCloud } from './cloud.ts'

const secret = 'a secret of thirty-two characters and more'
const wrong: [Record<string, string>, RegExp][] = [
  [{}, /^PANDO_CLUSTER_SECRET must be set/],
  [{ PANDO_CLUSTER_SECRET: 'short' }, /^PANDO_CLUSTER_SECRET must have at least 32/],
  [{ PANDO_CLUSTER_SECRET: secret, PANDO_RPC_LISTEN: '0.0.0.0:0' }, /^PANDO_RPC_PUBLIC must say where/],
  [
    { PANDO_CLUSTER_SECRET: secret },
    /^PANDO_DEVICELOG_URL is file:, which this process has for itself, but notifier, apiprovider elsewhere need/,
  ],
  [
    { PANDO_CLUSTER_SECRET: secret, PANDO_DEVICELOG_URL: 'mongodb://127.0.0.1:1' },
    /^PANDO_QUEUE_URL is local:, .* registry, devicemanager, notifier, apiprovider elsewhere need the same/,
  ],
]

for (const [env, message] of wrong) {
  // CLU-2
  test(`cluster: refused at the start: ${message.source}`, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'pando-cluster-'))
    try {
      const all = { PANDO_DATA_DIR: dataDir, PANDO_DISCOVERY_URL: 'static:', PANDO_OPS_LISTEN: '127.0.0.1:0', ...env }
      await assert.rejects(startCloud({ env: all, services: ['controller'] }), (e) => {
        assert.ok(isPandoError(e, 'config_invalid'))
        assert.match(e.message, message)
        assert.doesNotMatch(e.message, /thirty-two/)
        return true
      })
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
}

// CLU-2
test('cluster: refused at the start: a clock that is more than a minute from that of a process that runs', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'pando-cluster-'))
  const rpc = `127.0.0.1:${await freePort()}`
  const env = {
    PANDO_DISCOVERY_URL: `static:registry=http://${rpc};devicemanager=http://${rpc};controller=http://${rpc}`,
    PANDO_CLUSTER_SECRET: secret,
    PANDO_OPS_LISTEN: '127.0.0.1:0',
    PANDO_MQTTACCESS_LISTEN: '127.0.0.1:0',
  }
  const begin = (name: string, more: object, ahead: number) =>
    startCloud({
      env: { ...env, PANDO_DATA_DIR: join(dataDir, name), ...more },
      services: ['mqttaccess'],
      clock: { ...systemClock, now: () => Date.now() + ahead },
    })
  const first = await begin('first', { PANDO_RPC_LISTEN: rpc }, 0)
  try {
    for (const [ahead, text] of [
      [90_000, /90 s ahead of that of mqttaccess-/],
      [-90_000, /90 s behind that of mqttaccess-/],
    ] as const)
      await assert.rejects(begin('second', {}, ahead), (e) => isPandoError(e, 'config_invalid') && text.test(e.message))
    await (await begin('second', {}, 50_000)).stop()
  } finally {
    await first.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})
