import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OtherProcess, ProcessState } from '#contracts/process.ts'
import type { ProcessFacts } from '#lib/service.ts'
import type { AdminPeers } from './call.ts'
import { wholeOf } from './whole.ts'

const engine = { port: 'devicelog', scheme: 'mongodb', state: 'ok' as const, since: 1, affects: ['apiprovider'] }

const about: ProcessFacts = {
  instance: 'here',
  version: '1',
  startedAt: 5,
  services: ['apiprovider'],
  listen: () => ({ apiprovider: 'http://a:1' }),
  checks: () => [
    { name: 'devicelog', ok: true },
    { name: 'http', ok: true },
  ],
  settings: () => [],
  engines: () => [engine],
  logged: () => [],
  disk: async () => ({ free: 1, size: 2 }),
  load: { cpu: () => 0.5, loopP99: () => 3 },
}

const there: ProcessState = {
  instance: 'there',
  services: ['controller'],
  nodes: [],
  version: '2',
  pid: 1,
  startedAt: 6,
  connections: 0,
  load: 0,
  draining: false,
  listen: { mqttaccess: 'mqtt://b:2' },
  checks: [
    { name: 'devicelog', ok: false },
    { name: 'log', ok: false, detail: 'it is full' },
  ],
  engines: [{ ...engine, state: 'down', error: 'away', affects: ['controller'] }],
}

const whole = (others: readonly OtherProcess[]) =>
  wholeOf({ about, peers: { processes: async () => others } as Pick<AdminPeers, 'processes'> as AdminPeers })

// CLU-14
test('the whole cloud: engines as those see them who are worst off, what is wrong with others by their names', async () => {
  const all = await whole([{ instance: 'there', services: ['controller'], state: there }])
  assert.deepEqual(
    [all.state, all.processes.map((p) => [p.instance.node, p.instance.state])],
    [
      'down',
      [
        ['here', 'ok'],
        ['there', 'down'],
      ],
    ],
  )
  assert.deepEqual(all.engines, [{ ...engine, state: 'down', error: 'away', affects: ['apiprovider', 'controller'] }])
  assert.deepEqual(all.checks, [
    { name: 'http', ok: true },
    { name: 'there: log', ok: false, detail: 'it is full' },
  ])
  assert.deepEqual(all.listen, { apiprovider: 'http://a:1', mqttaccess: 'mqtt://b:2' })
})

// CLU-14
test('the whole cloud: a process that does not answer is down, and why', async () => {
  const all = await whole([{ instance: 'gone', services: ['notifier'], error: 'no answer' }])
  assert.deepEqual([all.state, all.processes[1]!.services, all.processes[1]!.instance.error], ['down', ['notifier'], 'no answer'])
  assert.deepEqual(all.checks.at(-1), { name: 'gone: process', ok: false, detail: 'no answer' })
})
