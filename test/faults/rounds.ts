/**
 * Faults of a cluster under load: two processes of each part, devices that report at QoS 1 and 2, an application that reads, a receiver of
 * webhooks. In each round a process is killed, frozen or restarted, or a server is killed; then it is measured when all is well again.
 */
import { check, type Findings } from '../crash/check.ts'
import {
  type Answers,
  allWell,
  asking,
  keepComing,
  publishers as makePublishers,
  RECOVERY_MS,
  timesAway,
  webhooksDone,
} from '../crash/load.ts'
import type { Publisher } from '../crash/publisher.ts'
import { makeRandom, type Random } from '../fuzz/random.ts'
import { type EngineName, type OwnEngine, ownEngine } from '../support/engines.ts'
import { partsOf } from '../world/processes.ts'
import { enginesOf } from '../world/running.ts'
import { type Application, makeWorld, sleep, until, type World } from '../world.ts'

export type Fault = 'kill' | 'freeze' | 'restart' | 'engine'

export interface FaultOptions {
  /** how many rounds of each */
  rounds: Readonly<Partial<Record<Fault, number>>>
  /** before them every process is restarted, one after the other */
  rolling?: boolean
  devices: number
  seed: number
  onRound?: (what: string, ms: number) => void
}

export interface FaultResult extends Findings {
  /** what was done, and ms until every device's next message was confirmed and read: since the fault, or since the server was back */
  recovered: { fault: Fault; what: string; ms: number }[]
  rolling?: Rolling
}

export interface Rolling {
  answers: Answers
  /** ms that each device waited that lost its connection */
  away: number[]
}

const LOAD_MS = [200, 800] as const
const FROZEN_MS = [1000, 9000] as const
const AWAY_MS = [200, 3000] as const

export async function faultRounds(o: FaultOptions): Promise<FaultResult> {
  const random = makeRandom(o.seed)
  const engines = new Map<EngineName, OwnEngine>()
  try {
    if (o.rounds.engine) for (const name of enginesOf.processes!) engines.set(name, await ownEngine(name))
    const servers = Object.fromEntries([...engines].map(([name, { url }]) => [name, url]))
    const world = await makeWorld({ shape: 'processes', servers, env: { PANDO_MQTT_CONNECT_TIMEOUT: '3s' } })
    try {
      return await run(o, world, engines, random)
    } finally {
      await world.close()
    }
  } finally {
    for (const e of engines.values()) await e.stop()
  }
}

async function run(
  o: FaultOptions,
  world: World,
  engines: ReadonlyMap<EngineName, OwnEngine>,
  random: Random,
): Promise<FaultResult> {
  const app = await world.application({ tags: ['event'] })
  const publishers = await makePublishers(world, o.devices, random, 20)
  await Promise.all(publishers.map((p) => p.start()))
  const stop = keepComing(publishers)
  const rolling = o.rolling && (await restartAll(world, app, publishers))
  const recovered: FaultResult['recovered'] = []
  for (const fault of shuffled(o.rounds, random)) {
    await sleep(between(random, ...LOAD_MS))
    const { what, since, after } = await doing[fault](world, engines, random)
    await allWell(app, publishers, what)
    recovered.push({ fault, what, ms: performance.now() - since })
    o.onRound?.(`${fault} ${what}`, recovered.at(-1)!.ms)
    await after()
  }
  await Promise.all(publishers.map((p) => until('every message', () => p.settled(), RECOVERY_MS)))
  stop()
  await webhooksDone(world, publishers)
  await world.stop()
  return { ...(await check(world.place, publishers, world.hooks.confirmed, 'many')), recovered, ...(rolling && { rolling }) }
}

/** As an operator upgrades a cluster. */
async function restartAll(world: World, app: Application, publishers: readonly Publisher[]): Promise<Rolling> {
  const away = timesAway(publishers)
  const calls = asking(app, publishers[0]!.device.identifier)
  for (const part of partsOf(world)) {
    await part.stop()
    await part.start()
    await allWell(app, publishers, `the restart of ${part.name}`)
  }
  const { answers } = await calls.stop()
  return { answers, away: away() }
}

interface Done {
  what: string
  /** when it could begin to be well again */
  since: number
  /** puts back what is missing */
  after(): Promise<void>
}
type Do = (world: World, engines: ReadonlyMap<EngineName, OwnEngine>, random: Random) => Promise<Done>

const nothing = async () => {}

const doing: Record<Fault, Do> = {
  async kill(world, _, random) {
    const part = pick(partsOf(world), random)
    const since = performance.now()
    await part.kill()
    return { what: part.name, since, after: () => part.start() }
  },
  async freeze(world, _, random) {
    const part = pick(partsOf(world), random)
    const ms = between(random, ...FROZEN_MS)
    part.signal('SIGSTOP')
    await sleep(ms)
    part.signal('SIGCONT')
    return { what: `${part.name} ${ms} ms`, since: performance.now(), after: nothing }
  },
  async restart(world, _, random) {
    const part = pick(partsOf(world), random)
    const since = performance.now()
    await part.stop()
    await part.start()
    return { what: part.name, since, after: nothing }
  },
  async engine(_, engines, random) {
    const [name, engine] = pick([...engines], random)
    await engine.kill()
    await sleep(between(random, ...AWAY_MS))
    await engine.start()
    return { what: name, since: performance.now(), after: nothing }
  },
}

const pick = <T>(all: readonly T[], random: Random): T => all[random.below(all.length)]!
const between = (random: Random, from: number, to: number): number => from + random.below(to - from + 1)

function shuffled(rounds: FaultOptions['rounds'], random: Random): Fault[] {
  const all = Object.entries(rounds).flatMap(([fault, n]) => Array.from({ length: n }, () => fault as Fault))
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}
