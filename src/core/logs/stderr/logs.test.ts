import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLogs } from '../open.ts'
import { type Entry, logsSuite } from '../suite.ts'

async function openStderr(level: string, pretty = false) {
  let text = ''
  const logs = await openLogs('stderr:', { level, pretty, stderr: { write: (t) => void (text += t) } })
  return { logs, text: () => text }
}

logsSuite('stderr', async (level) => {
  const { logs, text } = await openStderr(level)
  const entries = async () =>
    text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry)
  return { logs, entries }
})

test('logs stderr: a line for people on a terminal, with level, text, fields and error', async () => {
  const { logs, text } = await openStderr('info', true)
  logs.log.warn({ deviceId: 7, err: new Error('why') }, 'that happened')
  await logs.close()
  assert.match(text(), /^\[[\d:.]+\] WARN.*: that happened/)
  assert.match(text(), /deviceId: 7/)
  assert.match(text(), /why/)
  assert.doesNotMatch(text(), /hostname|ecs/)
})

// OPS-3
test('S-19 logs stderr: a secret that slips in is cut out for people too', async () => {
  const { logs, text } = await openStderr('info', true)
  logs.log.info({ secret: 'canary', device: { token: 'canary' } }, 'x')
  await logs.close()
  assert.match(text(), /redacted/)
  assert.doesNotMatch(text(), /canary/)
})
