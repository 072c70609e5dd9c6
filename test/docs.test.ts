/** Holds the documentation against the code: what is a fact of both must be the same in both, and what can be pasted must work. */
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { causes } from '#contracts/causes.ts'
import { settingText, translatedSettings } from '#contracts/settingtext.ts'
import { errorTable } from '#lib/errors.ts'
import { metricTable } from '#lib/metrics.ts'
import { deviceRoutes } from '#logic/apiprovider/routes.ts'
import { protocolErrors } from '#protocol/errors.ts'
import { settings } from '#src/config.ts'
import { anchorsOf, blocksOf, linksOf, pages, partNames, partOf, root, textOf } from './docs/pages.ts'
import { masked, pasted, startDemo, tourSteps } from './docs/readme.ts'
import { citations, rules } from './docs/rules.ts'
import { sections } from './docs/sections.ts'

const WRITE = 'node_modules/.bin/node test/docs/write.ts puts it right'

for (const [name, { page, make }] of Object.entries(sections)) {
  test(`HOUSE-2 ${page}: ${name} as in the code`, async () => {
    assert.equal(partOf(textOf(page), name), await make(), WRITE)
  })
}

test('HOUSE-2 every part of a page that says it is from the code is', () => {
  const named = pages().flatMap((page) => partNames(textOf(page)).map((name) => `${page}: ${name}`))
  assert.deepEqual(
    named.sort(),
    Object.entries(sections)
      .map(([name, s]) => `${s.page}: ${name}`)
      .sort(),
  )
})

/** `words` that code marks (or blocks) of the pages hold. */
const words = (pattern: RegExp): string[] => [...new Set(pages().flatMap((page) => textOf(page).match(pattern) ?? []))].sort()

test('HOUSE-2 settings that pages name exist, and all are named', () => {
  const found = words(/\bPANDO_[A-Z0-9_]+\b/g).filter((name) => name !== 'PANDO_')
  const known = Object.values(settings).map((s) => s.env)
  assert.deepEqual(
    found.filter((name) => !known.includes(name as (typeof known)[number])),
    [],
  )
  assert.deepEqual(
    known.filter((name) => !found.includes(name)),
    [],
  )
})

// CONSOLE-11
test('HOUSE-2 each setting is explained in Chinese too, and nothing else is', () => {
  assert.deepEqual(
    translatedSettings,
    Object.values(settings).map((s) => s.env),
  )
  for (const { env, help } of Object.values(settings)) {
    const { lang, text } = settingText('zh', { name: env, help })
    assert.equal(lang, 'zh', env)
    assert.match(text, /\p{Script=Han}.*。$/u, env)
  }
  const plugged = { name: 'PANDO_ALARM_LEVEL', help: 'of a plugin' }
  assert.deepEqual(settingText('zh', plugged), { lang: 'en', text: plugged.help })
})

test('HOUSE-2 metrics, errors and causes that pages name exist', () => {
  const metrics = words(/\bpando_[a-z_]+\b/g).filter((name) => name !== 'pando_')
  assert.deepEqual(new Set(metrics), new Set(Object.keys(metricTable)))
  const codes = { ...errorTable, ...causes, ...protocolErrors }
  const missing = Object.keys(codes).filter((code) => !textOf('docs/errors.md').includes(`\`${code}\``))
  assert.deepEqual(missing, [])
})

test('HOUSE-2 each route has its paragraph', () => {
  const text = textOf('docs/application-api.md')
  for (const { name } of deviceRoutes.filter((r) => r.name !== 'info')) assert.match(text, new RegExp(`\\*\\*${name}\\*\\*`))
})

test('links lead to pages, headings and files that are there', () => {
  const broken = pages().flatMap((page) =>
    linksOf(textOf(page))
      .filter((link) => !/^https?:/.test(link) && !leads(page, link))
      .map((link) => `${page}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

function leads(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(`${root}/${target}`)) return false
  if (anchor === undefined) return true
  const text = textOf(target)
  return anchorsOf(text).includes(anchor) || text.includes(`<a id="${anchor}"></a>`)
}

test('no page is an orphan; neither pages nor code speak of what a reader cannot open', () => {
  const linked = new Set(
    pages().flatMap((page) => linksOf(textOf(page)).map((l) => normalize(join(dirname(page), l.split('#')[0]!)))),
  )
  assert.deepEqual(
    pages().filter((page) => page !== 'README.md' && !linked.has(page)),
    [],
  )
  const outside = /\bDESIGN\b|\bSEED\b|(?<![\w/-])(?:golden|spec)\/[a-z]|\.\.\/shared/
  const sources = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'], { cwd: root }).filter(
    (f) => f !== 'test/docs.test.ts',
  )
  assert.deepEqual(
    [...pages(), ...sources].filter((file) => outside.test(textOf(file))),
    [],
  )
})

test('ARCHITECTURE.md has at most 100 lines', () => {
  assert.ok(textOf('ARCHITECTURE.md').trimEnd().split('\n').length <= 100)
})

test('the first two commands of the README are those that a clean checkout must pass', () => {
  const [run, check] = blocksOf(textOf('README.md')).map((b) => b.text.trim())
  assert.equal(run, 'npm ci && npm start')
  assert.equal(check, 'npm ci && npm test')
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
  assert.match(scripts['start']!, /\bbin\/pando demo$/)
  assert.ok(scripts['test'])
  const ci = textOf('.ci/run')
  assert.match(ci, /^npm ci\b/m)
  assert.match(ci, /^npm test$/m)
})

test('every rule of SPEC.md has its own number, and is cited by a test', () => {
  const all = rules()
  assert.ok(all.length > 100)
  assert.deepEqual(
    all.filter((id, i) => all.indexOf(id) !== i),
    [],
  )
  const cited = citations()
  assert.deepEqual(
    all.filter((id) => !cited.has(id)),
    [],
    'rules without a test',
  )
  assert.deepEqual(
    [...cited.keys()].filter((id) => !all.includes(id)).map((id) => `${id}: ${cited.get(id)!.join(', ')}`),
    [],
    'tests name rules that SPEC.md does not have: add them there',
  )
})

test('HOUSE-3 the tour of the README works when it is pasted', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pando-tour-'))
  const { PATH, HOME } = process.env
  const free = Object.fromEntries(
    ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((name) => [`PANDO_${name}_LISTEN`, '127.0.0.1:0']),
  )
  const env = { PATH, HOME, TMPDIR: folder, PANDO_DATA_DIR: `${folder}/data` }
  const demo = await startDemo({ ...env, ...free, PANDO_NOTIFIER_ALLOW: '127.0.0.1' })
  t.after(async () => {
    await demo.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const steps = tourSteps()
  const { httpaccess, apiprovider, ops } = demo.listen
  const hook = 20_000 + (process.pid % 10_000)
  const addresses = `DEVICES=${httpaccess} APPLICATIONS=${apiprovider} OPERATIONS=${ops} HOOK=${hook}`
  const [first, ...others] = steps.map((s) => s.paste)
  assert.match(first!, /^DEVICES=.*\n/)
  const { code, said } = await pasted([first!.replace(/^DEVICES=.*/, addresses), ...others].join('\n'), env)
  assert.equal(code, 0, said)
  const lines = masked(said)
  for (const promised of steps.flatMap((s) => s.promised))
    assert.ok(lines.includes(masked(promised)), `${promised}\nnot in\n${said}`)
})
