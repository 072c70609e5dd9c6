import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { request } from 'undici'
import { openLogs } from '#core/logs/open.ts'
import { systemClock } from '#lib/clock.ts'
import { isPandoError } from '#lib/errors.ts'
import { makeLog } from '#lib/log.ts'
import { onEngine } from '../test/support/engines.ts'
import { gate } from '../test/support/gate.ts'
import { until } from '../test/world/wait.ts'
import { readConfig } from './config.ts'
import { type Opening, openPort } from './engines.ts'
import { makeTables } from './registrar.ts'
import { startCloud } from './testing/cloud.ts'

function opening(url: string, waits: boolean): Opening & { lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const log = makeLog({ level: 'info', destination: { write: (line) => void lines.push(JSON.parse(line)) } })
  const { config } = readConfig({ PANDO_DEVICELOG_URL: url, PANDO_LOG_LEVEL: 'info' })
  return { config, log, clock: systemClock, engines: makeTables().engines, waits, lines }
}

const quick = 'directConnection=true&serverSelectionTimeoutMS=200&connectTimeoutMS=200'

// ENG-1
test('an engine that cannot be reached is named without its password, where nobody waits for it', async () => {
  const o = opening(`mongodb://pando:hunter2@127.0.0.1:1/x?${quick}`, false)
  await assert.rejects(openPort('devicelog', o), (e) => {
    assert.ok(isPandoError(e, 'unavailable'))
    assert.match(e.message, /^devicelog: mongodb:\/\/127\.0\.0\.1:1 cannot be reached: .*(ECONNREFUSED|timed out)/)
    assert.doesNotMatch(e.message, /hunter2/)
    return true
  })
})

// ENG-1
test('a URL that makes no sense is refused at once, without its password', async () => {
  for (const url of [
    'mongodb://pando:hunter2@/x',
    'mongodb://pando:hunter2@h/x?nonsense=1',
    'mongodb://pando:hunter2@h:99999/x',
  ]) {
    await assert.rejects(openPort('devicelog', opening(url, true)), (e) => {
      assert.ok(isPandoError(e, 'config_invalid'), String(e))
      assert.match(e.message, /^devicelog: /)
      assert.doesNotMatch(e.message, /hunter2/)
      return true
    })
  }
})

// ENG-7, OPS-1
test('logs that their server does not take are counted, and it is told in /readyz, which stays 200', async () => {
  const logs = await openLogs('elasticsearch://127.0.0.1:1?buffer=10000&close=1', { level: 'info', stderr: { write: () => {} } })
  const cloud = await startCloud({ logs, services: ['registry'] })
  try {
    for (let i = 0; i < 1000; i++) logs.log.info('x')
    const ask = async (path: string) => request(`${cloud.listen['ops']}${path}`)
    const ready = await until('a state of degraded', async () => {
      const { statusCode, body } = await ask('/readyz')
      const text = await body.text()
      return text.includes('degraded') && { statusCode, text }
    })
    assert.equal(ready.statusCode, 200)
    assert.match(ready.text, /"name":"logs".*elasticsearch:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*\d+ lines dropped/)
    const dropped = /^pando_log_lines_dropped_total (\d+)$/m.exec(await (await ask('/metrics')).body.text())
    assert.ok(Number(dropped?.[1]) > 0)
  } finally {
    await cloud.stop()
    await logs.close()
  }
})

onEngine('mongodb', (server) => {
  // ENG-1
  test('an engine that cannot be reached yet is waited for', async () => {
    const door = await gate(server)
    door.cut()
    const o = opening(`${door.through(server)}/pando-test-${randomUUID().slice(0, 8)}?${quick}`, true)
    const opened = openPort('devicelog', o)
    await until('a second line of the log', () => o.lines.length > 1)
    assert.match(JSON.stringify(o.lines[0]), /cannot be reached/)
    door.open()
    const log = await opened
    assert.equal(log.health().state, 'ok')
    await log.close()
    await door.close()
  })
})
