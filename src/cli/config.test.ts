import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readConfig, settings } from '#src/config.ts'
import { shownSettings } from '#src/shownsettings.ts'
import { settingsMarkdown } from './config.ts'

test('every setting is printed with its value and where it comes from', () => {
  const rows = shownSettings({ PANDO_LOG_LEVEL: 'debug', PANDO_QUEUE_URL: '' })
  assert.deepEqual(
    rows.map((r) => r.name),
    Object.values(settings).map((s) => s.env),
  )
  const row = (name: string) => rows.find((r) => r.name === name)!
  assert.deepEqual([row('PANDO_LOG_LEVEL').value, row('PANDO_LOG_LEVEL').origin], ['debug', 'environment'])
  assert.deepEqual([row('PANDO_QUEUE_URL').value, row('PANDO_QUEUE_URL').origin], ['local:', 'default'])
  assert.equal(row('PANDO_TLS_CERT').value, undefined)
})

test('secrets are masked', () => {
  const secret = 'ABCDEFGHIJKLMNOPABCDEFGH'
  const text = JSON.stringify(shownSettings({ PANDO_AES_KEY: secret, PANDO_MASTER_KEY: secret.repeat(2) }))
  assert.ok(!text.includes(secret))
  assert.match(text, /"name":"PANDO_AES_KEY","value":"\*{8}","origin":"environment"/)
})

test('the table of the documentation has a row of four cells for each setting', () => {
  const rows = settingsMarkdown().trimEnd().split('\n')
  assert.equal(rows.length, Object.keys(settings).length + 2)
  for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 6, row)
})

for (const [file, least] of Object.entries({ 'embedded.env': 11, 'servers.env': 6 })) {
  test(`examples/${file} holds settings that exist, with values that are allowed, its comments too`, () => {
    const text = readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8')
    const lines = [...text.matchAll(/^#?(PANDO_\w+)=(?:'(.*)'|(.*))$/gm)].map(([, name, quoted, value]) => [
      name!,
      quoted ?? value!,
    ])
    assert.ok(lines.length >= least)
    const { config } = readConfig(Object.fromEntries(lines))
    assert.equal(config.dataDir, '/var/lib/pando')
  })
}
