import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allow,
  type BatchView,
  type Connecting,
  type Hooked,
  type HookOptions,
  makeHooks,
  refuse,
  type Verdict,
} from './hooks.ts'
import { silentLog } from './log.ts'
import { systemClock } from './service.ts'

const connecting = { device: { id: 1 } } as Connecting
const strict: HookOptions = { onError: 'refuse', timeoutMs: 20 }
const at = (fn: () => unknown, o = strict, plugin = 'p'): Hooked<'connect'> => ({
  plugin,
  at: 'connect',
  fn: fn as () => Promise<Verdict>,
  o,
})
const hooks = (...all: Hooked[]) => makeHooks(all, { log: silentLog(), clock: systemClock })
const ask = (...all: Hooked[]) => hooks(...all)!.connect!(connecting)

test('nobody is asked where nobody hooks', () => {
  assert.equal(hooks(), undefined)
  assert.deepEqual(Object.keys(hooks(at(() => allow))!), ['connect'])
})

// PLUG-3
test('asked in order; the first refusal counts and those behind it are not asked', async () => {
  const asked: number[] = []
  const says = (n: number, v: Verdict) =>
    at(async () => {
      asked.push(n)
      return v
    })
  assert.deepEqual(await ask(says(1, allow), says(2, refuse('no')), says(3, allow)), { allow: false, reason: 'no' })
  assert.deepEqual(asked, [1, 2])
  assert.deepEqual(await ask(says(1, allow), says(2, allow)), allow)
})

const failures: [string, () => unknown][] = [
  ['throws', () => assert.fail('broken')],
  ['rejects', () => Promise.reject(new Error('broken'))],
  ['takes too long', () => new Promise(() => {})],
  ['returns no verdict', () => undefined],
  ['returns something else', () => Promise.resolve({ allow: 'yes' })],
]
for (const [what, fn] of failures) {
  test(`a hook that ${what}: onError decides`, async () => {
    assert.deepEqual(await ask(at(fn)), { allow: false, reason: 'the plugin p does not answer' })
    assert.deepEqual(await ask(at(fn, { onError: 'ignore', timeoutMs: 20 })), allow)
    assert.deepEqual(
      await ask(
        at(fn, { onError: 'ignore', timeoutMs: 20 }),
        at(() => refuse('no')),
      ),
      refuse('no'),
    )
  })
}

test('accepted: everybody is told, whoever fails', async () => {
  const told: number[] = []
  const batch = { seq: 7 } as BatchView
  const hear = (fn: (b: BatchView) => void): Hooked<'accepted'> => ({ plugin: 'p', at: 'accepted', fn, o: strict })
  const set = hooks(
    hear(() => assert.fail('broken')),
    hear((() => Promise.reject(new Error('broken'))) as () => void),
    hear((b) => void told.push(b.seq)),
  )
  set!.accepted!(batch)
  await new Promise((done) => setImmediate(done))
  assert.deepEqual(told, [7])
})
