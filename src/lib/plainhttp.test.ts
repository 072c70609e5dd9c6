import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { after, test } from 'node:test'
import { inTurn, raw } from '../../test/fakes/http.ts'
import { httpListeners } from './http.ts'
import { type Answer, type FindPlain, type PlainHandler, readPlain } from './plainhttp.ts'

const PATH = '/waiting'
const onPath =
  (handler: PlainHandler): FindPlain =>
  (_, url) =>
    url.split('?', 1)[0] === PATH ? handler : undefined
const held: Answer[] = []
const gone: string[] = []
const http = httpListeners()
const { port } = await http.mount({
  address: { host: '127.0.0.1', port: 0 },
  prefixes: ['/'],
  handler: (req, res) => void req.resume().on('end', () => res.end(`node ${req.method} ${req.url}`)),
  plain: onPath((req, res) => {
    if (req.headers['accept'] === 'text/event-stream') return false
    res.once('close', () => gone.push(req.url))
    const text = `plain${req.body}`
    if (req.url.endsWith('hold')) held.push(res)
    else res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length }).end(text)
    return true
  }),
})
const base = `http://127.0.0.1:${port}`
after(() => http.close())

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`
const put = (body: string, more = ''): string =>
  `PUT ${PATH} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
const last = get('/last', 'Connection: close\r\n')
/** Who has answered, in order. */
const answers = (text: string): string[] => [...text.matchAll(/\b(plain|node \S+ \/[a-z?]*)/g)].map(([, who]) => who!)
const until = async (done: () => boolean) => {
  while (!done()) await new Promise((next) => setTimeout(next, 5))
}

// HTTP-6
test('a plain request on such a path is answered without node:http, as often as one likes, and the connection may go on to others', async () => {
  const got = await inTurn(base, [get(PATH), get(`${PATH}?x`, 'Connection: keep-alive\r\n'), get('/other'), get(PATH), last])
  assert.deepEqual(answers(got), ['plain', 'plain', 'node GET /other', `node GET ${PATH}`, 'node GET /last'])
  const [head] = got.split('\r\n\r\n')
  assert.match(head!, /^HTTP\/1\.1 200 OK\r\n/)
  for (const line of ['Content-Type: application/json', 'Content-Length: 5', 'Connection: keep-alive', 'Keep-Alive: timeout=65'])
    assert.ok(head!.split('\r\n').includes(line), head)
  assert.match(head!, /^Date: \w{3}, .* GMT$/m)
})

// HTTP-6
test('a short body may come with its head or behind it, and hold anything', async () => {
  const inPieces = [put('\r\n\r\n').slice(0, -4), '\r\n\r\n']
  const got = await inTurn(base, [put('a'), inPieces, put(''), put('b').replace('PUT', 'POST'), last])
  const bodies = got.split(/HTTP\/1\.1 200 OK\r\n/).map((text) => text.slice(text.indexOf('\r\n\r\n') + 4))
  assert.deepEqual(bodies.slice(1, -1), ['plaina', 'plain\r\n\r\n', 'plain', 'plainb'])
  assert.deepEqual(answers(got).at(-1), 'node GET /last')
})

// HTTP-6
test('what is not plain is read by node:http from its first octet', async () => {
  const cases: Record<string, (string | Buffer)[]> = {
    'in two pieces': ['GET /wai', 'ting HTTP/1.1\r\nHost: a\r\n\r\n', last],
    'two at once': [get(PATH) + get('/other'), last],
    'with a body': [`${get(PATH, 'Content-Length: 2\r\n')}hi`, last],
    chunked: [`${get(PATH, 'Transfer-Encoding: chunked\r\n')}0\r\n\r\n`, last],
    'another method': [get(PATH).replace('GET', 'OPTIONS'), last],
    'a body of no length': [put('').replace('Content-Length: 0\r\n', ''), last],
    'a body in three pieces': [put('hallo').slice(0, -3), 'll', 'o', last],
    'more than the body': [`${put('hallo')}GET`, ' /other HTTP/1.1\r\nHost: a\r\n\r\n', last],
    'a long body': [put('x'.repeat(5000)), last],
    'a body elsewhere': [put('hallo').replace(PATH, `${PATH}/not`).slice(0, -3), 'llo', last],
    'who asks before the body': [put('hallo', 'Expect: 100-continue\r\n'), last],
    'a header twice': [get(PATH, 'A: 1\r\na: 2\r\n'), last],
    'events asked for': [get(PATH, 'Accept: text/event-stream\r\n'), last],
    'a long head': [get(PATH, `A: ${'x'.repeat(5000)}\r\n`), last],
    'to be closed': [get(PATH, 'Connection: close\r\n')],
    'of HTTP/1.0': [get(PATH).replace('1.1', '1.0')],
  }
  for (const [what, parts] of Object.entries(cases)) {
    const said = answers(await raw(base, parts, 30))
    assert.match(said[0] ?? '', /^node (GET|PUT|OPTIONS) \/waiting/, what)
    if (parts.at(-1) === last) assert.equal(said.at(-1), 'node GET /last', what)
  }
  for (const bad of ['GET /waiting HTTP/1.1\r\n\r\n', get(PATH, 'A : 1\r\n'), get(PATH, 'A: \0\r\n'), get(PATH, ' A: 1\r\n')])
    assert.match(await raw(base, [bad], 0, 'end'), /^HTTP\/1\.1 400 /, JSON.stringify(bad))
})

// HTTP-6
test('what comes while an answer is waited for is served behind it; who goes is let go', async () => {
  const talk = raw(base, [get(`${PATH}?hold`), get('/early'), last], 30)
  await until(() => held.length === 1)
  await new Promise((later) => setTimeout(later, 100))
  held.pop()!.writeHead(200, { 'Content-Length': 5 }).end(Buffer.from('plain'))
  assert.deepEqual(answers(await talk), ['plain', 'node GET /early', 'node GET /last'])
  const socket = connect(port, '127.0.0.1', () => socket.write(get(`${PATH}?hold`)))
  await until(() => held.length === 1)
  gone.length = 0
  socket.destroy()
  await until(() => gone.length === 1)
  held.pop()!.writeHead(200).end('to nobody')
})

// HTTP-6
test('who does not read its answers gets no more of them', async () => {
  let served = 0
  const own = httpListeners()
  const body = Buffer.alloc(1 << 20)
  const say = (res: Pick<Answer, 'writeHead'>) => {
    served++
    res.writeHead(200, { 'Content-Length': body.length }).end(body)
    return true
  }
  const { port } = await own.mount({
    address: { host: '127.0.0.1', port: 0 },
    prefixes: ['/'],
    handler: (_, res) => void say(res),
    plain: onPath((_, res) => say(res)),
  })
  const socket = connect(port, '127.0.0.1').pause()
  let asked = 0
  while (served === asked && asked++ < 100) {
    socket.write(get(PATH))
    for (let waited = 0; served < asked && waited < 100; waited++) await new Promise((next) => setTimeout(next, 5))
  }
  assert.ok(served > 0 && served < 60, `${served} answers of 1 MiB for somebody who reads none`)
  let octets = 0
  socket.on('data', (c) => (octets += c.length)).resume()
  await until(() => octets > asked * body.length)
  assert.equal(served, asked)
  socket.destroy()
  await own.close()
})

test('closing ends connections that wait for nothing, and lets an answer that is waited for finish', async () => {
  const own = httpListeners()
  let answer: Answer | undefined
  const { port } = await own.mount({
    address: { host: '127.0.0.1', port: 0 },
    prefixes: ['/'],
    handler: (_, res) => res.end(),
    plain: onPath((_, res) => Boolean((answer = res))),
  })
  const silent = raw(`http://127.0.0.1:${port}`, [])
  const waits = raw(`http://127.0.0.1:${port}`, [get(PATH)])
  await until(() => answer !== undefined)
  const closed = own.close()
  assert.equal(await silent, '')
  answer!.writeHead(200, { 'Content-Length': 4 }).end('done')
  assert.match(await waits, /\r\n\r\ndone$/)
  await closed
})

/** What node:http makes of octets; undefined: no request, or more than one. */
async function readByNode(
  octets: Buffer,
): Promise<(Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders' | 'complete'> & { body: string }) | undefined> {
  const seen: (IncomingMessage & { body: string })[] = []
  const server = createServer((req, res) => {
    seen.push(Object.assign(req, { body: '' }))
    req.setEncoding('latin1').on('data', (text: string) => (seen.at(-1)!.body += text))
    req.on('end', () => res.end())
  })
  const [ours, theirs] = duplexPair()
  theirs.resume()
  server.emit('connection', ours)
  theirs.end(octets)
  await new Promise((done) => theirs.once('close', done).once('end', done))
  return seen.length === 1 ? seen[0] : undefined
}

test('whatever is read here, node:http reads as the same: 20 000 mutated heads', async () => {
  const seed = Date.now() % 1_000_000
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const wholes = [
    get('/waiting?wait=60&ack=1,2', 'Authorization: Bearer 00112233\r\nAccept: */*\r\nConnection: keep-alive\r\n'),
    put('{"light":[1,2]}', 'App-Key: 00112233\r\nContent-Type: application/json\r\n'),
  ]
  const pieces = [
    '\r\n',
    '\n',
    '\r',
    ':',
    ' ',
    '\t',
    '\0',
    '\x7f',
    '\xe9',
    '%',
    'HTTP/1.1',
    'Host: b\r\n',
    'Te: x\r\n',
    'Content-Length: 15\r\n',
    'A:\r\n',
    '\r\n\r\n',
    ',',
    '"',
  ]
  const mutated = (): Buffer => {
    let text = wholes[next(2)]!
    for (let n = 1 + next(3); n > 0; n--) {
      const at = next(text.length + 1)
      const kind = next(4)
      if (kind === 0) text = text.slice(0, at) + String.fromCharCode(next(256)) + text.slice(at + 1)
      else if (kind === 1) text = text.slice(0, at) + pieces[next(pieces.length)] + text.slice(at)
      else if (kind === 2) text = text.slice(0, at) + text.slice(at + 1 + next(8))
      else text = text.slice(0, at) + text.slice(next(at + 1), at) + text.slice(at)
    }
    return Buffer.from(text, 'latin1')
  }
  let taken = 0
  for (let i = 0; i < 20_000; i++) {
    const octets = mutated()
    const read = readPlain(octets, undefined as unknown as Socket)
    // each costs a server: of those that were taken, some
    if (!read || read.missing > 0 || taken++ % 8) continue
    const { request: plain } = read
    const node = await readByNode(octets)
    const what = `seed ${seed}, round ${i}: ${JSON.stringify(octets.toString('latin1'))}`
    assert.ok(node, what)
    const pairs = Array.from({ length: node.rawHeaders.length / 2 }, (_, n) => [
      node.rawHeaders[2 * n]!.toLowerCase(),
      node.rawHeaders[2 * n + 1],
    ])
    const { connection: _, ...headers } = Object.fromEntries(pairs) as Record<string, string>
    assert.deepEqual([node.method, node.url, headers], [plain.method, plain.url, { ...plain.headers }], what)
    assert.deepEqual([node.complete, node.body], [true, plain.body.toString('latin1')], what)
  }
  assert.ok(taken > 1000, `${taken}`)
})
