import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
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
