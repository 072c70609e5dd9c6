import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchHead, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import type { DeviceLog } from '#core/devicelog/port.ts'
import type { History } from '#core/history/port.ts'
import { silentLog } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { housekeeping, recover } from './recover.ts'
import type { WayUp } from './up.ts'

/** A clock that stands still until it is set, and calls what it is asked to call by `tick`. */
function manualClock() {
  const hand = { now: 0, tick: () => {} }
  const clock: Clock = {
    now: () => hand.now,
    after: () => () => {},
    every(_ms, f) {
      hand.tick = f
      return () => {}
    },
  }
  return { clock, hand }
}

const limits = { devicelogMaxBytes: 9000, devicelogMaxAge: 1, historyMaxBytes: 8000, historyMaxAge: 1, diskReserve: 1000 }

type Keeping = Parameters<typeof housekeeping>[0]
const keep = (o: Pick<Keeping, 'devicelog' | 'history' | 'up' | 'clock' | 'readAgain'>) =>
  housekeeping({ ...o, log: silentLog(), limits, stillMine: () => true, onSizes() {} })

/** Runs one round of housekeeping with so much free space and says which limits the engines were given. */
async function oneRound(free: number, freedByHistory: number) {
  const { clock, hand } = manualClock()
  const asked: string[] = []
  const history = {
    current: { saved: new Map(), save: async () => {} },
    cursors: () => new Map(),
    flush: async () => {},
    async retain({ maxBytes }: { maxBytes: number }) {
      asked.push(`history ${maxBytes}`)
      const droppedBytes = maxBytes < 5000 ? freedByHistory : 0
      free += droppedBytes
      return { droppedBytes, bytes: 5000 }
    },
  } as unknown as History
  const devicelog = {
    streams: async () => [],
    advance: async () => {},
    free: async () => free,
    async retain({ maxBytes }: { maxBytes: number }) {
      asked.push(`log ${maxBytes}`)
      return { droppedBytes: 0, bytes: 3000 }
    },
  } as unknown as DeviceLog
  const up = { sinceMark: () => 0, mark() {}, applied: new Map(), catchUp: async () => 0 } as unknown as WayUp
  const keeping = keep({ devicelog, history, up, clock, readAgain: 0 })
  hand.now = 61_000
  hand.tick()
  await keeping.stop()
  return asked
}

/** How often the current status was saved when housekeeping has first looked, after a start that read so many batches again. */
async function savedAfter(readAgain: number): Promise<number> {
  const { clock, hand } = manualClock()
  let saved = 0
  const history = {
    current: { saved: new Map(), save: async () => void saved++ },
    cursors: () => new Map(),
  } as unknown as History
  const devicelog = { streams: async () => [], advance: async () => {} } as unknown as DeviceLog
  let since = 500
  const mark = () => {
    since = 0
  }
  const up = { sinceMark: () => since, mark, applied: new Map(), catchUp: async () => 0 } as unknown as WayUp
  const keeping = keep({ devicelog, history, up, clock, readAgain })
  hand.now = 5000
  hand.tick()
  await keeping.between(async () => {})
  return saved
}

// CUR-3
test('after a start that had to read much of the log again the current status is saved at once, so that the next need not', async () => {
  assert.equal(await savedAfter(10), 0)
  assert.equal(await savedAfter(50_000), 1)
})

test('with enough free space only the limits count', async () => {
  assert.deepEqual(await oneRound(1000, 0), ['history 8000', 'log 9000'])
})

test('a disk that runs full: history gives way first', async () => {
  assert.deepEqual(await oneRound(400, 600), ['history 8000', 'log 9000', 'history 4400'])
})

test('the log gives way last, by what is still missing', async () => {
  assert.deepEqual(await oneRound(400, 100), ['history 8000', 'log 9000', 'history 4400', 'log 2500'])
})

/** Which batches a start reads again, as `stream/seq`, of streams given by the times of their batches; `saved`: what a snapshot covers. */
async function readAgain(streams: ReadonlyMap<number, readonly Buffer[]>, saved = new Map<number, number>(), page = 1) {
  const seen: string[] = []
  const devicelog = {
    streams: async () => [...streams].map(([stream, all]) => ({ stream, first: 1, last: all.length, sealed: false })),
    read: async (stream: number, after: number) => streams.get(stream)!.slice(after, after + page),
  } as unknown as DeviceLog
  const history = { current: { saved }, cursors: () => saved } as unknown as History
  const up = {
    replaying: () => (b: Buffer) => {
      const { stream, seq } = batchHead(b)
      seen.push(`${stream}/${seq}`)
      return undefined
    },
  } as unknown as WayUp
  await recover(devicelog, history, up, silentLog())
  return seen
}

const at = (stream: number, times: readonly number[], first: object = {}) =>
  times.map((time, i) =>
    makeBatch(
      stream,
      i + 1,
      [{ kind: recordKind.online, device: 9, data: Buffer.from(JSON.stringify(i === 0 ? first : {})) }],
      time,
    ),
  )

// LOG-13
test('after a start streams are read again in the order of time, each in its own order, over pages of any size', async () => {
  const streams = new Map([
    [1, at(1, [10, 20, 40, 60])],
    [2, at(2, [15, 40, 30, 70])],
    [3, at(3, [5, 40])],
  ])
  const order = ['3/1', '1/1', '2/1', '1/2', '1/3', '2/2', '2/3', '3/2', '1/4', '2/4']
  for (const page of [1, 2, 9]) assert.deepEqual(await readAgain(streams, new Map(), page), order)
  assert.deepEqual(
    await readAgain(
      streams,
      new Map([
        [1, 3],
        [2, 4],
      ]),
    ),
    ['3/1', '3/2', '1/4'],
  )
})

// LOG-13
test('a session comes behind the one before it at another node, though that node has a clock that is ahead', async () => {
  const streams = new Map([
    [1, at(1, [10, 20], { after: { stream: 2, seq: 1 } })],
    [2, at(2, [30, 40])],
  ])
  assert.deepEqual(await readAgain(streams), ['2/1', '1/1', '1/2', '2/2'])
})
