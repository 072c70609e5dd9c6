import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { settings } from '#src/config.ts'
import { pages } from '../docs/pages.ts'
import { deployed, expectCommand, root, textOf } from './files.ts'

const known = new Set<string>(Object.values(settings).map((s) => s.env))

// DEPLOY-1
test('every setting that a file of deploy/ or examples/ names is one', () => {
  const wrong = deployed().flatMap((file) =>
    [...textOf(file).matchAll(/\bPANDO_[A-Z_]+[A-Z]/g)].filter((m) => !known.has(m[0])).map((m) => `${file}: ${m[0]}`),
  )
  assert.deepEqual(wrong, [])
})

// DEPLOY-1
for (const file of deployed().filter((f) => f.endsWith('.env')))
  test(`${file} is taken as it is, and so with what is commented out`, () => {
    const config = (script: string) =>
      execFileSync('/bin/sh', ['-ec', `set -a\n${script}\nset +a\nexec bin/pando config --json`], {
        cwd: root,
        env: { PATH: process.env['PATH'] },
        encoding: 'utf8',
      })
    const text = textOf(file)
    const names = [...text.matchAll(/^(PANDO_\w+)=/gm)].map((m) => m[1])
    const rows = JSON.parse(config(text)) as { name: string; origin: string }[]
    for (const name of names) assert.equal(rows.find((r) => r.name === name)?.origin, 'environment', name)
    config(text.replace(/^#(PANDO_\w+=)/gm, '$1'))
  })

/** Words as the shell takes them apart, without what it would put in. */
function words(line: string): string[] {
  const found = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []
  return found.map((w) => w.replace(/'([^']*)'|"([^"]*)"/g, (_, a?: string, b?: string) => a ?? b ?? ''))
}

// DEPLOY-2
test('every command line of pando in the pages is one', async () => {
  let n = 0
  for (const page of pages()) {
    for (const [, block] of textOf(page).matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)) {
      for (const line of block!.replaceAll('\\\n', ' ').split('\n')) {
        const said = /^\s*(?:[A-Z_]+=\S* )*(?:bin\/|\/opt\/pando\/bin\/)?(pando|pdcfg) (.*)$/.exec(line.replace(/\s+#.*$/, ''))
        if (!said) continue
        const rest = words(said[2]!.replace(/\s*(?:[|<>&;]|\$\().*$/, ''))
        n++
        await assert.doesNotReject(expectCommand(said[1] === 'pdcfg' ? ['pdcfg', ...rest] : rest), `${page}: ${line}`)
      }
    }
  }
  assert.ok(n > 5, `${n} lines`)
})

// DEPLOY-8
test('every test that the page of operations names is there', () => {
  const named = [...textOf('docs/operations.md').matchAll(/`((?:src|test)\/[\w/.-]+\.test\.ts)`/g)].map((m) => m[1]!)
  assert.ok(named.length >= 10)
  assert.deepEqual(
    named.filter((file) => !existsSync(`${root}/${file}`)),
    [],
  )
})
