import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { commandFromJson, parseModel, statusFromJson } from '#protocol/model.ts'
import { type Api, application, device, startApi } from '../fakes/apiprovider.ts'
import { ask, raw } from '../fakes/http.ts'
import { inUse } from '../support/memory.ts'
import { vectors } from '../vectors/read.ts'
import { makeRandom } from './random.ts'
import { broken, framed, goodbye, KEY } from './requests.ts'

/** Each request that is HTTP is answered once; each that is none costs its connection and nothing else. */
const FRAMED = 94_000
const BROKEN = 6_000
const PIPELINED = 200
const AT_ONCE = 4

const statuses = [200, 400, 404, 405, 413, 431, 501]
const codes = [0, 10001, 10003, 10004, 10005, 10007, 10008]
const model = parseModel(vectors('rich-product'))
const unhandled: unknown[] = []
const note = (e: unknown) => void unhandled.push(e)

let api: Api

before(async () => {
  process.on('unhandledRejection', note)
  const coded = async (make: () => unknown) => {
    try {
      make()
      return { id: '1', state: 'delivered' }
    } catch (e) {
      throw e instanceof ProtocolError ? new PandoError('frame_invalid', e.message, {}, e) : e
    }
  }
  api = await startApi({
    applications: [application(1, KEY)],
    devices: [device(7, '1-2-rich')],
    controller: {
      latest: async () => ({ json: '{"light":[1,2]}' }),
      ask: async () => ({ json: '{}' }),
      setStatus: ({ body }) => coded(() => statusFromJson(model, body)),
      command: ({ body }) => coded(() => commandFromJson(model, body)),
    },
  })
})
after(async () => {
  await api.stop()
  process.off('unhandledRejection', note)
})

async function inLanes(n: number, run: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < n) await run(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

/** Status lines and JSON bodies of what came back on a connection. */
function read(got: string): { status: number[]; code: number[] } {
  return {
    status: [...got.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z][A-Za-z ]+\r\n/g)].map((m) => Number(m[1])),
    code: [...got.matchAll(/\{"code":(\d+),"message":"/g)].map((m) => Number(m[1])),
  }
}

function check({ status, code }: { status: number[]; code: number[] }): void {
  assert.deepEqual(
    [...new Set(status)].filter((s) => !statuses.includes(s)),
    [],
  )
  assert.deepEqual(
    [...new Set(code)].filter((c) => !codes.includes(c)),
    [],
  )
}

/** MB in use. */
const heap = (): number => inUse() / 2 ** 20

test(`B-09 R3 ${FRAMED} mutated paths, headers and bodies: each is answered once`, async () => {
  const seen = new Map<number, number>()
  let warm = 0
  await inLanes(FRAMED / PIPELINED, async (i) => {
    const r = makeRandom(i + 1)
    const batch = Array.from({ length: PIPELINED }, () => framed(r))
    const answers = read(await raw(api.base, [Buffer.concat([...batch, goodbye])]))
    check(answers)
    assert.equal(answers.status.length, PIPELINED + 1, `batch ${i}`)
    for (const c of answers.code) seen.set(c, (seen.get(c) ?? 0) + 1)
    if (i === 20) warm = heap()
  })
  // A fuzz that is refused at the door finds nothing: each way of answering was gone many times.
  for (const c of [0, 10003, 10005, 10008]) assert.ok((seen.get(c) ?? 0) > 500, `code ${c} came ${seen.get(c)} times`)
  assert.ok(heap() < warm + 20, 'memory is not given back')
})

test(`B-10 R3 ${BROKEN} requests with octets changed anywhere`, async () => {
  await inLanes(BROKEN, async (i) => check(read(await raw(api.base, [broken(makeRandom(i + 1))], 0, 'end'))))
})

test('R3 afterwards: nothing unhandled, prototypes untouched, requests are served', async () => {
  assert.deepEqual(unhandled, [])
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.deepEqual(Object.keys(Object.prototype), [])
  const got = await ask(api.base, { path: '/application/v1/devices/1-2-rich/status/latest', headers: { 'App-Key': KEY } })
  assert.equal(got.body, '{"code":0,"message":"","data":{"light":[1,2]}}')
})
