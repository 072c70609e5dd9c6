import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localHolders } from '#core/devicelog/holders.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { silentLog } from '#lib/log.ts'
import { systemClock } from '#lib/service.ts'
import { sleep, until } from '../test/world/wait.ts'
import { clockOf, type Turn, waitForTurn } from './turn.ts'

/** Processes that share a work; what each did is noted, and that never two do it at once. */
function shared() {
  const log = localHolders()
  const done: string[] = []
  const turns = new Map<string, Turn>()
  const hanging = new Set<string>()
  const join = async (
    owner: string,
    begins: () => Promise<void> = async () => {},
    ends: () => Promise<void> = async () => {},
  ) => {
    const reach = async <T>(f: () => Promise<T>): Promise<T> => {
      if (hanging.has(owner)) throw new PandoError('log_unavailable', 'no answer')
      return f()
    }
    const turn = await waitForTurn({
      work: 'w',
      owner,
      log: silentLog(),
      devicelog: { holder: (w) => reach(() => log.holder(w)), hold: (w, from, o) => reach(() => log.hold(w, from, o)) },
      async begin(mine) {
        turns.set(owner, mine)
        for (const [other, t] of turns)
          assert.ok(other === owner || !done.includes(`${other} begins`) || !active(other, t), other)
        await begins()
        done.push(`${owner} begins`)
      },
      async end(lost) {
        await ends()
        done.push(`${owner} ${lost ? 'lost it' : 'ends'}`)
      },
    })
    return turn
  }
  const active = (owner: string, t: Turn) => t.valid() && done.findLast((d) => d.startsWith(`${owner} `)) === `${owner} begins`
  return { join, done, hanging }
}

// CLU-5
test('a work is done by one; when that stops the next one does it at once', async () => {
  const { join, done } = shared()
  const one = await join('one')
  const two = await join('two')
  assert.equal(two.holder, 'one')
  await one.stop()
  await until('two', () => done.at(-1) === 'two begins')
  const again = await join('one')
  await two.pass()
  await until('one again', () => done.at(-1) === 'one begins')
  await again.stop()
  await until('two again', () => done.at(-1) === 'two begins')
  await two.stop()
  assert.deepEqual(done, ['one begins', 'one ends', 'two begins', 'two ends', 'one begins', 'one ends', 'two begins', 'two ends'])
})

// CLU-5
test('one that takes long to end is not thought to be dead: the next one waits for it', async () => {
  const { join, done } = shared()
  const one = await join('one', undefined, () => sleep(5000))
  const two = await join('two')
  await one.stop()
  assert.deepEqual(done, ['one begins', 'one ends'])
  await until('two', () => done.at(-1) === 'two begins')
  await two.stop()
})

// CLU-5
test('one that cannot say that it lives does nothing more before another begins, and goes on if none does', async () => {
  const { join, done, hanging } = shared()
  const one = await join('one')
  const clock = clockOf(one, systemClock)
  hanging.add('one')
  await until('its end', () => !one.valid())
  assert.throws(
    () => one.check(false),
    (e) => isPandoError(e, 'unavailable') && e.params['sent'] === false,
  )
  let rang = false
  clock.after(1, () => {
    rang = true
  })
  await new Promise((r) => setTimeout(r, 50))
  assert.equal(rang, false, 'its timers wait')
  hanging.delete('one')
  await until('its return', () => one.valid() && rang)
  assert.deepEqual(done, ['one begins'])

  const two = await join('two')
  hanging.add('one')
  await until('two', () => done.at(-1) === 'two begins', 15_000)
  hanging.delete('one')
  await until('one knows', () => done.at(-1) === 'one lost it')
  await Promise.all([one.stop(), two.stop()])
})

// CLU-5
test('what cannot begin at the start is said; later it is tried again', async () => {
  const { join, done } = shared()
  await assert.rejects(
    join('one', async () => {
      throw new PandoError('store_damaged', 'broken')
    }),
    (e) => isPandoError(e, 'store_damaged'),
  )
  const two = await join('two')
  await two.stop()
  assert.deepEqual(done, ['one ends', 'two begins', 'two ends'])
})
