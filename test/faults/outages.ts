/**
 * A server is stopped, hangs or is cut off for a while, under load: devices report at QoS 1 and 2, an application reads and sends commands. What is
 * confirmed meanwhile, how calls are answered, how much memory the cloud takes, and how it goes on afterwards.
 */
import { check, type Findings } from '../crash/check.ts'
import {
  type Answers,
  allWell,
  asking,
  keepComing,
  publishers as makePublishers,
  RECOVERY_MS,
  webhooksDone,
} from '../crash/load.ts'
import type { Publisher } from '../crash/publisher.ts'
import { makeRandom } from '../fuzz/random.ts'
import { type EngineName, type OwnEngine, ownEngine } from '../support/engines.ts'
import { type Gate, gate } from '../support/gate.ts'
import { memoryOf } from '../world/fds.ts'
import { enginesOf } from '../world/running.ts'
import { withParams, worldServers } from '../world/servers.ts'
import { type Application, makeWorld, sleep, until, type World } from '../world.ts'

export const outages = ['stopped', 'frozen', 'cut off'] as const
export type Outage = (typeof outages)[number]
export const outageEngines = [...enginesOf.cluster!, 'postgres', 'elasticsearch'] as const satisfies readonly EngineName[]

export interface OutageOptions {
  /** which servers are taken away, one after the other */
  engines: readonly EngineName[]
  /** how long each lasts, in ms; 0: not at all */
  lasts: Readonly<Record<Outage, number>>
  devices: number
  seed: number
  onSeen?: (seen: Seen) => void
}

export interface Seen {
  engine: EngineName
  outage: Outage
  /** messages that were sent and confirmed while it lasted */
  confirmed: number
  answers: Answers
  /** ms of the slowest answer */
  slowest: number
  /** octets of memory above those before */
  grown: number
  /** ms until the next message of every device was confirmed and read */
  recovered: number
}

export interface Outages extends Findings {
  seen: Seen[]
}

const WARM_MS = 2000
const MOST_SAID = 10_000
const LOOK_MS = 100

/** A server of one's own, behind a door. */
interface Taken {
  engine: EngineName
  own: OwnEngine
  door: Gate
}

/** Without it nothing can be confirmed; without the others devices that are connected go on. */
const holdsMessages: EngineName = 'mongodb'

export async function outagesOf(o: OutageOptions): Promise<Outages> {
  const taken: Taken[] = []
  try {
    for (const engine of o.engines) taken.push(await take(engine))
    // readers of NSQ ask nsqlookupd, which would lead them round the door
    const through = ({ engine, own, door }: Taken) => [engine, door.through(own.url).replace(/\?lookupd=.*/, '')]
    const urls: Record<string, string> = Object.fromEntries(taken.map(through))
    const servers = await worldServers('cluster', urls)
    try {
      return await inWorld(o, taken, { ...servers.env, ...settingsOf(urls, servers.env) })
    } finally {
      await servers.drop()
    }
  } finally {
    for (const { own, door } of taken) {
      await door.close()
      await own.stop()
    }
  }
}

async function take(engine: EngineName): Promise<Taken> {
  const own = await ownEngine(engine)
  return { engine, own, door: await gate(own.url) }
}

function settingsOf({ mongodb, elasticsearch }: Record<string, string>, env: Record<string, string>): Record<string, string> {
  // the replica set would lead its clients round the door
  const direct = (url: string) => withParams(url, 'directConnection=true')
  return {
    ...(elasticsearch && {
      PANDO_LOG_URL: `${elasticsearch.replace(/^http/, 'elasticsearch')}/logs-pando-test`,
      PANDO_LOG_LEVEL: 'debug',
    }),
    ...(mongodb && {
      PANDO_DEVICELOG_URL: direct(env['PANDO_DEVICELOG_URL']!),
      PANDO_HISTORY_URL: direct(env['PANDO_HISTORY_URL']!),
    }),
  }
}

async function inWorld(o: OutageOptions, taken: readonly Taken[], env: Record<string, string>): Promise<Outages> {
  const world = await makeWorld({ shape: 'process', env })
  try {
    return await run(o, world, taken)
  } catch (e) {
    throw new Error(`what the cloud said last:\n${world.running.logged().slice(-MOST_SAID)}`, { cause: e })
  } finally {
    for (const { door } of taken) door.open()
    await world.close()
  }
}

async function run(o: OutageOptions, world: World, taken: readonly Taken[]): Promise<Outages> {
  const app = await world.application({ tags: ['event'] })
  const publishers = await makePublishers(world, o.devices, makeRandom(o.seed), 20)
  await Promise.all(publishers.map((p) => p.start()))
  const stop = keepComing(publishers)
  await sleep(WARM_MS)
  const seen: Seen[] = []
  for (const each of taken)
    for (const outage of outages.filter((name) => o.lasts[name] > 0)) {
      seen.push(await one(each, outage, o.lasts[outage], world, app, publishers))
      o.onSeen?.(seen.at(-1)!)
    }
  await Promise.all(publishers.map((p) => until('every message', () => p.settled(), RECOVERY_MS)))
  stop()
  await webhooksDone(world, publishers)
  await world.stop()
  return { ...(await check(world.place, publishers, world.hooks.confirmed, 'many')), seen }
}

async function one(
  { engine, own, door }: Taken,
  outage: Outage,
  lasts: number,
  world: World,
  app: Application,
  publishers: readonly Publisher[],
): Promise<Seen> {
  const begin = { stopped: own.kill, frozen: own.pause, 'cut off': async () => door.freeze() }
  const end = { stopped: own.start, frozen: own.resume, 'cut off': async () => door.open() }
  const before = memoryOf(world.running.pid)
  await begin[outage]()
  const news = publishers.map((p) => ({ p, from: p.sent }))
  const calls = asking(app, publishers[0]!.device.identifier)
  const memory = watchMemory(world.running.pid)
  await sleep(lasts)
  const what = `${engine} was ${outage}`
  if (engine !== holdsMessages)
    await Promise.all(
      news.map(({ p, from }) =>
        until(`${p.device.identifier} goes on while ${what}`, () => p.confirmed.at(-1)! > from, RECOVERY_MS),
      ),
    )
  const confirmed = news.reduce((sum, { p, from }) => sum + p.confirmed.filter((n) => n > from).length, 0)
  await end[outage]()
  const since = performance.now()
  await allWell(app, publishers, what)
  const recovered = performance.now() - since
  const { answers, slowest } = await calls.stop()
  return { engine, outage, confirmed, answers, slowest, grown: memory.stop() - before, recovered }
}

/** → the most that the process has had since */
function watchMemory(pid: number): { stop(): number } {
  let most = 0
  const look = () => {
    most = Math.max(most, memoryOf(pid))
  }
  const timer = setInterval(look, LOOK_MS)
  return {
    stop() {
      clearInterval(timer)
      look()
      return most
    },
  }
}
