/**
 * `npm run test:console [word …]`: the pages, in both lights and in each of their states, and the flows in all combinations of language, size and hand, of which
 * `npm test` has some; with words those that have them all. Exit code 1: one has failed.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const combination = fileURLToPath(new URL('combination.ts', import.meta.url))
const places = ['en wide', 'en phone', 'zh wide', 'zh phone']
const all = [
  ...places.flatMap((p) => [`pages ${p}`, `states ${p}`, `flows ${p} pointer`]),
  // a phone has no Tab key
  'flows en wide keyboard',
  'flows zh wide keyboard',
]

const words = process.argv.slice(2)
const failed: string[] = []
for (const one of all.filter((c) => words.every((w) => c.split(' ').includes(w)))) {
  process.stdout.write(`\n${one}\n`)
  const { status } = spawnSync(process.execPath, ['--test-reporter=spec', combination, ...one.split(' ')], { stdio: 'inherit' })
  if (status !== 0) failed.push(one)
}
process.stdout.write(failed.length > 0 ? `\nfailed: ${failed.join(', ')}\n` : '\nall passed\n')
process.exitCode = failed.length > 0 ? 1 : 0
