import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { readConfig, settings } from './config.ts'
import { shownSettings } from './shownsettings.ts'

test('without environment every setting has its default', () => {
  const { config, origins } = readConfig({})
  assert.deepEqual(config.mqttaccessListen, { host: '0.0.0.0', port: 1883 })
  assert.equal(config.mqttMaxPacket, 64 << 10)
  assert.equal(config.tokenLife, 30 * 86_400_000)
  assert.equal(config.tlsCert, undefined)
  assert.ok(Object.values(origins).every((o) => o === 'default'))
})

test('values from the environment, in the forms that the help names', () => {
  const env = {
    PANDO_MQTT_MAX_PACKET: '1m',
    PANDO_TOKEN_LIFE: '12h',
    PANDO_NOTIFIER_ALLOW: '10.0.0.0/8, 127.0.0.0/8',
    PANDO_APIPROVIDER_LISTEN: '[::1]:0',
  }
  const { config, origins } = readConfig({ ...env, PATH: '/bin', PANDO_TEST_MYSQL_URL: 'mysql://x' })
  assert.equal(config.mqttMaxPacket, 1 << 20)
  assert.equal(config.tokenLife, 43_200_000)
  assert.deepEqual(config.notifierAllow, ['10.0.0.0/8', '127.0.0.0/8'])
  assert.deepEqual(config.apiproviderListen, { host: '::1', port: 0 })
  assert.equal(origins.mqttMaxPacket, 'environment')
})

const wrong: [Record<string, string>, RegExp][] = [
  [{ PANDO_MQTTACCESS_LISTEN: 'x' }, /PANDO_MQTTACCESS_LISTEN=x .*host:port/],
  [{ PANDO_MQTTACCESS_LISTEN: '1.2.3.4:99999' }, /99999/],
  [{ PANDO_MQTT_MAX_PACKET: '12' }, /at least 1024/],
  [{ PANDO_MQTT_MAX_INFLIGHT: '-1' }, /whole number from 1 to 65535/],
  [{ PANDO_LOG_LEVEL: 'loud' }, /debug, info, warn, error, silent/],
  [{ PANDO_LEGACY_OPEN_DEVICE_INFO: 'yes' }, /true or false/],
  [{ PANDO_TOKEN_LIFE: '30' }, /500ms, 10s, 5m, 12h, 30d/],
  [{ PANDO_AES_KEY: 'short' }, /16, 24 or 32/],
  [{ PANDO_MASTER_KEY: 'short' }, /at least 32/],
  [{ PANDO_TLS_CERT: '/x' }, /together/],
  [{ PANDO_MQTT_ACCESS_LISTEN: '0.0.0.0:1' }, /PANDO_MQTT_ACCESS_LISTEN is not a setting/],
  [{ PANDO_MQTTACCESS_LEGACY_TLS_LISTEN: '0.0.0.0:1' }, /legacy/],
]
for (const [env, message] of wrong) {
  // CLI-2
  test(`refused with its name and what is allowed: ${Object.keys(env)[0]}=${Object.values(env)[0]}`, () => {
    assert.throws(
      () => readConfig(env),
      (e) => isPandoError(e, 'config_invalid') && message.test(e.message),
    )
  })
}

// CLI-2
test('S-19: passwords in URLs of engines are not shown, and not repeated in errors', () => {
  const url = 'mongodb://pando:hunter2@a:1,b:2/pando?tls=true&secret=hunter2'
  const shown = shownSettings({ PANDO_DEVICELOG_URL: url }).find((s) => s.name === 'PANDO_DEVICELOG_URL')
  assert.equal(shown?.value, 'mongodb://pando:********@a:1,b:2/pando?tls=true&secret=********')
  assert.throws(
    () => readConfig({ PANDO_DEVICELOG_URL: '//pando:hunter2@a' }),
    (e) => isPandoError(e, 'config_invalid') && !e.message.includes('hunter2'),
  )
})

// CLI-2
test('S-19: a secret with a wrong value is not repeated in the error', () => {
  assert.throws(
    () => readConfig({ PANDO_AES_KEY: 'my secret' }),
    (e) => isPandoError(e) && !e.message.includes('my secret'),
  )
})

test('names of settings are said once, and follow one form', () => {
  const names = Object.values(settings).map((s) => s.env)
  assert.equal(new Set(names).size, names.length)
  assert.ok(names.every((n) => /^PANDO_[A-Z]+(_[A-Z]+)*$/.test(n)))
})
