import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inUse } from '../support/memory.ts'
import { fuzzStanzas } from './xmppstanzas.ts'

// XMPP-11 B-12
test('B-12 a hundred thousand stanzas that are nearly right: nothing is thrown but the end of a stream, others are served, nothing is kept', async () => {
  await fuzzStanzas(5000, 7)
  const before = inUse()
  const { faults, stanzas, errors, results } = await fuzzStanzas(100_000)
  assert.ok(
    faults > 10_000 && stanzas > 20_000 && errors > 1000 && results > 1000,
    JSON.stringify({ faults, stanzas, errors, results }),
  )
  const more = inUse() - before
  assert.ok(more < 32 << 20, `${more >> 20} MiB more are in use`)
})
