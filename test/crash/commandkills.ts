/**
 * kill -9 while commands are accepted, kept, sent, confirmed, cancelled and told to be executed (figure L3): states that were read never
 * go backwards, nothing accepted is lost, what was cancelled does not come. `node test/crash/commandkills.ts [rounds] [devices] [seed]`.
 */
import type { Command } from '#contracts/controller.ts'
import { rank, stateOf } from '#logic/controller/commands/life.ts'
import { decodeCommand, encodeEvent } from '#protocol/frames.ts'
import { makeRandom, type Random } from '../fuzz/random.ts'
import { type Device, makeWorld, sleep, until, type World } from '../world.ts'

export interface CommandFindings {
  /** states that went backwards, ends that changed */
  backwards: string[]
  /** accepted to be kept, and neither confirmed nor ended */
  lost: string[]
  /** confirmed by the cloud's word, and the device never got it */
  untrue: string[]
  /** came after it had been cancelled */
  cancelled: string[]
  /** first came behind a later one */
  disordered: string[]
  commands: number
  states: Record<string, number>
}

const HOUR = 3_600_000
const dialects = ['binary', 'user', 'mqtt5'] as const

interface Asked {
  n: number
  kept: boolean
  id: string
  seen: Command | undefined
  /** when the cancellation was answered */
  cancelledAt: number
}

/** A device that comes and goes, and the commands that it was given. */
class Target {
  readonly asked: Asked[] = []
  /** number of the command → when it came first */
  readonly got = new Map<number, number>()
  last = new Map<number, number>()
  readonly device: Device
  private readonly random: Random
  private n = 0
  going = true

  constructor(device: Device, random: Random) {
    this.device = device
    this.random = random
  }

  /** Connects and drops, as long as it goes. */
  async wander(): Promise<void> {
    while (this.going) {
      try {
        await this.connect()
        await sleep(20 + this.random.below(200))
        if (this.going && this.random.below(3) > 0) await this.device.drop(this.random.below(2) === 0)
      } catch {
        // the cloud is down
      }
      await sleep(5 + this.random.below(60))
    }
  }

  async connect(): Promise<void> {
    if (this.linkIsUp()) return
    const link = await this.device.open()
    link.onPacket = ({ packet }) => {
      if (packet.type !== 'publish' || packet.topic !== 'c') return false
      if (packet.qos === 0) return true
      const frame = decodeCommand(packet.payload)
      const n = Number(frame.values[0]) + 256 * Number(frame.values[1])
      const now = performance.now()
      if (!this.got.has(n)) this.got.set(n, now)
      this.last.set(n, now)
      this.device.ack(packet)
      if (this.random.below(2) === 0) this.tell(frame.timestamp, n % 5 === 0 ? -1 : 0)
      return true
    }
    link.send(this.device.hello())
    await link.next('connack')
  }

  private linkIsUp(): boolean {
    try {
      return this.device.link.ended === undefined
    } catch {
      return false
    }
  }

  private tell(timestamp: number, code: number): void {
    const values = [BigInt(timestamp), code, Buffer.from('told')]
    const event = encodeEvent({ subDevice: 0, no: 65534, priority: 0, values, types: [10, 5, 11] })
    void this.device.publish('e', event).catch(() => {})
  }

  /** One more command; a key makes a lost answer harmless. */
  async command(world: World): Promise<void> {
    const n = ++this.n
    const kept = this.random.below(4) > 0
    const idempotencyKey = `n/${n}`
    for (;;) {
      try {
        const c = await world.peers.controller.sendCommand({
          deviceId: this.device.id,
          kind: 'command',
          name: 'switch',
          params: `[${n % 256},${Math.floor(n / 256)}]`,
          ttl: kept ? HOUR : 0,
          idempotencyKey,
        })
        this.asked.push({ n, kept, id: c.id, seen: c, cancelledAt: Number.POSITIVE_INFINITY })
        return
      } catch (e) {
        if (isRefused(e)) return
        await sleep(20)
      }
    }
  }
}

/** The cloud has answered, and said no. */
const isRefused = (e: unknown): boolean =>
  ['device_offline', 'rate_limited', 'conflict', 'not_found'].includes((e as { code?: string }).code ?? '')

function checkStep(found: CommandFindings, a: Asked, now: Command): void {
  const was = a.seen
  a.seen = now
  if (!was) return
  const [before, after] = [rank(stateOf[was.state]), rank(stateOf[now.state])]
  const ended = before === rank(stateOf.executed)
  if (after < before || (ended && was.state !== now.state))
    found.backwards.push(`${a.id} (${a.n}): ${was.state} → ${now.state} ${now.why ?? ''}`)
  for (const step of ['sent', 'delivered', 'executed', 'ended'] as const) {
    if (was.at[step] !== undefined && now.at[step] !== was.at[step])
      found.backwards.push(`${a.id} (${a.n}): ${step} at another time`)
  }
}

async function look(world: World, found: CommandFindings, a: Asked): Promise<void> {
  checkStep(found, a, await world.peers.controller.commandById({ id: a.id }))
}

/** What was read of the newest commands before the kill still holds. */
async function lookBack(t: Target, world: World, found: CommandFindings): Promise<void> {
  for (const a of t.asked.slice(-40)) await look(world, found, a)
}

/** Reads states and cancels a few, until it is told to stop. */
async function watch(
  world: World,
  targets: readonly Target[],
  found: CommandFindings,
  random: Random,
  going: () => boolean,
): Promise<void> {
  while (going()) {
    const t = targets[random.below(targets.length)]!
    const a = t.asked[Math.max(0, t.asked.length - 1 - random.below(20))]
    try {
      if (a && random.below(40) === 0) {
        await world.peers.controller.cancelCommand({ id: a.id })
        a.cancelledAt = performance.now()
      }
      if (a) await look(world, found, a)
    } catch {
      // down, or it cannot be cancelled
    }
    await sleep(1)
  }
}

export async function commandKills(o: {
  rounds: number
  devices: number
  seed: number
  onRound?: (round: number, found: CommandFindings) => void
}): Promise<CommandFindings> {
  const random = makeRandom(o.seed)
  const found: CommandFindings = {
    backwards: [],
    lost: [],
    untrue: [],
    cancelled: [],
    disordered: [],
    commands: 0,
    states: {},
  }
  const world = await makeWorld({ shape: 'process' })
  try {
    const targets: Target[] = []
    for (let i = 0; i < o.devices; i++) targets.push(new Target(await world.device({ dialect: dialects[i % 3]! }), random))
    const wandering = targets.map((t) => t.wander())
    let going = true
    const commanding = targets.map(async (t) => {
      while (going) {
        await t.command(world)
        await sleep(random.below(50))
      }
    })
    const watching = watch(world, targets, found, random, () => going)
    for (let round = 1; round <= o.rounds; round++) {
      await sleep(150 + random.below(700))
      await world.kill()
      if (random.below(5) === 0) await world.startAndKill(50 + random.below(300))
      await world.start()
      await Promise.all(targets.map((t) => lookBack(t, world, found)))
      o.onRound?.(round, found)
    }
    going = false
    await Promise.all([...commanding, watching])
    for (const t of targets) t.going = false
    await Promise.all(wandering)
    await settle(world, targets, found)
    for (const t of targets) judge(t, found)
    await world.stop()
    return found
  } finally {
    await world.close()
  }
}

/** All devices come in and stay: what was kept arrives. */
async function settle(world: World, targets: readonly Target[], found: CommandFindings): Promise<void> {
  for (const t of targets)
    await until(
      'the device is in',
      () =>
        t.connect().then(
          () => true,
          () => false,
        ),
      20_000,
    )
  const open = () => targets.flatMap((t) => t.asked.filter((a) => rank(stateOf[a.seen!.state]) < stateOf.delivered))
  await until(
    'nothing is open',
    async () => {
      for (const a of open()) await look(world, found, a)
      return open().length === 0
    },
    40_000,
  ).catch(() => {})
}

function judge(t: Target, found: CommandFindings): void {
  let latest = 0
  let before = 0
  for (const a of t.asked) {
    found.commands++
    const { state } = a.seen!
    found.states[state] = (found.states[state] ?? 0) + 1
    if (rank(stateOf[state]) < stateOf.delivered) found.lost.push(`${a.id} (${a.n}) is ${state}`)
    if ((state === 'delivered' || state === 'executed') && !t.got.has(a.n)) found.untrue.push(`${a.id} (${a.n}) is ${state}`)
    if (state === 'cancelled' && (t.last.get(a.n) ?? 0) > a.cancelledAt) found.cancelled.push(`${a.id} (${a.n})`)
    const came = t.got.get(a.n)
    if (!a.kept || came === undefined) continue
    if (came < latest) found.disordered.push(`${a.id} (${a.n}) came before ${before}`)
    latest = Math.max(latest, came)
    before = a.n
  }
}

if (import.meta.main) {
  const [rounds, devices, seed] = [2, 3, 4].map((i, n) => Number(process.argv[i] ?? [30, 6, Date.now() % 1_000_000][n]))
  console.log(`${rounds} rounds of kill -9, ${devices} devices, seed ${seed}`)
  const { commands, states, ...wrong } = await commandKills({
    rounds: rounds!,
    devices: devices!,
    seed: seed!,
    onRound: (round, f) => console.log(`round ${round}: ${f.backwards.length} backwards`),
  })
  for (const [what, list] of Object.entries(wrong)) {
    console.log(`${what}: ${list.length}`)
    for (const problem of list.slice(0, 20)) console.log(`  ${problem}`)
  }
  console.log(`${commands} commands: ${JSON.stringify(states)}`)
  process.exitCode = Object.values(wrong).some((list) => list.length > 0) ? 1 : 0
}
