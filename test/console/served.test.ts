/** The console as it is served: which addresses are its own, with which headers, compressed, and what is none of its. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask } from '../fakes/http.ts'
import { makeWorld, type World } from '../world.ts'
import { buildConsole } from './browser.ts'
import { placesOf } from './places.ts'

let world: World
let base = ''

before(async () => {
  await buildConsole()
  world = await makeWorld()
  base = world.listen['apiprovider']!
})
after(() => world.close())

const get = (path: string, headers: Record<string, string> = {}) => ask(base, { path, headers })

// CONSOLE-1
test('each place is the one page, also with what follows it; what is no place is answered as where nobody listens', async () => {
  const { body: page } = await get('/')
  assert.match(page, /<div id="root">/)
  const places = placesOf({ device: 7, product: 1, rule: 3, application: 1 }).map((p) => p.path)
  for (const path of [...places, '/devices?q=state:offline']) assert.equal((await get(path)).body, page, path)
  for (const path of [
    '/index.html',
    '/nothing',
    '/devicesx',
    '/assets/nothing.js',
    '/../package.json',
    '/assets/..%2fserve.js',
    '//devices',
  ]) {
    const { status, body } = await get(path)
    assert.deepEqual([status, body], [404, '404 page not found\n'], path)
  }
  for (const method of ['POST', 'PUT', 'DELETE'])
    assert.equal((await ask(base, { path: '/', method, body: '{}' })).status, 404, method)
})

// CONSOLE-1
test('files are named by what is in them and kept for ever, the page is asked for again; both come compressed', async () => {
  const { body: page, headers: ofPage } = await get('/')
  assert.equal(ofPage['cache-control'], 'no-cache')
  const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((m) => m[1]!)
  assert.ok(files.some((f) => f.endsWith('.js')) && files.some((f) => f.endsWith('.css')))
  for (const path of [...files, '/']) {
    const plain = await get(path)
    const response = await fetch(`${base}${path}`, { headers: { 'Accept-Encoding': 'br' } })
    assert.equal(response.headers.get('content-encoding'), 'br', path)
    assert.equal(await response.text(), plain.body, path)
    assert.equal((await get(path, { 'If-None-Match': String(plain.headers['etag']) })).status, 304, path)
    if (path !== '/') assert.match(String(plain.headers['cache-control']), /immutable/, path)
  }
})

// CONSOLE-2
test('S-17 every answer of the console has these headers and nothing of it is inline', async () => {
  const { headers, body } = await get('/')
  const shown = [
    'content-security-policy',
    'cross-origin-opener-policy',
    'cross-origin-resource-policy',
    'permissions-policy',
    'referrer-policy',
    'x-content-type-options',
    'x-frame-options',
    'strict-transport-security',
    'server',
    'x-powered-by',
  ]
  assert.deepEqual(Object.fromEntries(shown.map((name) => [name, headers[name]])), {
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'strict-transport-security': undefined,
    server: undefined,
    'x-powered-by': undefined,
  })
  assert.equal(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:/.test(body), false)
})

// CONSOLE-8
test('the pages of the documentation: in the language that is asked for, with a switch, and each link leads somewhere', async () => {
  const asked = (language: string) => get('/docs/tutorial', { 'Accept-Language': language })
  assert.equal((await asked('zh-CN,zh;q=0.9,en;q=0.8')).headers['location'], '/docs/zh/tutorial')
  assert.equal((await asked('de')).headers['location'], '/docs/en/tutorial')
  assert.equal((await get('/docs/operations', { 'Accept-Language': 'zh' })).headers['location'], '/docs/en/operations')
  assert.equal((await get('/docs/nothing')).status, 404)
  const [en, zh] = [await get('/docs/en/tutorial'), await get('/docs/zh/tutorial')]
  assert.match(en.body, /<html lang="en">[\s\S]*<a href="\/docs\/zh\/tutorial"/)
  assert.match(zh.body, /<html lang="zh-CN">[\s\S]*<a href="\/docs\/en\/tutorial"/)
  const links = [...`${en.body}${zh.body}`.matchAll(/(?:href|src)="(\/docs[^"#]*)/g)].map((m) => m[1]!)
  assert.ok(links.some((l) => l.endsWith('.png')))
  for (const link of new Set(links)) assert.equal((await get(link)).status, 200, link)
  assert.doesNotMatch(`${en.body}${zh.body}`, /<script|style=|\.md"/)
})
