/** The reference page: complete, readable without a script, tried from the page, nothing from elsewhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { errorTable } from '#lib/errors.ts'
import { until } from '../world.ts'
import { doorOfFile, PASSWORD } from './door.ts'
import { makePage } from './fakepage.ts'
import { operationsOf } from './requests.ts'

const { world, door } = await doorOfFile()
const get = (path: string, o?: RequestInit) => fetch(`${door.base}${path}`, o)
const page = await (await get('/docs')).text()

const all = (pattern: RegExp): string[] => [...page.matchAll(pattern)].map((m) => m[1]!)

// ADM-25
test('each call of the document is on the page with its parameters, and each type; links lead somewhere', () => {
  const ids = all(/\sid="([^"]+)"/g)
  assert.equal(new Set(ids).size, ids.length)
  for (const { method, template, operation: o } of operationsOf(door.doc)) {
    assert.ok(ids.includes(o.operationId), o.operationId)
    assert.ok(page.includes(`data-method="${method}" data-path="${template}"`), o.operationId)
    for (const p of o.parameters) assert.ok(ids.includes(`${o.operationId}-${p.name}`), `${o.operationId} ${p.name}`)
    assert.equal(ids.includes(`${o.operationId}-body`), o.requestBody !== undefined, o.operationId)
  }
  for (const name of Object.keys(door.doc.components.schemas)) assert.ok(ids.includes(`type-${name}`), name)
  assert.deepEqual(
    all(/href="#([^"]+)"/g).filter((id) => !ids.includes(id)),
    [],
  )
})

// ADM-25
test('S-17: the page and its parts forbid whatever is not of the same origin, and have nothing inline', async () => {
  assert.deepEqual(
    all(/(?:src|href)="([^"#]*)"/g).filter((u) => u !== 'data:,' && !u.startsWith('/docs/') && !u.startsWith('/admin/v1/')),
    [],
  )
  assert.equal(/<script(?! src=)|<style|\son\w+=|\sstyle=|javascript:/.test(page), false)
  for (const path of ['/docs', '/docs/', '/docs/page.js', '/docs/page.css', '/docs/nothing', '/docs/../admin', '/docsx']) {
    const { status, headers } = await get(path)
    if (path.startsWith('/docs/.')) continue
    assert.equal(status, path === '/docs/nothing' || path === '/docsx' ? 404 : 200, path)
    const csp = headers.get('content-security-policy')!
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      assert.ok(csp.includes(part), part)
    assert.equal(csp.includes('unsafe'), false)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  }
  assert.equal((await get('/docs', { method: 'POST', body: 'x' })).status, 405)
  assert.equal((await get('/docs', { method: 'HEAD' })).headers.get('content-length'), String(Buffer.byteLength(page)))
  assert.ok(Buffer.byteLength(page) < 600_000, 'it stays a page')
})

// ADM-25
test('who cannot see or point is served: language, title, heads in order, a label for each field, answers announced', () => {
  assert.match(page, /<html lang="en">[\s\S]*<title>[^<]+<\/title>/)
  const levels = all(/<h(\d)/g).map(Number)
  for (const [i, level] of levels.entries()) assert.ok(i === 0 ? level === 1 : level <= levels[i - 1]! + 1, `head ${i}`)
  const labelled = new Set(all(/<label for="([^"]+)"/g))
  for (const [field] of page.matchAll(/<(?:input|textarea)[^>]*>/g)) {
    const id = /\sid="([^"]+)"/.exec(field)?.[1]
    const around = page.lastIndexOf('<label', page.indexOf(field))
    const inside = page.slice(around, page.indexOf(field)).includes('</label>') === false
    assert.ok(id === undefined ? inside : labelled.has(id), field)
  }
  const forms = all(/<form data-call([\s\S]*?)<\/form>/g)
  for (const form of forms) assert.ok(form.includes('role="status"') && form.includes('<button>'))
})

// ADM-25
test('a call goes out from the page as it was filled in, with a token or with the session, and its answer is shown', async () => {
  const script = await (await get('/docs/page.js')).text()
  const dom = makePage(page, door.base)
  vm.runInNewContext(script, dom.globals)
  await until('the first verdict', () => dom.text('known').includes('Nobody is signed in'))
  dom.submit('with-token', { token: door.token })
  await until('the token’s owner', () => dom.text('known').includes('person 1, for everything, with the token'))
  const made = await dom.call('addVendor', { body: '{"name":"from <the> page"}', 'Idempotency-Key': 'k' })
  assert.match(made.status, /^POST \/admin\/v1\/vendors → 201, \d+ ms, ETag "1"$/)
  assert.match(made.answer, /\n {2}"name": "from <the> page",\n/)
  const { id } = JSON.parse(made.answer) as { id: number }
  const listed = await dom.call('listVendors', { limit: '1' })
  assert.match(listed.status, /vendors\?limit=1 → 200/)
  assert.match((await dom.call('editVendor', { id: String(id), 'If-Match': '"9"', body: '{"name":"x"}' })).status, /→ 412/)
  const { registry } = world.peers
  await registry.addUser({ name: 'reader', password: PASSWORD, role: 'Viewer', scope: '*', mustChange: false })
  dom.submit('sign-in', { name: 'reader', password: 'not this one' })
  await until('refused', () => /Not signed in.*Tries left/.test(dom.text('known')))
  dom.submit('sign-in', { name: 'reader', password: PASSWORD })
  await until('signed in', () => dom.text('known') === 'Requests go out as reader, for everything.')
  assert.match((await dom.call('listMySessions', {})).status, /→ 200/)
  assert.match((await dom.call('editMe', { body: '{"zone":"Asia/Shanghai"}' })).status, /→ 200/)
  assert.match((await dom.call('addVendor', { body: '{"name":"not allowed"}' })).answer, /"permission": "products.write"/)
  assert.match((await dom.call('signOut', {})).status, /→ 204/)
})

// ADM-34
test('each error is explained at its address, in both languages; a problem says which', async () => {
  const list = await (await get('/docs/errors')).text()
  for (const [code, { help }] of Object.entries(errorTable)) {
    assert.ok(list.includes(`href="/docs/errors/${code}"`), code)
    const answer = await get(`/docs/errors/${code}`)
    assert.match(answer.headers.get('content-security-policy')!, /default-src 'none'/)
    const text = await answer.text()
    assert.ok(text.includes(help.split(/[`'<]/)[0]!), code)
    assert.match(text, /lang="zh-CN">\n<p>[^<]*[\u4e00-\u9fff]/, code)
    assert.equal(/<script|<style|\sstyle=/.test(text), false)
  }
  assert.equal((await get('/docs/errors/nothing')).status, 404)
  const { json } = await door.ask('GET', '/devices/4711')
  assert.equal(json.type, '/docs/errors/device_unknown')
})
