/** Live streams by chance and by force: what is told, how often, in which order, and what a listener costs that does not read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newStream, recordFlag } from '#core/devicelog/batch.ts'
import { MOST_WAITING } from '#logic/apiprovider/stream/listener.ts'
import { addDevices, everything, type Streams, startStreams, type TestSink } from '../support/streams.ts'
import { fastClock } from '../support/testclock.ts'
import { countEvent } from '../support/webhooks.ts'
import { until } from '../world/wait.ts'

const numbers = (sink: TestSink) => sink.told.map((t) => t.data['n']![0]!)
const upTo = (n: number, from = 0) => Array.from({ length: n - from }, (_, i) => from + i)

async function withStreams(act: (s: Streams) => Promise<void>, o: Parameters<typeof startStreams>[0] = {}): Promise<void> {
  const s = await startStreams(o)
  addDevices(s, 3)
  try {
    await act(s)
  } finally {
    await s.stop()
  }
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      stream: fc.nat(2),
      n: fc.integer({ min: 1, max: 5 }),
      bell: fc.constantFrom('whole' as const, 'bare' as const, 'lost' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('away' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('back' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
)

// STREAM-3
test('whatever happens, each record is told once, in the order of its stream', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await withStreams(
        async (s) => {
          const streams = [newStream(), newStream(), newStream()]
          let n = 0
          let current: Awaited<ReturnType<Streams['listen']>> | undefined = await s.listen()
          let place = s.hub.place()
          const told: [string, number][] = []
          const away = () => {
            if (!current) return
            s.hub.remove(current.listener)
            told.push(...current.sink.told.map((t): [string, number] => [t.identifier, t.data['n']![0]!]))
            place = current.sink.lastId ?? place
            current = undefined
          }
          const back = async () => {
            current ??= await s.listen({ from: place })
          }
          for (const x of steps) {
            if (x.do === 'write')
              await s.write(
                streams[x.stream]!,
                upTo(x.n).map(() => countEvent(x.stream + 1, n++)),
                x.bell,
              )
            else if (x.do === 'away') away()
            else if (x.do === 'back') await back()
            else if (x.do === 'turn') await new Promise((done) => setImmediate(done))
            else {
              away()
              await s.restart()
            }
          }
          for (const stream of streams) await s.write(stream, [countEvent(streams.indexOf(stream) + 1, n++)])
          await back()
          const all = () => told.length + current!.sink.told.length
          await until('all records', () => all() >= n)
          assert.deepEqual(current!.sink.gaps, [])
          away()
          assert.deepEqual(
            told.map(([, i]) => i).sort((a, b) => a - b),
            upTo(n),
          )
          for (const device of [1, 2, 3]) {
            const own = told.filter(([identifier]) => identifier === `1-1-d${device}`).map(([, i]) => i)
            assert.deepEqual(
              own,
              [...own].sort((a, b) => a - b),
            )
          }
        },
        { clock: fastClock(50) },
      )
    }),
    { numRuns: 60 },
  )
})

// STREAM-7
test('a listener that does not read costs a bounded amount, delays nobody, and misses nothing', async () => {
  await withStreams(async (s) => {
    const stream = newStream()
    const [stuck, lively] = [await s.listen(), await s.listen()]
    stuck.sink.reads = false
    const total = 40_000
    for (let n = 0; n < total; n += 100) {
      await s.write(
        stream,
        upTo(n + 100, n).map((i) => countEvent(1, i)),
      )
      if (n % 2000 === 0) await new Promise((done) => setTimeout(done, 1))
    }
    await until('the lively one', () => lively.sink.told.length === total)
    assert.equal(s.behind(), 1)
    assert.ok(stuck.sink.most <= MOST_WAITING, String(stuck.sink.most))
    assert.ok(stuck.sink.waiting > 0)
    const reading = setInterval(() => stuck.sink.take(700), 1)
    await until('the one that was stuck', () => stuck.sink.told.length >= total, 30_000).finally(() => clearInterval(reading))
    assert.ok(stuck.sink.most <= MOST_WAITING, String(stuck.sink.most))
    assert.deepEqual(numbers(stuck.sink), upTo(total))
    stuck.sink.reads = true
    await s.write(stream, [countEvent(1, total)])
    await until('both at the head', () => stuck.sink.told.length === total + 1 && stuck.listener.atHead)
  })
})

// STREAM-4
test('what the log has dropped is a gap, and what it has not is none', async () => {
  await withStreams(async (s) => {
    const stream = newStream()
    const first = await s.listen()
    const write = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await s.write(stream, [countEvent(1, n)])
    }
    await write(0, 5)
    await until('five', () => first.sink.told.length === 5)
    s.hub.remove(first.listener)
    const place = first.sink.lastId!
    await write(5, 10)
    const whole = await s.listen({ from: place })
    await until('the rest', () => whole.sink.told.length === 5)
    assert.deepEqual(whole.sink.gaps, [])
    const [one] = await s.log.read(stream, 0, 1)
    await s.log.retain({ maxBytes: one!.length * 2, maxAgeMs: Number.MAX_SAFE_INTEGER })
    const torn = await s.listen({ from: place })
    await until('what is left', () => torn.sink.told.length === 2)
    assert.deepEqual(numbers(torn.sink), [8, 9])
    assert.equal(torn.sink.gaps.length, 1)
    assert.ok(torn.sink.gaps[0]! > Date.now() - 60_000)
    // a place that this log has never reached
    const [since, at] = whole.sink.lastId!.split('~')
    const beyond = await s.listen({ from: `${since}~${at!.split('.')[0]}.zz.0` })
    assert.equal(beyond.sink.gaps.length, 1)
    const nowhere = await s.listen({ from: `${since}~abc.1` })
    assert.equal(nowhere.sink.gaps.length, 1)
    // the clock was set back since: what is not named may be later than it seems
    const future = await s.listen({ from: `${(Date.now() + 3_600_000).toString(36)}~` })
    assert.equal(future.sink.gaps.length, 1)
  })
})

// STREAM-2
test('records that were read again later, and those from before the application was made, are not told', async () => {
  await withStreams(async (s) => {
    const stream = newStream()
    const start = s.hub.place()
    await s.write(stream, [countEvent(1, 0, 1000), { ...countEvent(1, 1), flags: recordFlag.redecoded }, countEvent(1, 2, 3000)])
    const { sink } = await s.listen({ from: start, interest: { ...everything, from: 2000 } })
    await until('one', () => sink.told.length > 0)
    assert.deepEqual(numbers(sink), [2])
  })
})

test('the log is not looked at for records of devices that nobody listens to', async () => {
  await withStreams(async (s) => {
    const { sink } = await s.listen({ interest: { ...everything, key: 'one', devices: new Set([2]) } })
    await s.write(newStream(), [countEvent(1, 0), countEvent(2, 1), countEvent(3, 2)])
    await until('one', () => sink.told.length > 0)
    assert.deepEqual(numbers(sink), [1])
    assert.equal(s.registry.calls['devicesById'], 1)
  })
})
