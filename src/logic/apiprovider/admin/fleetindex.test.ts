// ADM-33
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { DiaryEntry } from '#contracts/controller.ts'
import { makeBatch, type NewRecord, recordKind } from '#core/devicelog/batch.ts'
import { openQueue } from '#core/queue/open.ts'
import type { Queue } from '#core/queue/port.ts'
import { silentLog } from '#lib/log.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { memoryLog } from '../../../../test/support/memorylog.ts'
import { type TestClock, testClock } from '../../../../test/support/testclock.ts'
import { conditionsOf } from './fleet.ts'
import { type FleetIndex, makeFleetIndex } from './fleetindex.ts'

const STREAM = 7
const ids = [1, 2, 3, 4, 5, 6]
const report = encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [1], types: [9] }] })

interface Held {
  entries: DiaryEntry[]
  lastReport: number
}

let clock: TestClock
let queue: Queue
let log: ReturnType<typeof memoryLog>
let index: FleetIndex
let seq: number
/** what the controller knows, and where presence has devices */
let held: Map<number, Held>
let routes: Map<number, { device: number; node: string; epoch: number; protocol: string; address: string; since: number }>
let asked: number[]
/** called while the controller is being asked */
let meanwhile: () => Promise<void> | void

beforeEach(async () => {
  clock = testClock(1_700_000_000_000)
  queue = await openQueue('local:', { log: silentLog() })
  log = memoryLog()
  seq = 0
  held = new Map(ids.map((id) => [id, { entries: [], lastReport: 0 }]))
  routes = new Map()
  asked = []
  meanwhile = () => {}
  index = makeFleetIndex({ peers: peers as never, devicelog: log, queue, clock, log: silentLog() })
})

const peers = {
  registry: { searchDevices: async () => ({ total: ids.length, ids }) },
  devicemanager: {
    routes: async ({ devices }: { devices: number[] }) => ({ items: devices.flatMap((d) => routes.get(d) ?? []) }),
  },
  controller: {
    async conditions({ devices }: { devices: number[] }) {
      asked.push(...devices)
      const items = devices.map((d) => structuredClone(held.get(d)!))
      await meanwhile()
      return { items }
    },
  },
}

type Kind = 'online' | 'offline' | 'status' | 'diary'

/** In the log, and known to the controller if it is quick. */
async function told(device: number, kind: Kind, { quick = true, bell = true } = {}): Promise<() => void> {
  const record: NewRecord = { kind: recordKind[kind], device, time: clock.now(), ...(kind === 'status' && { data: report }) }
  const batch = makeBatch(STREAM, ++seq, [record])
  await log.append(batch)
  const at = clock.now()
  const known = held.get(device)!
  const apply = () => {
    if (kind === 'status') known.lastReport = at
    else
      known.entries = [{ at, kind, ...(kind === 'offline' && { cause: 'closed_by_peer' }), params: {} }, ...known.entries].slice(
        0,
        5,
      )
  }
  if (quick) apply()
  if (bell) queue.ring('log', { stream: STREAM, seq, batch })
  return apply
}

const connect = (device: number) =>
  routes.set(device, { device, node: 'n', epoch: seq, protocol: 'mqtt', address: 'a:1', since: clock.now() })

const turns = () => new Promise((done) => setTimeout(done, 5))
const seen = async (id: number) => (await index.of([id]))[0]!
async function isRight(): Promise<void> {
  const fleet = await index.of(ids)
  assert.deepEqual(new Map(ids.map((id, i) => [id, fleet[i]])), await conditionsOf(peers as never, clock, ids))
}

test('it is filled once, and asks again for what the log tells of; reports need no question', async () => {
  await isRight()
  asked = []
  connect(1)
  await told(1, 'online')
  await told(2, 'status')
  assert.equal((await seen(1)).state, 'online')
  assert.equal((await seen(2)).lastReport, clock.now())
  assert.deepEqual(asked, [1])
  await isRight()
})

test('a device whose route goes after its end was told is asked for again', async () => {
  connect(1)
  await told(1, 'online')
  await isRight()
  await told(1, 'offline')
  assert.equal((await seen(1)).state, 'online')
  routes.delete(1)
  assert.equal((await seen(1)).state, 'offline')
  asked = []
  await isRight()
  assert.deepEqual(asked.length, ids.length, 'it is settled: only the comparison asks')
})

test('the controller knows it later than we', async () => {
  await isRight()
  const apply = await told(1, 'diary', { quick: false })
  assert.equal((await seen(1)).since, 0)
  clock.advance(3000)
  apply()
  assert.notEqual((await seen(1)).since, 0)
})

test('what happens while it is being asked is not overwritten by the answer', async () => {
  await isRight()
  await told(1, 'diary')
  meanwhile = async () => {
    meanwhile = () => {}
    connect(1)
    await told(1, 'online')
    await told(2, 'status')
    await told(1, 'status')
  }
  await index.of(ids)
  await isRight()
})

test('also while it is being filled', async () => {
  meanwhile = async () => {
    meanwhile = () => {}
    connect(1)
    await told(1, 'online')
    await told(2, 'status')
  }
  await index.of(ids)
  await isRight()
})

test('a bell that was lost', async () => {
  await isRight()
  connect(1)
  await told(1, 'online', { bell: false })
  assert.equal((await seen(1)).state, 'never')
  clock.advance(1000)
  await turns()
  assert.equal((await seen(1)).state, 'online')
})

test('devices of which presence knows nothing more are looked at now and then, without anybody waiting for it', async () => {
  connect(1)
  await told(1, 'online')
  await told(2, 'online')
  assert.deepEqual([(await seen(1)).state, (await seen(2)).state], ['online', 'offline'])
  connect(2)
  asked = []
  await index.of(ids)
  assert.deepEqual(asked, [])
  clock.advance(5000)
  await turns()
  assert.equal((await seen(2)).state, 'online')
  asked = []
  clock.advance(5000)
  await turns()
  assert.deepEqual(asked, [], 'it is in doubt no more')
})

test('who comes and goes stops doing so by time alone', async () => {
  for (let i = 0; i < 4; i++) {
    await told(1, 'offline')
    clock.advance(60_000)
  }
  assert.equal((await seen(1)).state, 'flapping')
  await isRight()
  clock.advance(10 * 60_000)
  assert.equal((await seen(1)).state, 'offline')
  await isRight()
})

test('a device that is removed is forgotten; nobody asks for a while: all are', async () => {
  await isRight()
  queue.ring('registry', { what: 'device', id: 3, change: 'removed' })
  asked = []
  await index.of([1, 2])
  assert.deepEqual(asked, [])
  await index.of([3])
  assert.deepEqual(asked, [3])
  clock.advance(16 * 60_000)
  await turns()
  asked = []
  await index.of([1])
  assert.deepEqual(asked, ids)
})

test('a fill that fails is begun anew', async () => {
  const { conditions } = peers.controller
  peers.controller.conditions = async () => Promise.reject(new Error('away'))
  await assert.rejects(index.of(ids))
  peers.controller.conditions = conditions
  await isRight()
})

test('whatever happens in whatever order, in the end it is what asking each device says', async () => {
  for (let round = 0; round < 40; round++) {
    const later: (() => void)[] = []
    for (let i = 0; i < 12; i++) {
      const id = ids[Math.floor(Math.random() * ids.length)]!
      const kind = (['online', 'offline', 'status', 'diary'] as const)[Math.floor(Math.random() * 4)]!
      const moves = () => (kind === 'online' ? connect(id) : kind === 'offline' && routes.delete(id))
      const early = Math.random() < 0.5
      if (early) moves()
      const apply = await told(id, kind, { quick: false, bell: Math.random() < 0.8 })
      // the controller has one order
      later.push(apply)
      if (Math.random() < 0.5) for (const f of later.splice(0)) f()
      if (!early) moves()
      if (Math.random() < 0.5) await index.of(ids)
      clock.advance(Math.floor(Math.random() * 3000))
    }
    for (const f of later) f()
    for (let k = 0; k < 16; k++) {
      clock.advance(1000)
      await new Promise(setImmediate)
      await index.of(ids)
    }
    await turns()
    await isRight()
  }
})
