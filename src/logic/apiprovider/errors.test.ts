import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorTable, PandoError } from '#lib/errors.ts'
import { codes, refusalOf } from './errors.ts'

const told = (code: ErrorCode, context?: 'ask' | 'deviceKey') => {
  const { code: no, message, status } = refusalOf(new PandoError(code, 'said by the cloud'), context)
  return [no, message, status]
}

// REST-3
test('every error has a code of /application/v1, none is success, and all are HTTP 200', () => {
  const known = Object.values(codes).filter((c) => c !== codes.ok) as number[]
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const [no, , status] = told(code)
    assert.ok(known.includes(no as number), code)
    assert.equal(status, 200)
  }
})

test('the old cloud chose the codes (golden http-application)', () => {
  assert.deepEqual(told('device_offline'), [10004, 'said by the cloud', 200])
  assert.deepEqual(told('device_timeout'), [10001, 'timeout pushlishing message.', 200])
  assert.deepEqual(told('device_timeout', 'ask'), [10001, 'get status timeout.', 200])
  assert.deepEqual(told('frame_invalid'), [10005, 'said by the cloud', 200])
  assert.deepEqual(told('frame_too_large'), [10005, 'said by the cloud', 200])
  assert.deepEqual(told('device_unknown'), [10003, 'said by the cloud', 200])
  assert.deepEqual(told('application_unknown'), [10008, 'said by the cloud', 200])
  assert.deepEqual(told('key_invalid'), [10008, 'said by the cloud', 200])
  assert.deepEqual(told('key_mismatch'), [10008, 'app key not match.', 200])
  assert.deepEqual(told('key_invalid', 'deviceKey'), [10003, 'said by the cloud', 200])
  assert.deepEqual(told('key_mismatch', 'deviceKey'), [10003, 'device key not match.', 200])
  assert.deepEqual(told('log_unavailable'), [10001, 'said by the cloud', 200])
})

// REST-3
test('S-19 inner matters of the cloud are not told', () => {
  for (const code of ['internal', 'store_damaged', 'log_damaged', 'config_invalid'] as const) {
    assert.deepEqual(told(code), [10001, 'internal error', 200])
  }
})

test('an error without a text of its own gets that of its code', () => {
  assert.equal(refusalOf(new PandoError('disk_full', '')).message, errorTable.disk_full.help)
})
