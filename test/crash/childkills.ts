/** Rounds in which an access process of a cloud on one machine is killed, or hangs, under load: its devices come back, another takes its place. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeRandom } from '../fuzz/random.ts'
import { makeWorld, sleep, until, type World } from '../world.ts'
import { check, type Findings } from './check.ts'
import { allWell, keepComing, publishers as makePublishers, RECOVERY_MS, webhooksDone } from './load.ts'

export interface ChildKills extends Findings {
  /** ms until the next message of every device was confirmed and read */
  recovered: number[]
}

const PROCESSES = 2
const LOAD_MS = 400

export async function childKills(o: { rounds: number; devices: number; seed: number }): Promise<ChildKills> {
  const random = makeRandom(o.seed)
  const env = { PANDO_ACCESS_PROCESSES: String(PROCESSES), PANDO_MQTT_CONNECT_TIMEOUT: '3s' }
  const world = await makeWorld({ shape: 'process', env })
  try {
    const app = await world.application({ tags: ['event'] })
    const publishers = await makePublishers(world, o.devices, random)
    await Promise.all(publishers.map((p) => p.start()))
    const stop = keepComing(publishers)
    const recovered: number[] = []
    for (let round = 0; round < o.rounds; round++) {
      await sleep(LOAD_MS)
      const before = accessProcesses(world)
      const victim = before[random.below(before.length)]!
      const began = performance.now()
      process.kill(victim, 'SIGKILL')
      await allWell(app, publishers, `the end of ${victim}`)
      recovered.push(performance.now() - began)
      await until('another in its place', () => {
        const now = accessProcesses(world)
        return now.length === PROCESSES && !now.includes(victim)
      })
    }
    await Promise.all(publishers.map((p) => until('every message', () => p.settled(), RECOVERY_MS)))
    stop()
    await webhooksDone(world, publishers)
    await world.stop()
    return { ...(await check(world.place, publishers, world.hooks.confirmed, 'many')), recovered }
  } finally {
    await world.close()
  }
}

/** Their process ids, by what each has left in its folder. */
export function accessProcesses(world: World): number[] {
  const folder = join(world.dataDir, 'access')
  return readdirSync(folder).flatMap((name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'rpc.json'), 'utf8')).pid as number
    } catch {
      return []
    }
  })
}
