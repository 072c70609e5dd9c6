import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makePlace, program, start } from './testing.ts'

/** What only some clouds need, or only who asks them something: each takes megabytes and a tenth of a second. */
const LATER = [
  // other processes, webhooks, servers
  'undici',
  'mongodb',
  'mysql2',
  'nsqjs',
  'pg',
  'redis',
  // rules
  '@marcbachmann/cel-js',
  'croner',
  // people
  '@clack/prompts',
  'pino-pretty',
  'ws',
]

const place = makePlace()
after(place.remove)

test('serve: what no setting names and nobody has asked for is not loaded', async () => {
  const file = join(place.dir, 'loads.json')
  const preload = new URL('../../test/support/loads.ts', import.meta.url).href
  const running = start(program('pando'), ['serve'], { env: { ...place.env, LOADS: file, NODE_OPTIONS: `--import ${preload}` } })
  await running.line()
  assert.equal((await running.stop()).code, 0)
  const loaded: string[] = JSON.parse(readFileSync(file, 'utf8'))
  assert.ok(loaded.includes('fastify'), loaded.join(', '))
  assert.deepEqual(
    loaded.filter((name) => LATER.includes(name)),
    [],
  )
})
