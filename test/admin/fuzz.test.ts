import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminRoutes } from '#contracts/admin/routes.ts'
import { fuzzAdmin } from './fuzzing.ts'

/** `npm run test:admin` is the long form. */
const REQUESTS = 3000

// ADM-17
test(`S-15 B-09 S-18: ${REQUESTS} requests by schema find no error of the server`, async () => {
  const { never } = await fuzzAdmin(REQUESTS, 20_261_124)
  // found by hand in resources.test.ts, session.test.ts and audit.test.ts
  assert.ok(never.length < Object.keys(adminRoutes).length / 3, `never answered: ${never.join(' ')}`)
})
