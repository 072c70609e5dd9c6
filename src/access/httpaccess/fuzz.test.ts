import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EnrolParts, enrolment } from '#access/shared/enrol.ts'
import { silentLog } from '#lib/log.ts'
import { answered, deviceApi, fakeRegistry, PRODUCT_KEY, SECRET } from '../../../test/support/httpaccess.ts'
import { answerText } from './answer.ts'
import { authenticate } from './authentication.ts'
import type { CallContext } from './calls.ts'
import { register } from './registration.ts'

const ROUNDS = 100_000
const OVER_SOCKETS = 500
const from = { address: '10.0.0.1:1', reached: '10.0.0.2' }

/** A small generator with a seed: a failure can be run again. */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

const seeds = [
  { product_key: PRODUCT_KEY, device_code: 'aabbcc001', version: '1.0.0' },
  { device_id: 1, device_secret: SECRET, protocol: 'mqtt' },
  { Product_Key: PRODUCT_KEY, DEVICE_CODE: 'é"\\\u2028', Version: { a: [null, true, -1.5e-7] } },
].map((s) => Buffer.from(JSON.stringify(s)))
const pieces = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\\u',
  '\\ud800',
  'null',
  '-1',
  '1e999',
  '\0',
  '__proto__',
  ' ',
  '\ufeff',
].map((p) => Buffer.from(p))

function mutate(body: Buffer, next: (below: number) => number): Buffer {
  let b = Buffer.from(body)
  for (let n = 1 + next(4); n > 0; n--) {
    const at = next(b.length + 1)
    const kind = next(5)
    if (kind === 0 && b.length > 0) b[at % b.length] = next(256)
    else if (kind === 1) b = Buffer.concat([b.subarray(0, at), b.subarray(Math.min(b.length, at + 1 + next(20)))])
    else if (kind === 2) b = Buffer.concat([b.subarray(0, at), pieces[next(pieces.length)]!, b.subarray(at)])
    else if (kind === 3) b = Buffer.concat([b.subarray(0, at), b.subarray(next(b.length + 1), at)])
    else b = b.subarray(0, at)
  }
  return b
}

test('R3 B-09 100 000 mutated bodies: each is answered with a code of the API, within 1000 octets', async () => {
  const next = random(1)
  const registry = fakeRegistry()
  const context = {
    enrolment: enrolment({
      protocol: 'http',
      registry,
      devicemanager: registry,
      accessPoints: async (protocol: string) => (protocol === 'mqtt' ? '10.0.0.2:1883' : undefined),
      diary: { note() {}, refused() {} },
    } as unknown as EnrolParts),
    log: silentLog(),
  } satisfies CallContext
  const seen = new Map<number, number>()
  for (let i = 0; i < ROUNDS; i++) {
    const body = mutate(seeds[i % seeds.length]!, next)
    const { answer } = await (next(2) === 0 ? register : authenticate)(context, body, from)
    const text = answerText(answer)
    if (Buffer.byteLength(text) > 830) assert.fail(`${text} for ${body.toString('latin1')}`)
    seen.set(answer.code, (seen.get(answer.code) ?? 0) + 1)
  }
  assert.deepEqual([...seen.keys()].sort(), [0, 10001, 10002, 10003, 10004])
  assert.equal(Object.keys(Object.prototype).length, 0)
})

test('R3 mutated bodies through real sockets', async () => {
  const next = random(2)
  const api = await deviceApi({ config: { failuresPerMinute: 1_000_000 } })
  for (let i = 0; i < OVER_SOCKETS; i++) {
    const body = mutate(seeds[i % seeds.length]!, next)
    const { code } = answered(await api.post(next(2) === 0 ? 'registration' : 'authentication', body))
    assert.ok([0, 10001, 10002, 10003, 10004].includes(code))
  }
  await api.stop()
})
