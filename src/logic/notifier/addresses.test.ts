import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { addressGuard } from './addresses.ts'

const closed = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:a00:1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
]
const open = [
  '1.1.1.1',
  '100.63.255.255',
  '100.128.0.1',
  '172.32.0.1',
  '8.8.8.8',
  '192.169.0.1',
  '2606:4700::1111',
  '2a00:1450::5',
]
const embedded = ['::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::808:808']

describe('addresses that webhooks may reach', () => {
  const guard = addressGuard([])
  for (const address of closed) {
    it(`S-13 ${address} is refused, in words`, () =>
      assert.match(guard(address) ?? '', /not a public address.*PANDO_NOTIFIER_ALLOW/))
  }
  for (const address of [...open, ...embedded]) it(`S-13 ${address} is public`, () => assert.equal(guard(address), undefined))

  it('S-13 opens exactly the networks that the operator names', () => {
    const some = addressGuard(['10.1.0.0/16', '192.168.7.7', 'fd12::/16', '127.0.0.0/8'])
    for (const a of ['10.1.2.3', '192.168.7.7', 'fd12::9', '127.9.9.9', '::ffff:10.1.2.3', '::ffff:7f00:1', '64:ff9b::a01:203']) {
      assert.equal(some(a), undefined, a)
    }
    for (const a of ['10.2.0.1', '192.168.7.8', 'fd13::1', '::1', '::ffff:10.2.0.1', '169.254.169.254']) assert.ok(some(a), a)
  })

  it('refuses what is no address', () => assert.ok(guard('example.com')))

  for (const wrong of ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', 'any', '10.0.0.0/8/8', '']) {
    it(`refuses the setting ${JSON.stringify(wrong)} by name`, () =>
      assert.throws(
        () => addressGuard([wrong]),
        (e) => isPandoError(e, 'config_invalid') && /PANDO_NOTIFIER_ALLOW/.test(e.message),
      ))
  }
})
