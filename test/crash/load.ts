/** Load for tests that break things: devices that report and come back by themselves, an application that reads, webhooks. */
import type { Random } from '../fuzz/random.ts'
import { type Application, sleep, until, type World } from '../world.ts'
import { isEvent, Publisher } from './publisher.ts'

export const RECOVERY_MS = 30_000
const WEBHOOKS_MS = 60_000
const PAUSE_MS = 100
const dialects = ['binary', 'user', 'mqtt5'] as const

/** Devices of all dialects, at QoS 1 and 2 in turn. `pause`: ms between two messages of one at most */
export async function publishers(world: World, count: number, random: Random, pause?: number): Promise<Publisher[]> {
  const made: Publisher[] = []
  for (let i = 0; i < count; i++) {
    const device = await world.device({ dialect: dialects[i % 3]! })
    made.push(new Publisher(device, i % 2 ? 2 : 1, random, pause))
  }
  return made
}

/** Devices come back by themselves, as firmware does. → stop */
export function keepComing(publishers: readonly Publisher[]): () => void {
  let stopped = false
  const coming = new Set<Publisher>()
  const timer = setInterval(() => {
    for (const p of publishers) {
      if (stopped || p.device.link.ended === undefined || coming.has(p)) continue
      coming.add(p)
      p.stop()
      p.start()
        .catch(() => {})
        .finally(() => coming.delete(p))
    }
  }, 50)
  return () => {
    stopped = true
    clearInterval(timer)
    for (const p of publishers) p.stop()
  }
}

/** Each device's next message is confirmed, and read by an application. */
export async function allWell(app: Application, publishers: readonly Publisher[], what: string): Promise<void> {
  const from = publishers.map((p) => p.sent)
  await Promise.all(
    publishers.map((p, i) =>
      until(`word of ${p.device.identifier} after ${what}`, () => (p.confirmed.at(-1) ?? 0) > from[i]!, RECOVERY_MS),
    ),
  )
  await Promise.all(publishers.map((p) => readOne(app, p)))
}

/** GET latest tells at least what was confirmed before, and never less than it told; one that is not answered is asked again. */
async function readOne(app: Application, p: Publisher): Promise<void> {
  const path = `/devices/${p.device.identifier}/status/latest`
  const answer = () =>
    app.get(path).then(
      (a) => a.code === 0 && { least, data: a.data as { o_uint32?: [number] } },
      () => undefined,
    )
  let least = 0
  const { data } = await until(
    `an answer to ${path}`,
    () => {
      least = Math.max(p.confirmedStatus, p.seen)
      return answer()
    },
    RECOVERY_MS,
  )
  const got = Number(data.o_uint32?.[0] ?? 0)
  if (got < least) throw new Error(`${p.device.identifier}: latest is ${got}, known was ${least}`)
  p.seen = got
}

export async function webhooksDone(world: World, publishers: readonly Publisher[]): Promise<void> {
  const missing = () => {
    const told = new Set(world.hooks.confirmed.map((h) => `${h.json.identifier} ${h.json.data['alarm']?.[0]}`))
    return publishers.some((p) => p.confirmed.some((n) => isEvent(n) && !told.has(`${p.device.identifier} ${n}`)))
  }
  // what is missing after that is found by the check
  await until('all webhooks', () => !missing(), WEBHOOKS_MS).catch(() => {})
}

/** answers of calls by status and code, and calls that had none; of each how many, and a text that went with it */
export type Answers = Map<string, { count: number; text: string }>

/** Reads and sends commands, one call after the other. */
export function asking(app: Application, identifier: string) {
  const answers: Answers = new Map()
  let slowest = 0
  let stopped = false
  const path = `/devices/${identifier}`
  const note = (kind: string, text: string) => answers.set(kind, { count: (answers.get(kind)?.count ?? 0) + 1, text })
  const one = async (call: Promise<{ status: number; code: number; message: string }>) => {
    const since = performance.now()
    await call.then(
      ({ status, code, message }) => note(`${status} ${code}`, message),
      (e: Error) => note('none', e.message),
    )
    slowest = Math.max(slowest, performance.now() - since)
    await sleep(PAUSE_MS)
  }
  const caller = async (call: () => ReturnType<Application['get']>) => {
    while (!stopped) await one(call())
  }
  const callers = [caller(() => app.get(`${path}/status/latest`)), caller(() => app.post(`${path}/commands`, { switch: [1, 2] }))]
  return {
    async stop() {
      stopped = true
      await Promise.all(callers)
      return { answers, slowest }
    },
  }
}

/** How long each device that lost its connection had to wait until the cloud confirmed its next message. → stop, ms of each time */
export function timesAway(publishers: readonly Publisher[]): () => number[] {
  const away = new Map<Publisher, { since: number; confirmed: number }>()
  const found: number[] = []
  const timer = setInterval(() => {
    const now = performance.now()
    for (const p of publishers) {
      const gone = away.get(p)
      if (gone && p.confirmed.length > gone.confirmed) {
        found.push(now - gone.since)
        away.delete(p)
      } else if (!gone && p.device.link.ended !== undefined) away.set(p, { since: now, confirmed: p.confirmed.length })
    }
  }, 10)
  return () => {
    clearInterval(timer)
    return found
  }
}
