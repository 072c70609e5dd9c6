import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPandoError } from '#lib/errors.ts'
import { makeLimits, network } from './limits.ts'

describe('O-13: limits of signing in', () => {
  it('an IPv6 network is one address, IPv4 in IPv6 is IPv4', () => {
    assert.equal(network('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(network('2001:0DB8:1:2::9'), network('2001:db8:1:2:ffff::1'))
    assert.equal(network('::1'), '0:0:0:0::/64')
    assert.equal(network('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.notEqual(network('2001:db8:1:2::9'), network('2001:db8:1:3::9'))
    assert.deepEqual([network('::ffff:192.0.2.1'), network('192.0.2.1'), network('')], ['192.0.2.1', '192.0.2.1', ''])
  })

  it('an address has fifty failures for all names, and success counts as none', () => {
    const limits = makeLimits(() => 0)
    for (let i = 0; i < 500; i++) limits.take('somebody', '192.0.2.1').succeeded()
    for (let i = 0; i < 50; i++) limits.take(`name ${i}`, '192.0.2.1')
    assert.throws(
      () => limits.take('another', '192.0.2.1'),
      (e) => isPandoError(e, 'rate_limited'),
    )
    limits.take('another', '192.0.2.2')
  })

  it('the pause doubles up to a quarter of an hour, and all is forgotten after as long without failures', () => {
    let now = 0
    const limits = makeLimits(() => now)
    const pauses: number[] = []
    for (let i = 0; i < 14; i++) {
      const { retryAt } = limits.take('n', 'a')
      if (retryAt > now) {
        pauses.push((retryAt - now) / 1000)
        now = retryAt
      }
    }
    assert.deepEqual(pauses, [30, 60, 120, 240, 480, 900, 900, 900, 900, 900])
    now += 15 * 60_000
    assert.equal(limits.take('n', 'a').left, 4)
  })
})
