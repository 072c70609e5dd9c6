import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HookReceiver, hookReceiver, type Manner } from '../support/hookreceiver.ts'
import { memoryLog } from '../support/memorylog.ts'
import { countEvent, startWebhooks, until } from '../support/webhooks.ts'

/** Faults that a receiver may show at any request; a number below 1 picks one. */
const manners: readonly Manner[] = [
  (res) => void res.writeHead(500).end(),
  (res) => void res.writeHead(503, { 'Retry-After': '2' }).end('later'),
  (res) => void res.socket?.destroy(),
  (res) => void res.socket?.resetAndDestroy(),
  (res) => void res.writeHead(302, { Location: '/' }).end(),
  (res) => void res.socket?.write('HTTP/1.1 2', () => res.socket?.destroy()),
  () => {},
  (res) => void res.writeHead(429).end(),
]

/** A small generator of numbers in [0, 1) that repeats with its seed. */
function random(seed: number): () => number {
  let s = seed * 2654435761
  return () => {
    s = (Math.imul(s ^ (s >>> 15), 2246822519) + 0x9e3779b9) | 0
    return ((s ^ (s >>> 13)) >>> 0) / 2 ** 32
  }
}

const DEVICES = 5
const EACH = 8

/** What was confirmed of a device, repetitions left out. */
function confirmedBy(r: HookReceiver, device: number): unknown[] {
  const ids = new Set<string>()
  return r.confirmed
    .filter((h) => h.json.identifier === `1-1-d${device}` && !ids.has(h.id) && ids.add(h.id))
    .flatMap((h) => h.json.data['n']!)
}

describe('R1 N13 webhooks over restarts and faults', () => {
  async function round(r: HookReceiver, seed: number): Promise<void> {
    const confirmed = (device: number) => confirmedBy(r, device)
    const next = random(seed)
    r.hooks.length = 0
    r.confirmed.length = 0
    const rate = next() * 0.7
    let faulty = true
    r.manner = (res, hook, req) => {
      if (faulty && next() < rate) manners[Math.floor(next() * manners.length)]!(res, hook, req)
      else res.writeHead(200).end()
    }
    // a process that is killed has not stored its last places
    const kept = memoryLog()
    const forgetting = {
      ...kept,
      advance: async (...a: Parameters<typeof kept.advance>) => (next() < 0.5 ? kept.advance(...a) : undefined),
    }
    const bounds = { deliveries: 15, bytes: 1 << 20 }
    const w = await startWebhooks({ log: forgetting, config: { notifierTimeout: 3000 }, bounds })
    for (let d = 1; d <= DEVICES; d++) w.addDevice(d)
    w.addApplication(r.url)
    for (let i = 1; i <= EACH; i++) {
      await w.write(
        Array.from({ length: DEVICES }, (_, d) => countEvent(d + 1, i)),
        { ring: next() < 0.8 },
      )
      if (next() < 0.3) await w.restart()
      if (next() < 0.3) await new Promise((resolve) => setTimeout(resolve, next() * 8))
    }
    faulty = false
    const expected = Array.from({ length: EACH }, (_, i) => i + 1)
    const all = () => Array.from({ length: DEVICES }, (_, d) => confirmed(d + 1).length).every((n) => n >= EACH)
    await until(all, () => `seed ${seed}: ${JSON.stringify(Array.from({ length: DEVICES }, (_, d) => confirmed(d + 1)))}`)
    for (let d = 1; d <= DEVICES; d++) assert.deepEqual(confirmed(d), expected, `seed ${seed}, device ${d}`)
    const said = new Map<string, string>()
    for (const h of r.hooks) {
      assert.equal(said.get(h.id) ?? h.body, h.body, 'one id, one message')
      said.set(h.id, h.body)
    }
    assert.equal(said.size, DEVICES * EACH, 'as many ids as messages')
    assert.equal(w.registry.letters.length, 0)
    await w.stop()
  }

  // HOOK-3
  it('100 runs with a receiver that fails at random, and restarts in the middle: all told, in order for a device, repetitions by the same id', async () => {
    const several = async (first: number) => {
      const r = await hookReceiver()
      for (let seed = first; seed <= 100; seed += 5) await round(r, seed)
      await r.close()
    }
    await Promise.all([1, 2, 3, 4, 5].map(several))
  })

  it('after an orderly stop nothing that was confirmed is told again', async () => {
    const r = await hookReceiver()
    const w = await startWebhooks()
    w.addDevice(1)
    w.addApplication(r.url)
    for (let i = 1; i <= 50; i++) await w.write([countEvent(1, i)])
    await until(() => r.hooks.length >= 50, 'told')
    await w.restart()
    await w.write([countEvent(1, 51)])
    await until(() => r.hooks.length >= 51, 'told')
    await w.stop()
    await r.close()
    assert.equal(r.hooks.length, 51)
  })
})
