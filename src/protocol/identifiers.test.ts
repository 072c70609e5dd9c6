import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../test/vectors/arbitrary.ts'
import { type Outcome, testOutcomes } from '../../test/vectors/compare.ts'
import { identifierDifferences } from '../../test/vectors/differences.ts'
import { vectors } from '../../test/vectors/read.ts'
import { ProtocolError } from './errors.ts'
import { buildIdentifier, clientIdOf, deviceIdOf, domainCovers, parseDomain, parseIdentifier } from './identifiers.ts'

type Golden = {
  observed: { vendor_id: number; product_id: number; device_identifier: string }[]
  client_ids: { device_id: number; client_id: string }[]
  app_domain: { domain: string; identifier: string; allowed: boolean }[]
}
const golden = vectors<Golden>('identifiers')

const covers = (domain: string, identifier: string): boolean => {
  try {
    const { vendor, product } = parseIdentifier(identifier)
    return domainCovers(parseDomain(domain), vendor, product)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return false
  }
}

testOutcomes(
  'identifiers',
  [
    ...golden.observed.map((c): Outcome => {
      const { vendor, product, code } = parseIdentifier(c.device_identifier)
      return {
        name: `identifier ${c.device_identifier}`,
        theirs: `${c.vendor_id} ${c.product_id} ${c.device_identifier}`,
        ours: `${vendor} ${product} ${buildIdentifier(c.vendor_id, c.product_id, code)}`,
      }
    }),
    ...golden.client_ids.map(
      (c): Outcome => ({
        name: `client id of ${c.device_id}`,
        theirs: `${c.client_id} ${c.device_id}`,
        ours: `${clientIdOf(c.device_id)} ${deviceIdOf(c.client_id)}`,
      }),
    ),
    ...golden.app_domain.map(
      (c): Outcome => ({
        name: `domain "${c.domain}" covers ${c.identifier}`,
        theirs: String(c.allowed),
        ours: String(covers(c.domain, c.identifier)),
      }),
    ),
  ],
  identifierDifferences,
)

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

// ID-2
test('identifiers and client ids come back as they were built', () => {
  fc.assert(
    fc.property(id, id, fc.string({ unit: 'binary' }), (vendor, product, code) => {
      assert.deepEqual(parseIdentifier(buildIdentifier(vendor, product, code)), { vendor, product, code })
      assert.equal(deviceIdOf(clientIdOf(vendor)), vendor)
      assert.equal(deviceIdOf(clientIdOf(vendor).toUpperCase().padStart(23, '0')), vendor)
    }),
  )
})

// ID-1
test('identifiers are compared exactly: only the form that is built is taken', () => {
  for (const bad of ['', '1', '1-2', '01-2-x', '1-A-x', '0x1-2-x', '-1-2-x', ' 1-2-x', 'g-1-x', '20000000000000-1-x'])
    assert.throws(() => parseIdentifier(bad), { code: 'identifier_wrong_format' }, bad)
})

// ID-2
test('S-09 client ids of no device', () => {
  for (const bad of ['', '0', '-1', '0x1', 'g', ' 1', '1 ', '1.', '20000000000000', '1'.padStart(24, '0')])
    assert.throws(() => deviceIdOf(bad), { code: 'client_id_wrong_format' }, bad)
})

// ID-3
test('domains', () => {
  assert.deepEqual(parseDomain('*'), { scope: 'all' })
  assert.deepEqual(parseDomain('vendor/4294967296'), { scope: 'vendor', id: 4294967296 })
  for (const bad of [
    '',
    'all',
    '**',
    'vendor',
    'vendor/',
    'vendor/0x1',
    'product/a',
    'product/01',
    'x/product/1',
    'vendor/1/2',
    'vendor/9007199254740993',
  ])
    assert.throws(() => parseDomain(bad), { code: 'domain_wrong_format' }, bad)
})
