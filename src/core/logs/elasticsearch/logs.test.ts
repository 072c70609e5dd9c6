import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { test } from 'node:test'
import { request } from 'undici'
import { isPandoError } from '#lib/errors.ts'
import { onEngine } from '../../../../test/support/engines.ts'
import { gate } from '../../../../test/support/gate.ts'
import { until } from '../../../../test/world/wait.ts'
import { openLogs } from '../open.ts'
import type { Logs } from '../port.ts'
import { type Entry, logsSuite } from '../suite.ts'

const newStream = (): string => `pando-test-${randomUUID().slice(0, 8)}`
const quiet = { level: 'info', stderr: { write: () => {} } }
const scheme = (url: string): string => url.replace(/^http/, 'elasticsearch')

async function search(server: string, stream: string): Promise<Entry[]> {
  await request(`${server}/${stream}/_refresh`, { method: 'POST' })
  const found: Entry[] = []
  for (let after: unknown[] | undefined; ; ) {
    const body = JSON.stringify({
      size: 1000,
      sort: [{ '@timestamp': 'asc' }, { n: { order: 'asc', unmapped_type: 'long' } }],
      ...(after && { search_after: after }),
    })
    const headers = { 'content-type': 'application/json' }
    const answer = await request(`${server}/${stream}/_search`, { method: 'POST', headers, body })
    const { hits } = (await answer.body.json()) as { hits: { hits: { _source: Entry; sort: unknown[] }[] } }
    if (hits.hits.length === 0) return found
    found.push(...hits.hits.map((h) => h._source))
    after = hits.hits.at(-1)!.sort
  }
}

/** Counts what is lost. */
function lost(logs: Logs): () => number {
  let n = 0
  logs.onDropped((count) => {
    n += count
  })
  return () => n
}

onEngine('elasticsearch', (server) => {
  logsSuite('elasticsearch', async (level) => {
    const stream = newStream()
    const logs = await openLogs(`${scheme(server)}/${stream}?close=30000`, { ...quiet, level })
    return { logs, entries: () => search(server, stream) }
  })

  // ENG-7
  test('logs elasticsearch: a data stream with its template, levels and times as what they are', async () => {
    const stream = newStream()
    const logs = await openLogs(`${scheme(server)}/${stream}?close=30000`, quiet)
    logs.log.warn('x')
    await logs.close()
    const json = async (path: string) => (await request(`${server}${path}`)).body.json() as Promise<Record<string, never>>
    assert.equal((await json(`/_data_stream/${stream}`))['data_streams']![0]!['template'], `pando-${stream}`)
    const mappings = Object.values(await json(`/${stream}/_mapping`))[0]!['mappings']!['properties'] as Record<
      string,
      { type?: string }
    >
    assert.equal(mappings['@timestamp']?.type, 'date')
    assert.equal(mappings['message']?.type, 'text')
    assert.match(JSON.stringify(mappings['log']), /"level":\{"type":"keyword"/)
  })

  // ENG-2, ENG-7
  test('logs elasticsearch: cut off or hanging, logging costs nothing, what fits waits and comes once, the rest is counted', async (t) => {
    const door = await gate(server)
    const stream = newStream()
    const said: string[] = []
    const stderr = { write: (text: string) => void said.push(text) }
    const logs = await openLogs(`${door.through(scheme(server))}/${stream}?buffer=200000`, { level: 'info', stderr })
    const dropped = lost(logs)
    t.after(async () => {
      await logs.close()
      await door.close()
    })
    let n = 0
    for (const shut of [() => door.cut(), () => door.freeze()]) {
      shut()
      for (let i = 0; i < 5000; i++) logs.log.info({ n: ++n }, 'x')
      const h = await until('a state of degraded', () => logs.health().state === 'degraded' && logs.health(), 20_000)
      assert.match(h.error ?? '', new RegExp(`^elasticsearch://127\\.0\\.0\\.1:${door.port}: .*; \\d+ lines dropped`))
      door.open()
      await until('a state of ok', () => logs.health().state === 'ok', 20_000)
    }
    assert.ok(dropped() > 0)
    assert.ok(
      said.some((line) => /lines wait, then are dropped/.test(line)) && said.some((line) => /takes lines again/.test(line)),
    )
    const kept = await until('all that was not dropped', async () => {
      const found = await search(server, stream)
      return found.length >= n - dropped() && found
    })
    assert.equal(kept.length, n - dropped())
    assert.equal(new Set(kept.map((e) => e['n'])).size, kept.length)
  })

  // ENG-7
  test('logs elasticsearch: a line that is refused for its fields is counted, the others go in', async () => {
    const stream = newStream()
    const logs = await openLogs(`${scheme(server)}/${stream}?close=30000`, quiet)
    const dropped = lost(logs)
    logs.log.info({ n: 1, odd: { deep: 1 } }, 'x')
    await until('the first', async () => (await search(server, stream).catch(() => [])).length === 1)
    logs.log.info({ n: 2, odd: 'flat' }, 'x')
    logs.log.info({ n: 3 }, 'x')
    await logs.close()
    assert.equal(dropped(), 1)
    assert.deepEqual(
      (await search(server, stream)).map((e) => e['n']),
      [1, 3],
    )
  })
})

/** A server that says what it is told to. */
async function saying(
  answer: (method: string, path: string) => [number, string],
): Promise<{ url: string; server: Server; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      asked.push(`${req.method} ${req.url} ${req.headers.authorization ?? ''}`)
      const [status, body] = answer(req.method!, req.url!)
      res.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { url: `elasticsearch://pando:p%40ss@127.0.0.1:${(server.address() as { port: number }).port}`, server, asked }
}

// ENG-7
test('logs elasticsearch: a wrong password, a server that is overloaded: it is told, and tried again; the password is not', async (t) => {
  const statuses = [401, 200, 429, 503, 200]
  const { url, server, asked } = await saying((method) =>
    method === 'HEAD' ? [statuses.shift() ?? 200, ''] : [statuses.shift() ?? 200, '{"errors":false}'],
  )
  t.after(() => server.close())
  const said: string[] = []
  const logs = await openLogs(url, { level: 'info', stderr: { write: (text) => void said.push(text) } })
  logs.log.info('x')
  await until(
    'a line that went in',
    () => asked.filter((a) => a.startsWith('POST')).length === 3 && logs.health().state === 'ok',
    15_000,
  )
  await logs.close()
  assert.match(said.join(''), /status 401.*\n/)
  assert.doesNotMatch(said.join(''), /p@ss|p%40ss/)
  assert.ok(asked.every((a) => a.endsWith(`Basic ${Buffer.from('pando:p@ss').toString('base64')}`)))
})

// ENG-1, ENG-7
test('logs elasticsearch: nobody there is no reason not to start, and to stop takes no longer for it', async () => {
  const logs = await openLogs('elasticsearch://127.0.0.1:1', quiet)
  logs.log.info('x')
  await until('a state of degraded', () => logs.health().state === 'degraded')
  await logs.close()
  for (const url of [
    'elasticsearch://h/UPPER',
    'elasticsearch://h?buffer=1',
    'elasticsearch://h?template=maybe',
    'elasticsearch:',
  ])
    await assert.rejects(openLogs(url, quiet), (e) => isPandoError(e, 'config_invalid'), url)
})
