import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Loads } from '../../test/support/loads.ts'
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
  // schemas of routes
  'ajv',
  // people
  '@clack/prompts',
  'pino-pretty',
  'ws',
]

const place = makePlace()
after(place.remove)

const { NODE_COMPILE_CACHE: _, ...env } = place.env
const file = join(place.dir, 'loads.json')
const preload = new URL('../../test/support/loads.ts', import.meta.url).href

async function loads(): Promise<Loads> {
  const running = start(program('pando'), ['serve'], {
    env: { ...env, PANDO_SOURCES: '1', LOADS: file, NODE_OPTIONS: `--import ${preload}` },
  })
  await running.line()
  assert.equal((await running.stop()).code, 0)
  return JSON.parse(readFileSync(file, 'utf8'))
}

test('serve: what no setting names and nobody has asked for is not loaded, nor, the second time, what compiles', async () => {
  const [first, second] = [await loads(), await loads()]
  assert.ok(first.packages.includes('fastify'), first.packages.join(', '))
  assert.deepEqual(
    first.packages.filter((name) => LATER.includes(name)),
    [],
  )
  const compiler = ({ node }: Loads) => node.filter((name) => name.includes('amaro'))
  assert.notDeepEqual(compiler(first), [])
  assert.deepEqual(compiler(second), [])
})
