import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { ask, raw } from '../../test/fakes/http.ts'
import { type Handler, httpListeners } from './http.ts'

const local = { host: '127.0.0.1', port: 0 }
const says =
  (text: string): Handler =>
  (_req, res) =>
    res.end(text)

async function listening(o: { handler: Handler; prefixes?: string[]; timeouts?: { headers: number; request: number } }) {
  const http = httpListeners(o.timeouts)
  const { port } = await http.mount({ address: local, prefixes: o.prefixes ?? ['/'], handler: o.handler })
  return { http, base: `http://127.0.0.1:${port}`, port }
}

test('services that are given the same address share a server; the longest prefix wins', async () => {
  const http = httpListeners()
  const free = await http.mount({ address: local, prefixes: ['/'], handler: says('-') })
  await http.close()
  const shared = httpListeners()
  await shared.mount({ address: free, prefixes: ['/a'], handler: says('a') })
  await shared.mount({ address: free, prefixes: ['/a/b'], handler: says('ab') })
  const base = `http://127.0.0.1:${free.port}`
  const got = await Promise.all(['/a', '/a/bc', '/b'].map((path) => ask(base, { path })))
  assert.deepEqual(
    got.slice(0, 2).map((x) => x.body),
    ['a', 'ab'],
  )
  assert.equal(got[2]?.status, 404)
  await shared.close()
})

test('a handler answers alone; unknown paths get 404 in Go words', async () => {
  const { http, base } = await listening({ handler: says('yes'), prefixes: ['/known'] })
  assert.equal((await ask(base, { path: '/known/x' })).body, 'yes')
  const { status, body, headers } = await ask(base, { path: '/other' })
  assert.deepEqual([status, body, headers['content-type']], [404, '404 page not found\n', 'text/plain; charset=utf-8'])
  await http.close()
})

test('an offer to upgrade that nobody takes is an ordinary request', async () => {
  const { http, base } = await listening({ handler: says('plain') })
  const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }
  assert.equal((await ask(base, { path: '/', headers })).body, 'plain')
  await http.close()
})

test('O-11 half a request is refused with 408 after its time, head and body', async () => {
  const { http, base } = await listening({ handler: (req) => void req.resume(), timeouts: { headers: 100, request: 200 } })
  const parts = ['GET / HTTP/1.1\r\nHo', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc']
  for (const got of await Promise.all(parts.map((p) => raw(base, [p])))) assert.match(got, /^HTTP\/1\.1 408 /)
  await http.close()
})

test('closing ends idle connections at once and lets what is under way finish', async () => {
  let finish = () => {}
  const { promise: underWay, resolve: begun } = Promise.withResolvers<void>()
  const { http, base } = await listening({
    handler: (req, res) => {
      if (req.url !== '/busy') return void res.end('idle')
      finish = () => res.end('done')
      begun()
    },
  })
  const agent = new Agent({ keepAlive: true })
  await ask(base, { path: '/', agent })
  const [idle] = Object.values(agent.freeSockets)[0]!
  const busy = ask(base, { path: '/busy' })
  // Were the idle one not closed first, both would be cut together and the busy one would get no answer.
  idle!.once('close', () => finish())
  await underWay
  const closed = http.close()
  assert.equal((await busy).body, 'done')
  await closed
  agent.destroy()
})

test('an unknown path is answered when its body has been read: a reset would lose the answer', async () => {
  const { http, base } = await listening({ handler: says('x'), prefixes: ['/known'] })
  const head = 'POST /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n'
  assert.match(await raw(base, [head, Buffer.alloc(4_000_000)]), /^HTTP\/1\.1 404 /)
  await http.close()
})

test('B-10 HTTP/0.9 and 2.0 in an HTTP/1 connection are refused', async () => {
  const { http, base } = await listening({ handler: says('x') })
  for (const line of ['GET /\r\n\r\n', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'])
    assert.match(await raw(base, [line]), /^HTTP\/1\.1 400 /)
  await http.close()
})
