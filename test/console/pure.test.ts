/** What pages think with, without a browser: conditions in words, and what differs between two texts. */
import assert from 'node:assert/strict'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFresh } from '../../console/fresh.ts'
import { browserOf } from '../../console/src/lib/browsers.ts'
import { differs } from '../../console/src/lib/diff.ts'
import { spansSince } from '../../console/src/lib/spans.ts'
import { type Comparison, celOf, comparisonsOf, ops } from '../../console/src/pages/rules/comparisons.ts'
import { rulePartText } from '../../console/src/text/rulefindings.ts'
import { RuleDefinition } from '../../src/contracts/controller/rules.ts'
import { root } from '../world/root.ts'
import { placesOf } from './places.ts'

const names = {
  'status.climate.temperature': 'double',
  'status.fan.speed': 'int',
  'event.text': 'string',
  'status.lamp.on': 'bool',
}

test('comparisons that all hold are told in words; what says more stays an expression', () => {
  assert.deepEqual(comparisonsOf(''), [])
  assert.deepEqual(comparisonsOf('status.climate.temperature > 8.0 && event.text == "a && b"'), [
    { name: 'status.climate.temperature', op: '>', value: '8.0' },
    { name: 'event.text', op: '==', value: 'a && b' },
  ])
  for (const more of [
    'status.a.b > 1 || status.a.c > 2',
    'status.a.b + 1 > 2',
    'size(event.text) > 2',
    'status["a"]["b"] > 1',
    '!x.y',
  ])
    assert.equal(comparisonsOf(more), undefined, more)
})

test('whatever is compared with is read back as it was said; a double is written as one', () => {
  const value = (type: string) =>
    type === 'string'
      ? fc.string({ minLength: 1 }).map((s) => `x${s.trim()}`)
      : type === 'bool'
        ? fc.boolean().map(String)
        : fc.integer().map(String)
  const comparison = fc
    .constantFrom(...Object.entries(names))
    .chain(([name, type]) => fc.record({ name: fc.constant(name), op: fc.constantFrom(...ops), value: value(type) }))
  fc.assert(
    fc.property(fc.array(comparison, { maxLength: 4 }), (list: Comparison[]) => {
      const back = comparisonsOf(celOf(list, names))
      const same = list.map((c) => (c.name === 'status.climate.temperature' ? { ...c, value: `${c.value}.0` } : { ...c }))
      assert.deepEqual(back, same)
    }),
  )
})

// CONSOLE-9
test('where something is wrong with a rule is told in words, whatever part of it that is', () => {
  const told: [string, string, string][] = [
    ['', 'The rule', '规则'],
    ['/device', 'Device watched', '观察的设备'],
    ['/on/cron', 'When, time', '触发的时间'],
    ['/on/kind', 'When', '触发'],
    ['/when', 'Condition', '条件'],
    ['/but/atMost/n', 'How often', '次数限制'],
    ['/then', 'Actions', '动作'],
    ['/then/0', 'Action 1', '动作 1'],
    ['/then/1/device', 'Action 2, device', '动作 2 的设备'],
    ['/then/0/values/light/1', 'Action 1, values', '动作 1 的数值'],
  ]
  for (const [pointer, en, zh] of told) assert.deepEqual([rulePartText('en', pointer), rulePartText('zh', pointer)], [en, zh])
  const parts = Object.keys(RuleDefinition.properties)
  const inActions = RuleDefinition.properties.then.items.anyOf.flatMap((a) => Object.keys(a.properties))
  for (const pointer of [...parts.map((p) => `/${p}`), ...inActions.filter((p) => p !== 'do').map((p) => `/then/0/${p}`)])
    for (const lang of ['en', 'zh'] as const) {
      const text = rulePartText(lang, pointer)
      assert.ok(!text.includes('/') && text !== rulePartText(lang, '') && text !== rulePartText(lang, '/then/0'), pointer)
    }
})

test('what differs: lines that are gone and new make one text of the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 30 }).map((l) => l.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = differs(before, after)
      const gaps = lines.some((l) => l.s === 'gap')
      const side = (s: 'gone' | 'new') => lines.filter((l) => l.s === 'same' || l.s === s).map((l) => l.text)
      if (!gaps) assert.deepEqual([side('gone').join('\n'), side('new').join('\n')], [before, after])
      assert.equal(
        lines.some((l) => l.s === 'gone' || l.s === 'new'),
        before !== after,
      )
    }),
  )
  assert.deepEqual(
    differs('1\n2\n3\n4\n5\n6', '1\n2\n3\n4\n5\n7').map((l) => `${l.s} ${l.text}`),
    ['gap …', 'same 4', 'same 5', 'gone 6', 'new 7'],
  )
})

// CONSOLE-15
test('a span is offered when the cloud has lived through it; what is shorter is told by when it began', () => {
  const hours = (n: number) => spansSince(['1', '6', '24'], Date.now() - n * 3_600_000, Date.now())
  assert.deepEqual(hours(0.1), { offered: ['1'], whole: '1' })
  assert.deepEqual(hours(3), { offered: ['1', '6'], whole: '6' })
  assert.deepEqual(hours(10), { offered: ['1', '6', '24'], whole: '24' })
  assert.deepEqual(hours(23.9), { offered: ['1', '6', '24'], whole: undefined })
  assert.deepEqual(spansSince(['1'], undefined, Date.now()), { offered: ['1'], whole: undefined })
})

test('a browser is told by name and system; what is none stays as it calls itself', () => {
  const like = 'AppleWebKit/537.36 (KHTML, like Gecko)'
  const told: [string, string][] = [
    [`Mozilla/5.0 (X11; Linux x86_64) ${like} HeadlessChrome/156.0.0.0 Safari/537.36`, 'Chrome, Linux'],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${like} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0`, 'Edge, Windows'],
    ['Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0', 'Firefox, Android'],
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${like} Version/19.0 Mobile/15E148 Safari/604.1`, 'Safari, iOS'],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${like} Version/19.0 Safari/605.1.15`, 'Safari, macOS'],
    ['curl/8.5.0', 'curl/8.5.0'],
  ]
  for (const [agent, name] of told) assert.equal(browserOf(agent), name)
})

// CONSOLE-1
test('a console that was built of older sources is not taken for one of these', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pando-fresh-'))
  // folders are of now
  const began = Date.now() / 1000
  const put = (file: string, later: number) => {
    const at = began + later
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
    utimesSync(join(folder, file), at, at)
  }
  try {
    put('console/src/main.tsx', 1000)
    put('src/contracts/errors.ts', 1000)
    assert.equal(isFresh(folder), false)
    put('dist/console/index.html', 2000)
    assert.equal(isFresh(folder), true)
    put('src/cloud.ts', 3000)
    assert.equal(isFresh(folder), true, 'it is not made of that')
    put('src/contracts/errors.ts', 3000)
    assert.equal(isFresh(folder), false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('each kind of button that pages name has its look, and nothing has one that no page names', () => {
  const read = (pattern: string) =>
    globSync(pattern, { cwd: root })
      .map((f) => readFileSync(join(root, f), 'utf8'))
      .join('\n')
  const kinds = (text: string, each: RegExp) => [
    ...new Set([...text.matchAll(each)].flatMap(([all]) => all.match(/'\w+'|"\w+"/g) ?? [])),
  ]
  const named = kinds(read('console/src/**/*.tsx'), /(?<=\b(?:data-)?k=)(?:"\w+"|\{[^}]*\})/g).map((k) => k.slice(1, -1))
  const styled = kinds(read('console/src/styles/controls.css'), /data-k="\w+"/g).map((k) => k.slice(1, -1))
  assert.deepEqual(new Set(named.filter((k) => k !== 'disconnect')), new Set(styled))
})

test('W6 each page and each of its tabs has its picture, on a wide screen and on a phone, and nothing else has', () => {
  const names = placesOf({ device: 1, product: 1, rule: 1, application: 1 }).map((p) => p.name)
  assert.deepEqual(readdirSync(join(root, 'docs/screens')).sort(), names.flatMap((n) => [`${n}.png`, `${n}.phone.png`]).sort())
})
