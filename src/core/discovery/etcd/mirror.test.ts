import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../../test/world/wait.ts'
import { b64, type Gateway } from './gateway.ts'
import { etcdMirror } from './mirror.ts'

/** A server whose answers wait until they are let go, as a busy one's or those of a busy process do. */
function slowServer(t: TestContext) {
  const asked: ((ids: string) => void)[] = []
  let event = () => {}
  const gateway = {
    shown: 'etcd://test',
    prefix: 'p',
    call: () =>
      new Promise((done) => {
        asked.push((ids) =>
          done({ kvs: [...ids].map((id) => ({ key: b64(`p/controller/${id}`), value: b64(JSON.stringify({ id })) })) }),
        )
      }),
    async *stream() {
      for (;;) {
        await new Promise<void>((told) => {
          event = told
        })
        yield { result: { events: [{}] } }
      }
    },
    close: async () => {},
  } as unknown as Gateway
  const mirror = etcdMirror({ gateway, changed() {}, onAnswer() {}, onFailure() {} })
  t.after(() => mirror.close())
  const ids = () => [...(mirror.instances?.values() ?? [])].map((i) => i.id).join('')
  return { asked, mirror, ids, event: () => event() }
}

// ENG-6
test('discovery etcd: what changes while it is being read is read at once', async (t) => {
  const { asked, ids, event } = slowServer(t)
  await until('the first reading', () => asked.length === 1)
  event()
  await sleep(0)
  asked[0]!('a')
  await until('another one', () => asked.length === 2, 1000)
  asked[1]!('ab')
  await until('what it says', () => ids() === 'ab')
})

// ENG-6
test('discovery etcd: an answer that comes after a later one changes nothing', async (t) => {
  const { asked, mirror, ids } = slowServer(t)
  const all = [mirror.read(), mirror.read()]
  await until('both', () => asked.length >= 2)
  asked[1]!('ab')
  asked[0]!('a')
  await Promise.all(all)
  assert.equal(ids(), 'ab')
})
