import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { application, device, startApi } from '../../../test/fakes/apiprovider.ts'
import { untilAnswered } from '../../../test/fakes/http.ts'
import { plainCalls } from './plain.ts'
import { deviceRoutes } from './routes.ts'
import type { ServeParts } from './serve.ts'

const KEY = 'a'.repeat(64)
const asked: unknown[] = []
const answering =
  <A>(answer: A) =>
  async (input: { deviceId?: number }): Promise<A> => {
    asked.push(input)
    if (input.deviceId === 8) throw new PandoError('device_offline', 'device is not online.')
    return answer
  }
const sent = { id: '1', state: 'delivered' }
const wanted = { deviceId: 7, desired: '{"a":1}', reported: 'null', by: '', version: 1 } as never
const api = await startApi({
  applications: [application(1, KEY)],
  devices: [device(7, '1-2-rich'), device(8, '1-2-away')],
  controller: {
    latest: answering({ json: '{"n":18446744073709551615,"text":"ü"}' }),
    ask: answering({ json: '{}' }),
    setStatus: answering(sent),
    command: answering(sent),
    desired: answering(wanted),
    setDesired: answering(wanted),
    saveRule: answering({ id: 1 } as never),
  },
})
after(() => api.stop())

/** Status, headers and body. */
function parts(answer: string): unknown {
  const [head, body] = answer.split('\r\n\r\n')
  const [first, ...lines] = head!.split('\r\n')
  const headers = lines.map((line) => line.split(': ')).map(([name, value]) => [name!.toLowerCase(), value])
  return { first, headers: headers.filter(([name]) => name !== 'date').sort(), body }
}

// REST-11
test('a call that is read without fastify is the same call and has the same answer, by every spelling', async () => {
  const bodies = ['{"light":[1,2]}', '{"type":"a","trigger":"b","target":"c","action":"d"}', 'nonsense']
  const ends = ['', '?timeout=2', '?timeout=x', '?version=3']
  let n = 0
  for (const { method, paths } of deviceRoutes.filter((r) => !r.inPieces)) {
    for (const path of paths) {
      for (const identifier of ['1-2-rich', '1-2-away', '1-2-nobody', 'nonsense']) {
        n++
        for (const key of [`App-Key: ${KEY}\r\n`, '']) {
          const url = path.replace(':identifier', identifier) + ends[(n + (n >> 2)) % ends.length]
          const body = method === 'GET' ? '' : bodies[n % bodies.length]!
          const length = method === 'GET' ? '' : `Content-Length: ${body.length}\r\n`
          const octets = (more: string) => `${method} ${url} HTTP/1.1\r\nHost: a\r\n${key}${length}${more}\r\n${body}`
          const plain = await untilAnswered(api.base, octets(''))
          const calls = asked.splice(0)
          // what says a header twice is not plain
          const usual = await untilAnswered(api.base, octets('X-A: 1\r\nX-A: 2\r\n'))
          assert.deepEqual([parts(plain), calls], [parts(usual), asked.splice(0)], `${method} ${url} ${body}`)
          assert.match(plain, /\r\nContent-Type: /, 'fastify writes names of headers in lower case')
        }
      }
    }
  }
})

// REST-11
test('what routers may read as different things is left to fastify', () => {
  const find = plainCalls({} as ServeParts)
  const path = '/application/v1/devices/1-2-rich/status'
  assert.ok(find('PUT', path))
  assert.ok(find('POST', '/v1/application/device/1-2-rich/command?timeout=2.5'))
  const others = [
    `${path}/`,
    path.replace('rich', 'r%69ch'),
    path.replace('rich', 'r;ch'),
    path.replace('/1-2-rich', ''),
    `/${path}`,
    path.toUpperCase(),
    `${path}?a=1&b=2`,
    `${path}?a=%31`,
    `${path}?`,
    `${path}#x`,
    `${path}/history`,
    '/admin/v1/devices/1-2-rich/status',
  ]
  for (const url of others) assert.equal(find('PUT', url), undefined, url)
  assert.equal(find('GET', `${path}/history`), undefined, 'answered in pieces')
})
