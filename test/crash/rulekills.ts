/**
 * kill -9 while rules run: at timers' ticks and between them, while events come (figure L3). Each tick and each event runs its rule once,
 * is told once, and is one command. `node test/crash/rulekills.ts [rounds] [seed]`; time runs twenty times as fast as the clock.
 */
import { join } from 'node:path'
import { makeRandom } from '../fuzz/random.ts'
import { type Device, makeWorld, sleep, until, type World } from '../world.ts'
import { fastClock } from './fastcloud.ts'
import { isEvent, Publisher } from './publisher.ts'

export interface RuleFindings {
  /** ticks and events of which no run is told */
  lost: string[]
  /** told as two runs */
  twice: string[]
  /** runs that are not one command */
  commands: string[]
  /** the audit log is not whole */
  audit: string[]
  ticks: number
  /** ticks that passed while there was no cloud, with another behind them */
  skipped: number
  events: number
}

const SPEED = 20
const MINUTE = 60_000
const ZONES = ['UTC', 'Asia/Kolkata', 'America/St_Johns'] as const
const SOURCES = 3
/** ms between two numbers of a device; each third is an event */
const PAUSE = 60
const A_PAGE = 500
/** A tick is begun within so long of the cloud's time: 250 ms of the clock. */
const BEGINS = 250 * SPEED

/** One rule, what it is told to have run, and whom it commands. */
class Watched {
  readonly ruleId: number
  readonly target: Device
  /** name of the run → number of its commands' ids, and the event's text */
  readonly runs = new Map<string, { ids: Set<string>; text: string }>()
  private newest = 0
  private readonly found: RuleFindings

  constructor(ruleId: number, target: Device, found: RuleFindings) {
    this.ruleId = ruleId
    this.target = target
    this.found = found
  }

  /** What has been told since it looked last; of a rule no more than 200 are kept. */
  async look(world: World): Promise<void> {
    const { items } = await world.peers.controller.runs({ ruleId: this.ruleId, limit: 200 })
    const fresh = items.filter((i) => i.n > this.newest)
    // they are listed by the time of their ticks, which may have been told of later
    for (const r of fresh.sort((a, b) => a.n - b.n)) {
      if (this.newest > 0 && r.n !== this.newest + 1)
        this.found.lost.push(`rule ${this.ruleId}: runs before ${r.n} were not looked at`)
      this.newest = r.n
      const { run, steps, why } = JSON.parse(r.trace) as {
        run: string
        why: { event: { text?: string } }
        steps: { command?: string }[]
      }
      if (r.outcome !== 'ok') this.found.commands.push(`${run}: ${r.outcome} ${r.trace}`)
      if (this.runs.has(run)) this.found.twice.push(run)
      const of = this.runs.get(run) ?? { ids: new Set<string>(), text: why.event.text ?? '' }
      this.runs.set(run, of)
      for (const { command } of steps) if (command !== undefined) of.ids.add(command)
    }
  }

  /** Each run has one command, and there is no other. */
  async commands(world: World): Promise<void> {
    const ids = new Set<string>()
    let cursor: string | undefined
    do {
      const asked = { deviceId: this.target.id, limit: A_PAGE, ...(cursor !== undefined && { cursor }) }
      const page = await world.peers.controller.commands(asked)
      for (const c of page.items) ids.add(c.id)
      cursor = page.next
    } while (cursor !== undefined)
    const said = new Set<string>()
    for (const [run, of] of this.runs) {
      if (of.ids.size !== 1) this.found.commands.push(`${run}: ${of.ids.size} commands`)
      for (const id of of.ids) {
        if (said.has(id)) this.found.commands.push(`${run}: its command is that of another run`)
        said.add(id)
        if (!ids.has(id)) this.found.commands.push(`${run}: its command is not there`)
      }
    }
    for (const id of ids) if (!said.has(id)) this.found.commands.push(`${id}: of no run that is told`)
  }
}

interface Down {
  from: number
  to: number
}

export async function ruleKills(o: {
  rounds: number
  seed: number
  onRound?: (round: number, found: RuleFindings) => void
}): Promise<RuleFindings> {
  const random = makeRandom(o.seed)
  const found: RuleFindings = { lost: [], twice: [], commands: [], audit: [], ticks: 0, skipped: 0, events: 0 }
  const since = Date.now()
  const clock = fastClock(SPEED, since)
  const program = [process.execPath, join(import.meta.dirname, 'fastcloud.ts'), String(SPEED), String(since)]
  const world = await makeWorld({ shape: 'process', program })
  const downs: Down[] = []
  try {
    const acts = (target: Device) => ({ do: 'command' as const, device: target.identifier, name: 'switch', params: [1, 2] })
    const add = async (on: object, target: Device, watched?: Device): Promise<Watched> => {
      // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
      const definition = JSON.stringify({ ...(watched && { device: watched.identifier }), on, then: [acts(target)] })
      const { id } = await world.peers.controller.saveRule({ name: 'r', enabled: true, definition, applicationId: 0 })
      return new Watched(id, target, found)
    }
    const timers: Watched[] = []
    for (const zone of ZONES) timers.push(await add({ kind: 'timer', cron: '* * * * *', zone }, await world.device()))
    const from = clock.now()
    const sources: { publisher: Publisher; rule: Watched }[] = []
    for (let i = 0; i < SOURCES; i++) {
      const device = await world.device({ dialect: 'mqtt5' })
      const rule = await add({ kind: 'event', name: 'alarm' }, await world.device(), device)
      sources.push({ publisher: new Publisher(device, 2, random, PAUSE), rule })
    }
    const all = [...timers, ...sources.map((s) => s.rule)]
    const comeIn = () => Promise.all(sources.map((s) => s.publisher.start()))
    await comeIn()
    for (let round = 1; round <= o.rounds; round++) {
      await sleep(200 + random.below(1200))
      // half of the kills hit a tick
      if (random.below(2) === 0) await sleep((MINUTE - (clock.now() % MINUTE)) / SPEED + random.below(60))
      const down = { from: clock.now(), to: 0 }
      downs.push(down)
      await world.kill()
      for (const s of sources) s.publisher.stop()
      if (random.below(5) === 0) await world.startAndKill(50 + random.below(400))
      await world.start()
      down.to = clock.now()
      await comeIn()
      await Promise.all(all.map((w) => w.look(world)))
      o.onRound?.(round, found)
    }
    await Promise.all(sources.map((s) => s.publisher.finish()))
    const to = clock.now()
    const wanted = ticksOf(from, to, downs)
    found.skipped = wanted.skipped.size
    const open = () => missing(timers, sources, wanted.sure)
    const settled = async () => {
      await Promise.all(all.map((w) => w.look(world)))
      return open().length === 0
    }
    await until('nothing is open', settled, 20_000).catch(() => {})
    found.lost.push(...open())
    for (const w of all) await w.commands(world)
    found.ticks = timers.reduce((sum, w) => sum + w.runs.size, 0)
    found.events = sources.reduce((sum, s) => sum + s.rule.runs.size, 0)
    const proof = await world.peers.registry.auditVerify({})
    if (!proof.ok) found.audit.push(JSON.stringify(proof.wrong))
    await world.stop()
    return found
  } finally {
    await world.close()
  }
}

/** Ticks that must have been run; and those that passed while there was no cloud, of which only the last is. */
function ticksOf(from: number, to: number, downs: readonly Down[]): { sure: number[]; skipped: Set<number> } {
  const sure: number[] = []
  const skipped = new Set<number>()
  for (let tick = Math.ceil(from / MINUTE) * MINUTE; tick < to; tick += MINUTE) {
    // a tick that its runner could not begin before it died was missed like those behind it
    if (downs.some((d) => tick >= d.from - BEGINS && tick + MINUTE <= d.to)) skipped.add(tick)
    else sure.push(tick)
  }
  return { sure, skipped }
}

/** What must have been run and is not told yet. */
function missing(
  timers: readonly Watched[],
  sources: readonly { publisher: Publisher; rule: Watched }[],
  ticks: number[],
): string[] {
  const open: string[] = []
  for (const w of timers)
    for (const tick of ticks) if (!w.runs.has(`rule/${w.ruleId}/${tick}`)) open.push(`rule/${w.ruleId}/${tick}`)
  for (const { publisher, rule } of sources) {
    const told = new Set([...rule.runs.values()].map((r) => r.text))
    for (const n of publisher.confirmed) if (isEvent(n) && !told.has(String(n))) open.push(`rule/${rule.ruleId}: event ${n}`)
  }
  return open
}

if (import.meta.main) {
  const [rounds, seed] = [2, 3].map((i, n) => Number(process.argv[i] ?? [30, Date.now() % 1_000_000][n])) as [number, number]
  console.log(`${rounds} rounds of kill -9, seed ${seed}`)
  const onRound = (round: number, f: RuleFindings) => console.log(`round ${round}: ${f.twice.length} twice`)
  const { ticks, skipped, events, ...wrong } = await ruleKills({ rounds, seed, onRound })
  for (const [what, list] of Object.entries(wrong)) {
    console.log(`${what}: ${list.length}`)
    for (const problem of list.slice(0, 20)) console.log(`  ${problem}`)
  }
  console.log(`${ticks} ticks and ${events} events were run; ${skipped} ticks passed while there was no cloud`)
  process.exitCode = Object.values(wrong).some((list) => list.length > 0) ? 1 : 0
}
