/**
 * Every scenario and golden replay in another shape (world/running.ts): `servers`, `cluster` or `cluster2`.
 *
 *   npm run test:shape -- <shape> [part of a path …] [--name <regexp>]
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './world/root.ts'

const [shape = '', ...rest] = process.argv.slice(2)
const all = ['test/scenarios', 'test/replay', 'test/webhooks', 'test/admin', 'test/streams', 'test/fuzz']
const parts = rest.some((word) => !word.startsWith('-')) ? rest : [...rest, ...all]
const child = spawn(process.execPath, [join(root, 'test/run.ts'), ...parts], {
  env: { ...process.env, PANDO_TEST_SHAPE: shape },
  stdio: 'inherit',
})
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
