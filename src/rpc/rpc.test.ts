import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { bytes, contract, type Face, method } from '#contracts/contract.ts'
import { makeChanges } from '#lib/changes.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { makeLog, silentLog } from '#lib/log.ts'
import { inTrace, traceId } from '#lib/trace.ts'
import { anyFace } from './any.ts'
import { rpcClient } from './client.ts'
import { encodedFace } from './encoded.ts'
import { connectRpc, publishRpc } from './publish.ts'
import { startRpcServer } from './server.ts'

const N = Type.Object({ n: Type.Number() })
const sums = contract('sums', {
  add: method(Type.Object({ a: Type.Number(), b: Type.Number() }), N, { deadline: 200 }),
  turn: method(bytes, bytes, { ordered: true }),
  wait: method(N, N, { ordered: true }),
})

const finished: number[] = []
const face: Face<typeof sums> = {
  async add({ a, b }) {
    if (a === 1) throw new PandoError('not_found', 'no one', { a })
    if (a === 2) throw new Error('a secret inside')
    if (a === 3) await sleep(400)
    return { n: a + b }
  },
  turn: async (b) => Uint8Array.from(b).reverse(),
  async wait({ n }) {
    await sleep(n)
    finished.push(n)
    return { n }
  },
}

async function overNetwork(t: TestContext, secret = 's3cret'): Promise<Face<typeof sums>> {
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, secret: 's3cret', log: silentLog() })
  server.serve(sums, face)
  const client = rpcClient({ origin: `http://127.0.0.1:${server.address.port}`, secret })
  t.after(async () => {
    await client.close()
    await server.close()
  })
  return client.face(sums)
}

const is = (code: string, text: RegExp) => (e: unknown) => isPandoError(e) && e.code === code && text.test(e.message)

for (const [name, make] of [
  ['encoded', async () => encodedFace(sums, face)],
  ['network', overNetwork],
] as const) {
  test(`${name}: values, octets, errors and wrong arguments cross`, async (t) => {
    const peer = await make(t)
    assert.deepEqual(await peer.add({ a: 5, b: 6 }), { n: 11 })
    assert.deepEqual([...(await peer.turn(Uint8Array.of(1, 2, 3)))], [3, 2, 1])
    await assert.rejects(peer.add({ a: 1, b: 0 }), (e) => isPandoError(e, 'not_found') && e.params['a'] === 1)
    await assert.rejects(peer.add({ a: 2, b: 0 }), (e) => isPandoError(e, 'internal') && !e.message.includes('secret'))
    await assert.rejects(peer.add({ a: 'x', b: 0 } as unknown as { a: number; b: number }), is('invalid', /sums\.add input: \/a/))
  })
}

test('an answer that does not come in time is a timeout; a server that is not there is unavailable', async (t) => {
  const peer = await overNetwork(t)
  await assert.rejects(peer.add({ a: 3, b: 0 }), is('timeout', /200 ms/))
  const nobody = rpcClient({ origin: 'http://127.0.0.1:1', secret: 'x' })
  t.after(() => nobody.close())
  await assert.rejects(nobody.face(sums).add({ a: 5, b: 6 }), is('unavailable', /sums\/add/))
})

// OPS-4
test('S-23: without the secret nothing is answered', async (t) => {
  const peer = await overNetwork(t, 'wrong')
  await assert.rejects(peer.add({ a: 5, b: 6 }), is('unauthenticated', /secret/))
})

test('ordered calls reach the service in the order in which they were made', async (t) => {
  const peer = await overNetwork(t)
  await Promise.all([peer.wait({ n: 30 }), peer.wait({ n: 1 }), peer.wait({ n: 10 })])
  assert.deepEqual(finished, [30, 1, 10])
})

test('another process finds the cloud of a data directory, and nothing once it has stopped', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pando-rpc-'))
  t.after(() => rm(dataDir, { recursive: true }))
  assert.equal(await connectRpc(dataDir), undefined)
  const server = await publishRpc({ dataDir, listen: { host: '127.0.0.1', port: 0 }, log: silentLog() })
  server.serve(sums, face)
  assert.equal((await stat(join(dataDir, 'rpc.json'))).mode & 0o777, 0o600)
  const client = await connectRpc(dataDir)
  assert.deepEqual(await client!.face(sums).add({ a: 5, b: 1 }), { n: 6 })
  await client!.close()
  await server.close()
  assert.equal(await connectRpc(dataDir), undefined)
})

// CLU-4
test('versions that do not fit are refused with both; those next to each other understand one another', async (t) => {
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, secret: 's', log: silentLog(), version: '1.4.2' })
  t.after(() => server.close())
  server.serve(sums, face)
  for (const [version, fits] of [
    ['1.4.0', true],
    ['1.5.9', true],
    ['1.3.0', true],
    ['1.6.0', false],
    ['2.4.2', false],
    ['nonsense', false],
  ] as const) {
    const client = rpcClient({ origin: `http://127.0.0.1:${server.address.port}`, secret: 's', version })
    const asked = client.face(sums).add({ a: 5, b: 6 })
    if (fits) assert.deepEqual(await asked, { n: 11 })
    else
      await assert.rejects(
        asked,
        (e) => isPandoError(e, 'version_mismatch') && e.message.includes('1.4.2') && e.message.includes(version),
      )
    await client.close()
  }
})

// CLU-3
test('of several instances the next is called when one is gone; what may have been done is not done again', async () => {
  const asked: string[] = []
  const instance = (name: string, error?: PandoError) => ({
    add: async () => {
      asked.push(name)
      if (error) throw error
      return { n: 1 }
    },
  })
  const gone = (sent: boolean) => new PandoError('unavailable', 'cannot reach', { sent })
  const never = async () => {}
  const call = async (...faces: object[]) => {
    asked.length = 0
    const { add } = anyFace(sums, { faces: () => faces, changed: never }) as Face<typeof sums>
    return Promise.allSettled(Array.from({ length: faces.length }, () => add({ a: 1, b: 1 })))
  }
  const results = await call(instance('a', gone(false)), instance('b'))
  assert.ok(results.every((r) => r.status === 'fulfilled'))
  const [first] = await call(instance('a', gone(true)))
  assert.equal(first?.status, 'rejected')
  assert.deepEqual(asked, ['a'])
  const none = anyFace(sums, { faces: () => [], changed: (ms) => sleep(ms) }) as Face<typeof sums>
  await assert.rejects(none.add({ a: 1, b: 1 }), (e) => isPandoError(e, 'unavailable') && /sums is not there/.test(e.message))
})

// CLU-3
test('a call that has reached nobody waits for somebody, unless its order counts or there is too much to do', async () => {
  const asked: string[] = []
  let says: PandoError | undefined
  const one = {
    async add() {
      asked.push('add')
      if (says) throw says
      return { n: 1 }
    },
    async wait() {
      asked.push('wait')
      return { n: 2 }
    },
  }
  let faces: object[] = []
  const { next, tell } = makeChanges()
  const { add, wait } = anyFace(sums, { faces: () => faces, changed: next }) as Face<typeof sums>
  const all = Array.from({ length: 2001 }, () => add({ a: 1, b: 1 }))
  await assert.rejects(all.at(-1)!, (e) => isPandoError(e, 'unavailable'))
  await assert.rejects(wait({ n: 1 }), (e) => isPandoError(e, 'unavailable'))
  assert.deepEqual(asked, [])
  faces = [one]
  tell()
  assert.ok((await Promise.all(all.slice(0, -1))).every(({ n }) => n === 1))
  assert.equal(asked.length, 2000)
  asked.length = 0
  says = new PandoError('unavailable', 'too many', { sent: false, busy: true })
  await assert.rejects(add({ a: 1, b: 1 }), (e) => e === says)
  assert.deepEqual(asked, ['add'])
  says = new PandoError('unavailable', 'not here', { sent: false })
  const waits = add({ a: 1, b: 1 })
  await sleep(0)
  says = undefined
  tell()
  assert.equal((await waits).n, 1)
})

// CLU-3
test('a call that may be repeated waits for somebody too, where all who are there are gone before they answer', async () => {
  const { add: once } = sums.methods
  const { next, tell } = makeChanges()
  let faces: object[] = [0, 1].map(() => ({
    add: async () => {
      throw new PandoError('unavailable', 'it is gone', { sent: true })
    },
  }))
  const source = { faces: () => faces, changed: next }
  const [again, never] = [true, false].map((retry) => {
    const contract = { ...sums, methods: { ...sums.methods, add: { ...once, retry } } }
    return (anyFace(contract, source) as Face<typeof sums>).add({ a: 1, b: 1 })
  })
  await assert.rejects(never!, /it is gone/)
  faces = [{ add: async () => ({ n: 1 }) }]
  tell()
  assert.equal((await again!).n, 1)
})

// CLU-10
test('a call carries the trace that it belongs to, or begins one; what is logged says so', async (t) => {
  const lines: string[] = []
  const log = makeLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } })
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, secret: 's', log })
  const client = rpcClient({ origin: `http://127.0.0.1:${server.address.port}`, secret: 's' })
  t.after(async () => {
    await client.close()
    await server.close()
  })
  const seen: (string | undefined)[] = []
  const calls = client.face(sums)
  server.serve(sums, {
    ...face,
    async add({ a, b }: { a: number; b: number }) {
      seen.push(traceId())
      log.info({ a }, 'adding')
      return a === 9 ? calls.add({ a: 8, b }) : { n: a + b }
    },
  })
  const id = 'ab'.repeat(16)
  await inTrace(`00-${id}-${'1'.repeat(16)}-01`, () => calls.add({ a: 9, b: 1 }))
  assert.deepEqual(seen, [id, id])
  assert.ok(lines.every((line) => JSON.parse(line).trace.id === id))
  await inTrace('nonsense', () => calls.add({ a: 9, b: 1 }))
  assert.ok(/^[0-9a-f]{32}$/.test(seen[2]!) && seen[2] === seen[3] && seen[2] !== id)
})

// CLU-11
test('calls that wait for devices hinder no others; what is too much is refused at once', async (t) => {
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, secret: 's', log: silentLog() })
  const client = rpcClient({ origin: `http://127.0.0.1:${server.address.port}`, secret: 's' })
  t.after(async () => {
    await client.close()
    await server.close()
  })
  const held = Promise.withResolvers<void>()
  const long = contract('long', { wait: method(N, N, { deadline: 60_000 }), now: method(N, N) })
  server.serve(long, {
    async wait(n: object) {
      await held.promise
      return n
    },
    now: async (n: object) => n,
  })
  const { wait, now } = client.face(long)
  const some = Array.from({ length: 100 }, (_, n) => wait({ n }))
  assert.deepEqual(await now({ n: 1 }), { n: 1 })
  const more = Array.from({ length: 1900 }, (_, n) => wait({ n }))
  await assert.rejects(now({ n: 2 }), (e) => isPandoError(e, 'unavailable') && e.params['sent'] === false)
  held.resolve()
  assert.equal((await Promise.all([...some, ...more])).length, 2000)
})
