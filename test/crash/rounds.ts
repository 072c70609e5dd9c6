/** Rounds of kill -9 under load: devices report at QoS 1 and 2, an application reads, a receiver takes webhooks. */

import { makeRandom, type Random } from '../fuzz/random.ts'
import { type Application, makeWorld, sleep, type World } from '../world.ts'
import { check, type Findings } from './check.ts'
import { isEvent, Publisher } from './publisher.ts'

export interface CrashOptions {
  rounds: number
  devices: number
  seed: number
  /** told after each round */
  onRound?: (round: number, confirmed: number, readyMs: number) => void
}

export interface CrashResult extends Findings {
  /** kills while the cloud was starting */
  killedInStart: number
  /** ms until it was ready again */
  ready: number[]
}

const LOAD_MS = [100, 900] as const
/** Of ten restarts so many are killed too (hard case F-04). */
const KILLED_IN_START = 2
const WEBHOOKS_MS = 60_000
const dialects = ['binary', 'user', 'mqtt5'] as const

export async function crashRounds(o: CrashOptions): Promise<CrashResult> {
  const random = makeRandom(o.seed)
  const world = await makeWorld({ shape: 'process' })
  try {
    const app = await world.application()
    const publishers: Publisher[] = []
    for (let i = 0; i < o.devices; i++) {
      const device = await world.device({ dialect: dialects[i % 3]! })
      publishers.push(new Publisher(device, i % 2 ? 2 : 1, random))
    }
    const ready: number[] = []
    let killedInStart = 0
    await comeIn(publishers)
    for (let round = 1; round <= o.rounds; round++) {
      await load(app, publishers, between(random, ...LOAD_MS))
      await world.kill()
      for (const p of publishers) p.stop()
      killedInStart += await killStarts(world, random)
      const began = performance.now()
      await world.start()
      ready.push(performance.now() - began)
      await readBack(app, publishers)
      await comeIn(publishers)
      o.onRound?.(
        round,
        publishers.reduce((sum, p) => sum + p.confirmed.length, 0),
        ready.at(-1)!,
      )
    }
    await Promise.all(publishers.map((p) => p.finish()))
    await webhooksDone(world, publishers)
    await world.stop()
    return { ...(await check(world.place, publishers, world.hooks.confirmed)), killedInStart, ready }
  } finally {
    await world.close()
  }
}

const between = (random: Random, from: number, to: number): number => from + random.below(to - from + 1)

const comeIn = (publishers: readonly Publisher[]): Promise<unknown> => Promise.all(publishers.map((p) => p.start()))

async function load(app: Application, publishers: readonly Publisher[], ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let i = 0; performance.now() < end; i++) {
    await readOne(app, publishers[i % publishers.length]!)
    await sleep(5)
  }
}

async function killStarts(world: World, random: Random): Promise<number> {
  let kills = 0
  while (random.below(10) < KILLED_IN_START) {
    await world.startAndKill(random.below(600))
    kills++
  }
  return kills
}

const readBack = (app: Application, publishers: readonly Publisher[]): Promise<unknown> =>
  Promise.all(publishers.map((p) => readOne(app, p)))

/** GET latest tells at least what was confirmed before, and never less than it told. */
async function readOne(app: Application, p: Publisher): Promise<void> {
  const least = Math.max(p.confirmedStatus, p.seen)
  const { code, data } = await app.get(`/devices/${p.device.identifier}/status/latest`)
  const got = Number((data as { o_uint32?: [number] } | null)?.o_uint32?.[0] ?? 0)
  if (code !== 0 || got < least) throw new Error(`${p.device.identifier}: latest is ${got} (code ${code}), known was ${least}`)
  p.seen = got
}

async function webhooksDone(world: World, publishers: readonly Publisher[]): Promise<void> {
  const missing = () => {
    const told = new Set(world.hooks.confirmed.map((h) => `${h.json.identifier} ${h.json.data['alarm']?.[0]}`))
    return publishers.some((p) => p.confirmed.some((n) => isEvent(n) && !told.has(`${p.device.identifier} ${n}`)))
  }
  // seldom: the receiver is in this process, and to look takes as long as to take in a hundred; what is missing at the end is found by the check
  for (const end = performance.now() + WEBHOOKS_MS; missing() && performance.now() < end; ) await sleep(500)
}
