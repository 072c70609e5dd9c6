/** What every engine of history must do. Engines' tests call this; it needs nothing but a way to open an empty history. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeBatch, type NewRecord, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { isPandoError } from '#lib/errors.ts'
import { encodeStatus } from '#protocol/frames.ts'
import type { Value } from '#protocol/tlv.ts'
import { NaiveHistory, readAll } from './naive.ts'
import type { Bucket, CurrentValue, History } from './port.ts'

export interface HistorySubject {
  /** an empty history */
  open(): Promise<History>
  /** closes the history and opens the same again */
  reopen(history: History): Promise<History>
  /** removes what `open` made */
  cleanUp?(): Promise<void>
}

const DAY = 86_400_000
const today = Math.floor(Date.now() / DAY) * DAY

const said = (device: number, time: number, text: string, more: Partial<NewRecord> = {}): NewRecord => ({
  kind: recordKind.status,
  device,
  time,
  data: Buffer.from(text),
  ...more,
})

const texts = async (history: History, query: Parameters<History['read']>[0]): Promise<string[]> =>
  (await readAll(history, query)).map((r) => Buffer.from(r.data).toString())

/** A status frame: objects 1 and 2, each a number of any kind, a float and a text. */
function numbers(device: number, time: number, i: number): NewRecord {
  const types = [[6, 10, 3, 4, 5, 7, 8, 9, 13, 2][i % 10]!, 1, 12]
  const whole: Value = types[0] === 6 || types[0] === 10 ? BigInt(i) : types[0] === 13 ? i % 20 < 10 : i
  const values = [whole, i % 17 === 0 ? Number.NaN : Math.sin(i) * 1e9, 'text']
  const properties = [1, 2].map((object) => ({ subDevice: 0, object, values, types }))
  return { kind: recordKind.status, device, time, version: i % 3, data: encodeStatus({ timestamp: time, properties }) }
}

/** Sums of floats in another order are not the same to the last bit. */
const rounded = (rows: readonly Bucket[]) => rows.map((b) => ({ ...b, mean: Number(b.mean.toPrecision(9)) + 0 }))

const shown = (v: CurrentValue | undefined) => v && { time: v.time, bytes: Buffer.from(v.bytes).toString() }

const put = (history: History, device: number, slot: number, text: string, time = 1): void => {
  const b = Buffer.from(`<${text}>`)
  history.current.put(device, slot, time, b, 1, b.length - 1)
}

/** Three batches of two streams, over two days. */
const story = (): Buffer[] => [
  makeBatch(1, 1, [said(1, today - DAY, 'a'), said(2, today - DAY + 1, 'other'), said(1, today - DAY + 5, 'b')]),
  makeBatch(2, 1, [said(1, today + 5, 'd'), said(1, today - DAY + 5, 'c', { kind: recordKind.event })]),
  makeBatch(1, 2, [said(1, today + 5, 'e'), said(1, today + 4, 'between')]),
]

export function historySuite(name: string, subject: HistorySubject): void {
  describe(`history ${name}`, () => {
    let history: History
    before(async () => {
      history = await subject.open()
      for (const b of story()) await history.absorb(b)
    })
    after(async () => {
      await history.close()
      await subject.cleanUp?.()
    })

    const everywhere = (what: string, run: () => Promise<void>) => {
      it(`${what}, before it is durable`, run)
      later.push(() => it(`${what}, when it is durable`, run))
    }
    const later: (() => void)[] = []

    // HIST-1
    everywhere('reads a device in order of time, then of arrival', async () => {
      assert.deepEqual(await texts(history, { device: 1 }), ['a', 'b', 'c', 'between', 'd', 'e'])
      assert.deepEqual(await texts(history, { device: 1, newestFirst: true }), ['e', 'd', 'between', 'c', 'b', 'a'])
      assert.deepEqual(await texts(history, { device: 3 }), [])
    })

    // HIST-1
    everywhere('gives pages of any size that join without gap or repetition', async () => {
      for (const newestFirst of [false, true]) {
        const whole = await texts(history, { device: 1, newestFirst })
        for (const limit of [1, 2, 3, 5, 6]) assert.deepEqual(await texts(history, { device: 1, newestFirst, limit }), whole)
      }
    })

    everywhere('tells by `next` whether there is more', async () => {
      assert.equal((await history.read({ device: 1, limit: 6 })).next, undefined)
      assert.notEqual((await history.read({ device: 1, limit: 5 })).next, undefined)
      assert.equal((await history.read({ device: 1, limit: 1, kinds: [recordKind.event] })).next, undefined)
    })

    everywhere('from is inclusive, to is not, kinds choose', async () => {
      assert.deepEqual(await texts(history, { device: 1, from: today - DAY + 5, to: today + 5 }), ['b', 'c', 'between'])
      assert.deepEqual(await texts(history, { device: 1, kinds: [recordKind.event] }), ['c'])
      assert.deepEqual(await texts(history, { device: 1, kinds: [] }), [])
    })

    it('flush makes everything durable and moves the cursors', async () => {
      await history.flush()
      assert.deepEqual([...history.cursors()].sort(), [
        [1, 2],
        [2, 1],
      ])
    })

    for (const register of later) register()

    it('continues a page that was begun before a fold', async () => {
      await history.absorb(makeBatch(1, 3, [said(7, today, '1'), said(7, today, '2'), said(7, today, '3')]))
      const first = await history.read({ device: 7, limit: 2 })
      const last = await history.read({ device: 7, limit: 1, newestFirst: true })
      await history.flush()
      assert.deepEqual(await texts(history, { device: 7, cursor: first.next }), ['3'])
      assert.deepEqual(await texts(history, { device: 7, cursor: last.next, newestFirst: true }), ['2', '1'])
    })

    it('ignores batches that it has, also after a restart', async () => {
      history = await subject.reopen(history)
      assert.equal(history.cursors().get(1), 3)
      for (const b of story()) await history.absorb(b)
      await history.absorb(makeBatch(1, 4, [said(8, today, 'new')]))
      await history.absorb(makeBatch(1, 4, [said(8, today, 'again')]))
      await history.flush()
      assert.deepEqual(await texts(history, { device: 1 }), ['a', 'b', 'c', 'between', 'd', 'e'])
      assert.deepEqual(await texts(history, { device: 8 }), ['new'])
    })

    it('keeps every field of a record', async () => {
      const naive = new NaiveHistory()
      const full = {
        kind: recordKind.undecodable,
        reason: 255,
        version: 65535,
        product: 0xffffffff,
        packetId: 65535,
        flags: 65535,
      }
      const records = [{ ...full, device: 2 ** 53 - 1, time: today + 9, epoch: 2 ** 53 - 1, data: Buffer.alloc(70_000, 1) }]
      const batch = naive.batch(3, 1, [...records, { kind: 9, device: 2 ** 53 - 1, time: today + 9 }])
      await history.absorb(batch)
      const q = { device: 2 ** 53 - 1 }
      assert.deepEqual(await readAll(history, q), naive.read(q))
      await history.flush()
      assert.deepEqual(await readAll(history, q), naive.read(q))
    })

    it('the bytes of a batch are copied', async () => {
      const b = makeBatch(3, 2, [said(9, today, 'kept')])
      await history.absorb(b)
      b.fill(255)
      assert.deepEqual(await texts(history, { device: 9 }), ['kept'])
    })

    // HIST-7
    it('gives a value by stretches of time, as the definition does, durable or not', async () => {
      const naive = new NaiveHistory()
      const foreign = { ...numbers(11, today, 3), flags: recordFlag.foreign }
      const all: NewRecord[] = [foreign, { ...numbers(11, today, 4), kind: recordKind.event }]
      for (let i = 0; i < 120; i++) all.push(numbers(11, today - 2 * DAY + i * 1_200_007, i))
      await history.absorb(naive.batch(4, 1, all))
      const place = { object: 2, position: 1 }
      const elsewhere = [
        { version: 1, place: { object: 1, position: 0 } },
        { version: 2, place: null },
      ]
      const check = async () => {
        for (const step of [1, 60_000, 3_600_000, DAY, 7_777_777]) {
          const q = { device: 11, from: today - 2 * DAY + 5, to: today + 3, step, ...place }
          for (const more of [{}, { position: 2 }, { object: 3 }, { elsewhere }, { position: 0, to: today - DAY }]) {
            assert.deepEqual(rounded(await history.buckets({ ...q, ...more })), rounded(naive.buckets({ ...q, ...more })))
          }
        }
      }
      await check()
      await history.flush()
      await check()
    })

    it('refuses a cursor that it has not given', async () => {
      await assert.rejects(history.read({ device: 1, cursor: '../x' }), (e) => isPandoError(e, 'invalid'))
    })

    // HIST-5
    it('drops what is too old, then the oldest beyond the budget, and says how much', async () => {
      const kept = await history.retain({ maxBytes: 2 ** 40, maxAgeMs: 30 * DAY })
      assert.deepEqual([kept.droppedBytes, history.droppedUntil], [0, 0])
      const aged = await history.retain({ maxBytes: 2 ** 40, maxAgeMs: 0 })
      assert.ok(aged.droppedBytes > 0)
      assert.equal(aged.bytes, kept.bytes - aged.droppedBytes)
      assert.deepEqual(await texts(history, { device: 1 }), ['between', 'd', 'e'])
      assert.equal(history.droppedUntil, today)
      history = await subject.reopen(history)
      assert.equal(history.droppedUntil, today, 'it is known after a restart')
      await history.retain({ maxBytes: 0, maxAgeMs: 30 * DAY })
      assert.deepEqual(await texts(history, { device: 1 }), [])
      assert.equal(history.cursors().get(1), 4, 'what was dropped is not handed over again')
    })

    it('is well', () => assert.equal(history.health().state, 'ok'))
  })

  describe(`current values ${name}`, () => {
    let history: History
    before(async () => {
      history = await subject.open()
    })
    after(async () => {
      await history.close()
      await subject.cleanUp?.()
    })

    it('gives what was put last, in the order in which slots were first put', () => {
      const { current } = history
      put(history, 1, 70_000, 'one', 5)
      put(history, 1, 2 ** 40, 'two', 6)
      put(history, 1, 3, '', 7)
      put(history, 1, 70_000, 'a longer one than it was', 8)
      put(history, 1, 2 ** 40, 'x', 9)
      assert.deepEqual(shown(current.get(1, 70_000)), { time: 8, bytes: 'a longer one than it was' })
      assert.equal(current.get(1, 4), undefined)
      assert.equal(current.get(2, 3), undefined)
      const all: unknown[] = []
      current.each(1, (slot, v) => all.push(slot, shown(v)?.bytes))
      assert.deepEqual(all, [70_000, 'a longer one than it was', 2 ** 40, 'x', 3, ''])
      assert.equal(current.devices, 1)
    })

    it('removes a slot, or a device', () => {
      const { current } = history
      put(history, 5, 1, 'a')
      put(history, 5, 2, 'b')
      current.remove(5, 1)
      assert.equal(current.get(5, 1), undefined)
      assert.equal(shown(current.get(5, 2))?.bytes, 'b')
      assert.equal(current.devices, 2)
      const there: number[] = []
      current.eachDevice((device) => there.push(device))
      assert.ok(there.includes(5) && there.length === 2)
      current.remove(5)
      current.remove(5)
      current.remove(6)
      assert.equal(current.get(5, 2), undefined)
      assert.equal(current.devices, 1)
    })

    it('a snapshot holds the moment of the call, with its cursors', async () => {
      for (let device = 10; device < 2000; device++) put(history, device, 1, `value ${device}`.repeat(1 + (device % 50)))
      put(history, 9, 1, 'L'.repeat(600_000))
      const cursors = new Map([[1, 7]])
      const saved = history.current.save(cursors)
      cursors.set(1, 8)
      put(history, 1, 70_000, 'later')
      put(history, 9, 1, 'later')
      put(history, 3000, 1, 'later')
      history.current.remove(10)
      await saved
      history = await subject.reopen(history)
      assert.deepEqual([...history.current.saved], [[1, 7]])
      assert.equal(shown(history.current.get(1, 70_000))?.bytes, 'a longer one than it was')
      assert.equal(shown(history.current.get(9, 1))?.bytes.length, 600_000)
      assert.equal(shown(history.current.get(1999, 1))?.bytes, 'value 1999'.repeat(50))
      assert.equal(shown(history.current.get(10, 1))?.bytes, 'value 10'.repeat(11))
      assert.equal(history.current.get(3000, 1), undefined)
      assert.equal(history.current.devices, 1992)
    })

    it('saves again and again, also several at once', async () => {
      const saves: Promise<void>[] = []
      for (let i = 1; i <= 5; i++) {
        put(history, 1, 1, `round ${i}`)
        saves.push(history.current.save(new Map([[1, i]])))
      }
      put(history, 1, 1, 'unsaved')
      await Promise.all(saves)
      history = await subject.reopen(history)
      assert.deepEqual([...history.current.saved], [[1, 5]])
      assert.equal(shown(history.current.get(1, 1))?.bytes, 'round 5')
    })
  })
}
