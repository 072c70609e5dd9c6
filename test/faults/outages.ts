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
import { makeRandom } from '../fuzz/random.ts'
import { type EngineName, type OwnEngine, ownEngine } from '../support/engines.ts'
import { type Gate, gate } from '../support/gate.ts'
import { memoryOf } from '../world/fds.ts'
import { enginesOf, worldServers } from '../world/servers.ts'
import { makeWorld, sleep, until, type World } from '../world.ts'

export const outages = ['stopped', 'frozen', 'cut off'] as const
export type Outage = (typeof outages)[number]
export const outageEngines = [...enginesOf.cluster!, 'elasticsearch'] as const satisfies readonly EngineName[]

export interface OutageOptions {
  engine: EngineName
  /** how long each lasts, in ms */
  lasts: Readonly<Record<Outage, number>>
  devices: number
  seed: number
}

export interface Seen {
  outage: Outage
  /** messages that were confirmed in it, but for its first second */
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
const SETTLES_MS = 1000
const LOOK_MS = 100

export async function outagesOf(o: OutageOptions): Promise<Outages> {
  const own = await ownEngine(o.engine)
  const door = await gate(own.url)
  // readers of NSQ ask nsqlookupd, which would lead them round the door
  const urls = { [o.engine]: door.through(own.url).replace(/\?lookupd=.*/, '') }
  const servers = await worldServers('cluster', urls)
  try {
    const world = await makeWorld({ shape: 'process', env: { ...servers.env, ...settingsOf(o.engine, urls, servers.env) } })
    try {
      return await run(o, world, own, door)
    } finally {
      door.open()
      await world.close()
    }
  } finally {
    await servers.drop()
    await door.close()
    await own.stop()
  }
}

function settingsOf(engine: EngineName, urls: Record<string, string>, env: Record<string, string>): Record<string, string> {
  const direct = (url: string) => `${url}?directConnection=true`
  if (engine === 'elasticsearch')
    return { PANDO_LOG_URL: `${urls[engine]!.replace(/^http/, 'elasticsearch')}/logs-pando-test`, PANDO_LOG_LEVEL: 'debug' }
  if (engine !== 'mongodb') return {}
  return { PANDO_DEVICELOG_URL: direct(env['PANDO_DEVICELOG_URL']!), PANDO_HISTORY_URL: direct(env['PANDO_HISTORY_URL']!) }
}

async function run(o: OutageOptions, world: World, own: OwnEngine, door: Gate): Promise<Outages> {
  const app = await world.application({ tags: ['event'] })
  const publishers = await makePublishers(world, o.devices, makeRandom(o.seed), 20)
  await Promise.all(publishers.map((p) => p.start()))
  const stop = keepComing(publishers)
  await sleep(WARM_MS)
  const begin = { stopped: own.kill, frozen: own.pause, 'cut off': async () => door.freeze() }
  const end = { stopped: own.start, frozen: own.resume, 'cut off': async () => door.open() }
  const count = () => publishers.reduce((sum, p) => sum + p.confirmed.length, 0)
  const seen: Seen[] = []
  for (const outage of outages) {
    const before = memoryOf(world.running.pid)
    await begin[outage]()
    const calls = asking(app, publishers[0]!.device.identifier)
    const memory = watchMemory(world.running.pid)
    await sleep(SETTLES_MS)
    const first = count()
    await sleep(Math.max(0, o.lasts[outage] - SETTLES_MS))
    const confirmed = count() - first
    await end[outage]()
    const since = performance.now()
    await allWell(app, publishers, `${o.engine} was ${outage}`)
    const recovered = performance.now() - since
    const { answers, slowest } = await calls.stop()
    seen.push({ outage, confirmed, answers, slowest, grown: memory.stop() - before, recovered })
  }
  await Promise.all(publishers.map((p) => until('every message', () => p.settled(), RECOVERY_MS)))
  stop()
  await webhooksDone(world, publishers)
  await world.stop()
  return { ...(await check(world.place, publishers, world.hooks.confirmed, 'many')), seen }
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
