import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '#lib/service.ts'
import { type Delivery, Outbox } from './outbox.ts'
import type { Outcome } from './try.ts'

const good: Outcome = { ok: true, status: 200, error: '' }
const bad: Outcome = { ok: false, status: 500, error: 'answered 500' }

/** Time that stands until it is moved. */
function standingClock() {
  let now = 0
  let timers: { at: number; f: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    after(ms, f) {
      const timer = { at: now + ms, f }
      timers.push(timer)
      return () => {
        timers = timers.filter((t) => t !== timer)
      }
    },
    every: () => () => {},
  }
  const move = (ms: number) => {
    const end = now + ms
    for (;;) {
      const due = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      timers = timers.filter((t) => t !== due)
      now = Math.max(now, due.at)
      due.f()
    }
    now = end
  }
  return { clock, move, timers: () => timers.length }
}

function outbox(o: { concurrency?: number; retryFor?: number } = {}) {
  const time = standingClock()
  const sent: { id: string; end: (outcome: Outcome) => void }[] = []
  const done: string[] = []
  const buried: Delivery[] = []
  const box = new Outbox({
    sender: { send: ({ id }, end) => void sent.push({ id, end }), tick: () => {}, close: async () => {} },
    clock: time.clock,
    concurrency: o.concurrency ?? 4,
    retryFor: o.retryFor ?? 3_600_000,
    done: (d, confirmed) => done.push(`${d.id} ${confirmed ? 'confirmed' : 'dead'}`),
    bury: async (d) => void buried.push(d),
    tried: () => {},
  })
  const add = (...ids: string[]) => {
    for (const id of ids) {
      const batch = { stream: 1, seq: 1, left: 1 }
      const body = Buffer.from(id)
      box.add({
        id,
        body,
        device: Number(/\d+/.exec(id)![0]),
        time: time.clock.now(),
        batch,
        tries: 0,
        firstFailedAt: undefined,
        lastError: '',
      })
    }
    box.pump()
  }
  const ids = () => sent.map((s) => s.id)
  /** answers all that is under way */
  const answer = (outcome: Outcome | ((id: string) => Outcome)) => {
    for (const { id, end } of sent.splice(0)) end(typeof outcome === 'function' ? outcome(id) : outcome)
  }
  return { box, add, ids, answer, done, buried, ...time }
}

describe('outbox', () => {
  // HOOK-4
  it('sends one at a time for a device, devices side by side up to the limit', () => {
    const o = outbox({ concurrency: 2 })
    o.add('a1', 'b1', 'a2', 'a3')
    assert.deepEqual(o.ids(), ['a1', 'a2'])
    o.answer(good)
    assert.deepEqual(o.ids(), ['a3', 'b1'])
    o.answer(good)
    assert.deepEqual(o.done, ['a1 confirmed', 'a2 confirmed', 'a3 confirmed', 'b1 confirmed'])
    assert.equal(o.box.waiting, 0)
    assert.equal(o.box.bytes, 0)
  })

  // HOOK-5
  it('a failed delivery holds back its device only, and is tried again before what came later', () => {
    const o = outbox()
    o.add('a1', 'b1', 'a2')
    o.answer((id) => (id === 'a1' ? bad : good))
    assert.deepEqual(o.done, ['a2 confirmed'])
    o.add('b2')
    assert.deepEqual(o.ids(), ['b2'])
    o.answer(good)
    o.move(799)
    assert.deepEqual(o.ids(), [])
    o.move(401)
    assert.deepEqual(o.ids(), ['a1'])
    o.answer(good)
    assert.deepEqual(o.ids(), ['b1'])
  })

  it('one event that the receiver never takes does not keep other devices from it', () => {
    const o = outbox()
    o.add('a1')
    for (let i = 0; i < 12; i++) {
      o.answer(bad)
      o.add(`b${2 + i}`)
      assert.deepEqual(o.ids(), [`b${2 + i}`])
      o.answer(good)
      o.move(20 * 60_000 * (i < 5 ? 0.01 : 1))
    }
    assert.equal(o.done.length, 12)
  })

  it('a receiver that is down is asked by one delivery at a time, then all go, slowly at first', () => {
    const o = outbox({ concurrency: 8, retryFor: 86_400_000 })
    o.add('a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9', 'b1')
    assert.equal(o.ids().length, 8)
    o.answer(bad)
    o.answer(bad)
    assert.deepEqual(o.ids(), [])
    for (let i = 0; i < 6; i++) {
      o.move(20 * 60_000)
      assert.equal(o.ids().length, 1)
      o.answer(bad)
    }
    o.move(20 * 60_000)
    o.answer(good)
    assert.equal(o.ids().length, 2)
    o.answer(good)
    assert.equal(o.ids().length, 4)
    o.answer(good)
    o.answer(good)
    o.answer(good)
    assert.equal(o.done.length, 10)
    assert.equal(o.timers(), 0)
  })

  it('asks with another delivery each time, so that one that is never taken does not hide a receiver that is back', () => {
    const o = outbox({ concurrency: 3 })
    o.add('a1', 'a2', 'a3')
    o.answer(bad)
    const asked = new Set<string>()
    for (let i = 0; i < 3; i++) {
      o.move(20 * 60_000)
      for (const id of o.ids()) asked.add(id)
      o.answer(bad)
    }
    assert.deepEqual([...asked].sort(), ['a1', 'a2', 'a3'])
  })

  it('gives up after the time that is set, in order, and goes on', async () => {
    const o = outbox({ retryFor: 60_000 })
    o.add('a1', 'b1')
    for (let i = 0; i < 40 && o.buried.length === 0; i++) {
      o.answer(bad)
      o.move(5000)
    }
    await Promise.resolve()
    assert.deepEqual(
      o.buried.map((d) => d.id),
      ['a1'],
    )
    assert.ok(o.buried[0]!.tries > 3)
    assert.equal(o.buried[0]!.lastError, 'answered 500')
    await new Promise(setImmediate)
    o.move(0)
    assert.deepEqual(o.ids(), ['b1'])
    o.answer(good)
    assert.deepEqual(o.done, ['a1 dead', 'b1 confirmed'])
  })

  it('with a receiver that was down for as long, what is as old is given up untried; what is new is not', async () => {
    const o = outbox({ concurrency: 3, retryFor: 3_600_000 })
    o.add('a1', 'a2', 'a3', 'a4', 'b4')
    o.answer(bad)
    for (let i = 0; i < 3; i++) {
      o.move(20 * 60_000)
      if (i === 0) o.add('a5')
      o.answer(bad)
      await new Promise(setImmediate)
    }
    const buried = o.buried.map((d) => d.id).sort((a, b) => a.localeCompare(b))
    assert.deepEqual(
      buried.filter((id) => id !== 'a5'),
      ['a1', 'a2', 'a3', 'a4', 'b4'],
    )
    assert.ok(o.box.waiting <= 1)
  })

  it('says what waits, since when it fails, why, and when it is tried next', () => {
    const o = outbox()
    o.move(500)
    o.add('a1')
    assert.deepEqual(o.box.state(), { oldest: 500 })
    o.move(100)
    o.answer(bad)
    const s = o.box.state()
    assert.deepEqual([s.oldest, s.failingSince, s.lastError], [500, 600, 'answered 500'])
    assert.ok(s.nextTry! >= 1400 && s.nextTry! <= 1800)
  })

  it('a sender that answers before it returns is no recursion', () => {
    const time = standingClock()
    let done = 0
    const sender = { send: (_: unknown, end: (outcome: Outcome) => void) => end(good), tick: () => {}, close: async () => {} }
    const box = new Outbox({
      sender,
      clock: time.clock,
      concurrency: 1,
      retryFor: 1,
      done: () => done++,
      bury: async () => {},
      tried: () => {},
    })
    for (let i = 0; i < 20_000; i++) {
      const batch = { stream: 1, seq: 1, left: 1 }
      box.add({
        id: `${i}`,
        body: Buffer.alloc(1),
        device: i % 3,
        time: 0,
        batch,
        tries: 0,
        firstFailedAt: undefined,
        lastError: '',
      })
    }
    box.pump()
    assert.equal(done, 20_000)
  })

  it('stops: nothing more is sent, and it says when nothing is under way', async () => {
    const o = outbox()
    o.add('a1', 'b1')
    let stopped = false
    const stop = o.box.stop().then(() => {
      stopped = true
    })
    await Promise.resolve()
    assert.equal(stopped, false)
    o.answer(good)
    await stop
    assert.deepEqual(o.done, ['a1 confirmed'])
    o.move(3_600_000)
    assert.deepEqual(o.ids(), [])
  })
})
