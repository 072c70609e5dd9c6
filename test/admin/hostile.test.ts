/** Hard cases of input: texts go in and come out as they are, names of prototypes are names, patterns end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modules } from '../architecture/modules.ts'
import { doorOfFile } from './door.ts'
import { operationsOf } from './requests.ts'
import { nasty } from './sample.ts'

const { world, door } = await doorOfFile()

const names = nasty.filter((t) => t.trim() === t && t !== '' && t.length <= 64 && t.isWellFormed() && !t.includes('\0'))

// ADM-17
test('S-15: texts that are queries, commands or templates elsewhere are texts here, and nothing else happens', async () => {
  const { client } = door
  assert.ok(names.length > 25)
  const product = await world.product()
  const counts = async () => [
    (await client('GET /vendors', { query: { limit: 1000 } })).items.length,
    (await client('GET /users', { query: { limit: 1000 } })).items.length,
  ]
  const before = await counts()
  for (const name of names) {
    const v = await client('POST /vendors', { body: { name, description: name } })
    assert.deepEqual(await client('GET /vendors/{id}', { params: v }), { ...v, name, description: name })
    const { device } = await client('POST /devices', { body: { product: product.id, code: name, name, tags: [name] } })
    const found = await client('GET /devices', { query: { tag: name, product: product.id } })
    assert.deepEqual(
      found.items.map((d) => [d.id, d.name, d.code, d.tags]),
      [[device.id, name, name, [name]]],
      name,
    )
    const view = await client('POST /saved-views', { body: { name, filter: name } })
    assert.deepEqual([view.name, view.filter], [name, name])
    await client('GET /search', { query: { q: name } })
    await client('GET /audit', { query: { actor: name, object: name } })
  }
  assert.deepEqual(await counts(), [before[0]! + names.length, before[1]])
  assert.equal((await client('GET /audit/verify')).ok, true)
  for (const line of world.running.logged().split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(line), line)
})

// ADM-17
test('S-18: ids that are paths or names of prototypes are not there, wherever they stand', async () => {
  const wrong = [
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '..',
    '../../etc/passwd',
    '..%2f..%2f',
    '%00',
    '-1',
    '0x1',
    '1e3',
  ]
  for (const { method, template, operation: o } of operationsOf(door.doc)) {
    if (!template.includes('{')) continue
    for (const id of wrong) {
      const path = template.replaceAll(/\{\w+\}/g, encodeURIComponent(id))
      const url = new URL(`${door.base}/admin/v1${path}`)
      // `..` is taken out by whoever sends it
      if (!url.pathname.startsWith('/admin/v1') || url.pathname.split('/').length !== `/admin/v1${template}`.split('/').length)
        continue
      const said = await door.ask(method, path, o.requestBody && { body: {} })
      assert.ok([400, 404, 410].includes(said.status), `${method} ${path} ${said.status}`)
      assert.equal(/root:|native code/.test(said.body), false)
    }
  }
  const polluted = '{"name":"x","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'
  assert.equal((await door.ask('POST', '/vendors', { raw: polluted })).status, 400)
  const device = await world.device()
  for (const label of ['__proto__', 'constructor'])
    assert.ok((await door.ask('PUT', `/devices/${device.id}/desired`, { raw: `{"${label}":[1]}` })).status >= 400, label)
  assert.deepEqual(Object.keys(Object.prototype), [])
  assert.equal(({} as { admin?: unknown }).admin, undefined)
})

/**
 * A group that repeats without end and holds a part that does: `(a+)+`. Such a pattern may take time without end; not where each round begins
 * with a sign of its own: `(_a+)*`.
 */
function nested(source: string): boolean {
  const open: { unbounded: boolean; apart?: boolean }[] = [{ unbounded: false }]
  const text = source.replaceAll(/\\./g, 'x').replaceAll(/\[[^\]]*\]/g, 'x')
  for (let i = 0; i < text.length; i++) {
    const repeats = (at: number) => /^(?:[*+]|\{\d+,\})/.test(text.slice(at))
    if (text[i] === '(') open.push({ unbounded: false, apart: /^\((?:\?:)?[_,./:;-]/.test(text.slice(i)) })
    else if (text[i] === ')') {
      const { unbounded, apart } = open.pop()!
      if (unbounded && repeats(i + 1) && !apart) return true
      if (unbounded || repeats(i + 1)) open.at(-1)!.unbounded = true
    } else if (repeats(i)) open.at(-1)!.unbounded = true
  }
  return false
}

test('S-16: no pattern of ours repeats what repeats; patterns of others are not run', () => {
  assert.deepEqual(['(a+)+$', '(?:\\w*x)*', '([a-z]+){2,}', '((a)+b)+'].map(nested), [true, true, true, true])
  assert.deepEqual(['(a|b)+', 'a+b+', '(?:a+){0,2}'].map(nested), [false, false, false])
  const found: string[] = []
  let patterns = 0
  for (const m of modules().filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'))) {
    for (const [, source] of m.code.matchAll(
      /(?<=[(=,:!&|?[]\s?|return )\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/[dgimsuy]*/g,
    )) {
      patterns++
      if (nested(source!)) found.push(`${m.path}: ${source}`)
    }
    if (/new RegExp\((?!['"`])/.test(m.code)) found.push(`${m.path}: a pattern that is made`)
  }
  assert.ok(patterns > 100, `${patterns} patterns`)
  assert.deepEqual(found, [])
})
