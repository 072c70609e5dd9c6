import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLogs } from '../open.ts'

async function logged(pretty: boolean, write: (log: Awaited<ReturnType<typeof openLogs>>['log']) => void): Promise<string> {
  let text = ''
  const logs = await openLogs('stderr:', { level: 'info', pretty, stderr: { write: (t) => void (text += t) } })
  write(logs.log)
  await logs.close()
  return text
}

// OPS-3
test('logs stderr: one ECS line of JSON an entry', async () => {
  const text = await logged(false, (log) => {
    log.debug('not this')
    log.warn({ deviceId: 7 }, 'that')
  })
  const line = JSON.parse(text) as Record<string, unknown>
  assert.equal(line['log.level'], 'warn')
  assert.equal(line['message'], 'that')
  assert.equal(line['deviceId'], 7)
  assert.ok(line['@timestamp'])
})

test('logs stderr: a line for people on a terminal, with level, text, fields and error', async () => {
  const text = await logged(true, (log) => log.warn({ deviceId: 7, err: new Error('why') }, 'that happened'))
  assert.match(text, /^\[[\d:.]+\] WARN.*: that happened/)
  assert.match(text, /deviceId: 7/)
  assert.match(text, /why/)
  assert.doesNotMatch(text, /hostname|ecs/)
})

// OPS-3
test('S-19 logs stderr: a secret that slips in is cut out, in both forms', async () => {
  for (const pretty of [false, true]) {
    const text = await logged(pretty, (log) => log.info({ secret: 'canary', device: { token: 'canary' } }, 'x'))
    assert.match(text, /redacted/)
    assert.doesNotMatch(text, /canary/)
  }
})
