/** What every engine of logs must do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logs } from './port.ts'

export type Entry = Record<string, unknown>

export interface LogsSubject {
  logs: Logs
  /** what has been written, after `close` */
  entries(): Promise<Entry[]>
}

export function logsSuite(name: string, open: (level: string) => Promise<LogsSubject>): void {
  const check = (what: string, level: string, write: (logs: Logs) => void, examine: (entries: Entry[]) => void) =>
    test(`logs ${name}: ${what}`, async () => {
      const { logs, entries } = await open(level)
      write(logs)
      await logs.close()
      examine(await entries())
    })

  // OPS-3
  check(
    'an entry in the form of the Elastic Common Schema, from its level on',
    'info',
    ({ log }) => {
      log.debug('not this')
      log.child({ service: 'notifier' }).warn({ deviceId: 7, err: new Error('why') }, 'that\nand "more" \u2028')
    },
    ([entry, ...others]) => {
      assert.deepEqual(others, [])
      assert.equal(entry?.['message'], 'that\nand "more" \u2028')
      assert.equal(entry?.['deviceId'], 7)
      assert.equal(entry?.['service'], 'notifier')
      assert.ok(!Number.isNaN(Date.parse(String(entry?.['@timestamp']))))
      assert.match(JSON.stringify(entry), /"level":"warn"|"log\.level":"warn"/)
      assert.match(JSON.stringify(entry), /"message":"why"/)
    },
  )

  // OPS-3
  check(
    'S-19: a secret that slips in is cut out',
    'info',
    ({ log }) => log.info({ secret: 'canary', device: { token: 'canary' } }, 'x'),
    (entries) => {
      assert.match(JSON.stringify(entries), /redacted/)
      assert.doesNotMatch(JSON.stringify(entries), /canary/)
    },
  )

  check(
    'all that was logged is out when it is closed',
    'debug',
    ({ log }) => {
      for (let n = 1; n <= 3000; n++) log.debug({ n }, `entry ${n}`)
    },
    (entries) => {
      const numbers = entries.map((e) => Number(e['n'])).sort((a, b) => a - b)
      assert.deepEqual(
        numbers,
        Array.from({ length: 3000 }, (_, i) => i + 1),
      )
    },
  )

  test(`logs ${name}: it is well and has lost nothing`, async () => {
    const { logs } = await open('info')
    let lost = 0
    logs.onDropped((n) => {
      lost += n
    })
    logs.log.info('x')
    assert.equal(logs.health().state, 'ok')
    await logs.close()
    assert.equal(lost, 0)
  })
}
