/**
 * What a message costs all our processes of a cluster on servers (MySQL, Redis, MongoDB, NSQ, etcd), beside one process on files in the same run; how that
 * changes with the devices that are connected; what a second access node adds. The servers are counted apart, and named as tests name them
 * (test/support/engines.ts). Where they and the generators share two processors with the nodes, a second node can't be shown by what goes through:
 * there is also what each spends on a message. node bench/cluster.ts [--seconds 10] [--rounds 3] [--devices 1000] [--connected 1000,10000]
 * [--pace 300] [--only cost,flat,nodes]. `flat` has a cluster for each number of `--connected`, all up at once and measured in turn; each sends so many
 * messages a second (0: as many as it takes), so that no server is at its end; what the processes spend with as many connected and no messages is said apart.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { worldServers } from '../test/world/servers.ts'
import { makeDevices } from './load/devices.ts'
import { median, type Program, program, usage } from './load/run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    devices: { type: 'string', default: '1000' },
    connected: { type: 'string', default: '1000,10000' },
    pace: { type: 'string', default: '300' },
    only: { type: 'string', default: 'cost,flat,nodes' },
  },
})
const [seconds, rounds, devices] = [Number(values.seconds), Number(values.rounds), Number(values.devices)]
const pace = Number(values.pace)
/** Messages a second that a server of each kind takes with ease on two processors. */
const NODES_PACE = 4000
/** At a slow pace code stays cold for long, unless many devices have come in before. */
const WARM_MS = 15_000
const SETTLE_MS = 3000
/** s of CPU a second of a process that has nothing left to do, at most */
const REST = 0.02
/** Of a pace that a server did not keep up with nothing is measured: such rounds are made again, so many times as many as were asked for at most. */
const KEPT = 0.95
const AGAIN = 3
/** So many times the pace makes it hot, and leaves no server work for minutes. */
const HOT = 5
const sizes = values.connected.split(',').map(Number)
const only = values.only.split(',')
const node = process.execPath
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
const any = '127.0.0.1:0'
const LAST = availableParallelism() - 1
const listens = ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((name) => [`PANDO_${name}_LISTEN`, any])
const common = { ...Object.fromEntries(listens), PANDO_LOG_LEVEL: 'warn' } as Record<string, string>

interface Shape {
  name: string
  place?: string
  env: Record<string, string>
  /** file with its devices */
  credentials: string
  /** services of each process; [] = all */
  processes: readonly (readonly string[])[]
}

const logic = ['registry', 'devicemanager', 'controller', 'notifier', 'apiprovider', 'httpaccess']
/** `place`: of its files, where several are up. */
const cluster = (env: Record<string, string>, nodes: number, place = ''): Shape => ({
  name: `cluster, ${nodes} access node${nodes > 1 ? 's' : ''}`,
  place,
  env,
  credentials: join(dir, 'cluster.json'),
  processes: [logic, ...Array.from({ length: nodes }, () => ['mqttaccess'])],
})

interface Up {
  programs: Program[]
  ports: number[]
}

async function start({ env, place = '', processes }: Shape): Promise<Up> {
  const programs = processes.map((services, i) => {
    const dataDir = env['PANDO_DATA_DIR'] ?? join(dir, place, String(i))
    return program(0, ['bin/pando', 'serve', ...services], { ...common, ...env, PANDO_DATA_DIR: dataDir })
  })
  const lines = (await Promise.all(programs.map((p) => p.line()))) as { listen: Record<string, string> }[]
  const ports = lines.flatMap(({ listen }) => (listen['mqttaccess'] ? [Number(new URL(listen['mqttaccess']).port)] : []))
  return { programs, ports }
}

const cpuOf = (programs: readonly Program[]): number => programs.reduce((sum, p) => sum + usage(p.pid).cpu, 0)
/** What so many devices that have come in leave to be done is none of what a message costs: until the processes rest, 10 minutes at most. */
async function settled(programs: readonly Program[]): Promise<void> {
  for (let i = 0; i < 120; i++) {
    const before = cpuOf(programs)
    await pause(5000)
    if ((cpuOf(programs) - before) / 5 < REST * programs.length) return
  }
}
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

interface Cost {
  us: number
  /** of that the access nodes' */
  accessUs: number
  perSecond: number
}

interface Load {
  /** messages in flight of a device */
  window: number
  /** devices that report */
  active: number
  /** messages a second in all; absent: as many as it takes */
  pace?: number
}

type Generators = readonly Program[]

/** Devices at the access nodes of a cluster that is up, divided among them; all that are connected are stopped by `stop`. */
function devicesAt({ ports }: Up, { credentials }: Shape) {
  const running = new Set<Program>()
  async function connectAt(port: number, from: number, count: number, window: number, pace?: number): Promise<Program> {
    const slow = pace !== undefined && { pace: pace / ports.length }
    const g = program(LAST, [
      node,
      'bench/load/generate.ts',
      JSON.stringify({ port, count, from, qos: 1, window, credentials, ...slow }),
    ])
    running.add(g)
    const line = await g.line()
    if (line['failed']) throw new Error(String(line['failed']))
    return g
  }
  return {
    /** Those of the file from `from` on; `window` messages of each are in flight, none if it is 0. */
    async connect(from: number, count: number, window: number, pace?: number): Promise<Generators> {
      const share = Math.floor(count / ports.length)
      const made: Program[] = []
      if (share === 0) return made
      for (const [at, port] of ports.entries()) made.push(await connectAt(port, from + at * share, share, window, pace))
      return made
    },
    async stop(): Promise<void> {
      for (const g of running) await g.stop()
    },
  }
}

/** `atPace`: of all together, other than what they were told first. → messages that were confirmed */
async function send(busy: Generators, ms: number, atPace?: number): Promise<number> {
  for (const g of busy) g.say(`measure ${ms}${atPace ? ` ${atPace / busy.length}` : ''}`)
  const lines = (await Promise.all(busy.map((g) => g.line()))) as { messages: number }[]
  return lines.reduce((sum, l) => sum + l.messages, 0)
}

/** No message comes any more, until they send again. */
async function rest(busy: Generators): Promise<void> {
  for (const g of busy) g.say('rest')
  await pause(SETTLE_MS)
}

/** What the processes spend anyway, s of CPU a second: for connections that are held, leases, and what is left to be done. */
async function resting({ programs }: Up): Promise<number> {
  const before = cpuOf(programs)
  await pause(seconds * 1000)
  return (cpuOf(programs) - before) / seconds
}

async function measured({ programs }: Up, busy: Generators, warmMs: number): Promise<Cost> {
  await send(busy, warmMs)
  await pause(500)
  const access = programs.slice(1)
  const before = [programs, access].map(cpuOf)
  const messages = await send(busy, seconds * 1000)
  const [us, accessUs] = [programs, access].map((p, i) => ((cpuOf(p) - before[i]!) * 1e6) / messages)
  return { us: us!, accessUs: accessUs!, perSecond: messages / seconds }
}

/** A cluster for one measurement. */
async function run(shape: Shape, { window, active, pace }: Load): Promise<Cost> {
  const up = await start(shape)
  const at = devicesAt(up, shape)
  try {
    await settled(up.programs)
    return await measured(up, await at.connect(0, active, window, pace), pace === undefined ? 1000 : WARM_MS)
  } finally {
    await at.stop()
    await down(up)
  }
}

async function down({ programs }: Up): Promise<void> {
  for (const p of programs.toReversed()) await p.stop()
}

/** Clusters of as many access nodes with ever more devices, all up and measured in turn: servers and machine are as fast or slow for each of them. */
async function flat(nodes: number, from: readonly number[]): Promise<void> {
  const all: Peer[] = []
  const active = Math.min(devices, ...from)
  try {
    for (const size of from.toSorted((x, y) => x - y)) all.push(await peer(nodes, size, active))
    await settled(all.flatMap((p) => p.up.programs))
    const made: Above[][] = []
    const kept = () => made.filter((round) => round.every((c) => c.perSecond >= pace * KEPT))
    while (kept().length < rounds && made.length < rounds * AGAIN) {
      const round: Above[] = []
      for (const p of all) round.push(await above(p))
      made.push(round)
    }
    const counted = kept()
    if (counted.length === 0) throw new Error(`in none of ${made.length} rounds the pace was kept`)
    console.log(`${counted.length} of ${made.length} rounds, in which the pace was kept`)
    for (const [i, { size, shape }] of all.entries()) {
      const costs = counted.map((round) => round[i]!)
      const middle = (figure: (c: Above) => number) => show(median(costs.map(figure)))
      const what = `${size} connected, ${active} report`.padEnd(36)
      const least = show(Math.min(...costs.map((c) => c.us)))
      console.log(
        `${what} ${shape.name.padEnd(26)} ${middle((c) => c.us)} µs/message (least ${least}), ${middle((c) => c.perSecond)}/s, and ${middle((c) => c.rest * 1000)} ms/s at rest`,
      )
    }
    // what went on beside a round fell on all sizes of that round
    const times = all.map((_, i) => median(counted.map((round) => round[i]!.us / round[0]!.us)))
    const spread = (Math.max(...times) / Math.min(...times)).toFixed(2)
    console.log(
      `${' '.repeat(37)}in turn ${times.map(show).join(', ')} × the fewest, most over least ${spread} (wanted: 0.85 to 1.15)`,
    )
  } finally {
    for (const p of all) await p.stop()
  }
}

interface Above extends Cost {
  /** s of CPU a second without messages */
  rest: number
}

/** One of several clusters that are up together. */
interface Peer {
  size: number
  shape: Shape
  up: Up
  busy: Generators
  stop(): Promise<void>
}

async function peer(nodes: number, size: number, active: number): Promise<Peer> {
  const own = await worldServers('cluster')
  const name = `flat-${size}`
  const shape = { ...cluster(own.env, nodes, name), credentials: join(dir, `${name}.json`) }
  writeFileSync(shape.credentials, JSON.stringify(await makeDevices({ PANDO_DATA_DIR: join(dir, name), ...own.env }, size)))
  const up = await start(shape)
  const at = devicesAt(up, shape)
  async function stop(): Promise<void> {
    await at.stop()
    await down(up)
    await own.drop()
  }
  try {
    const busy = await at.connect(0, active, 1, pace > 0 ? pace : undefined)
    await at.connect(active, size - active, 0)
    await send(busy, WARM_MS, pace > 0 ? HOT * pace : undefined)
    await rest(busy)
    return { size, shape, up, busy, stop }
  } catch (e) {
    await stop()
    throw e
  }
}

/** What messages cost above what the processes spend without any. */
async function above({ up, busy }: Peer): Promise<Above> {
  const idle = await resting(up)
  const cost = await measured(up, busy, SETTLE_MS)
  await rest(busy)
  return { ...cost, us: cost.us - (idle * 1e6) / cost.perSecond, rest: idle }
}

const show = (n: number): string => n.toFixed(n < 100 ? 2 : 0)

/** Alternating runs of several shapes under one load → the medians, by shape. */
async function compare(title: string, shapes: readonly Shape[], load: (s: Shape) => Promise<Cost>): Promise<Cost[]> {
  const all = shapes.map(() => [] as Cost[])
  for (let i = 0; i < rounds; i++) for (const [at, s] of shapes.entries()) all[at]!.push(await load(s))
  const middle = (of: Cost[], figure: keyof Cost) => median(of.map((c) => c[figure]))
  const medians = all.map((of) => ({
    us: middle(of, 'us'),
    accessUs: middle(of, 'accessUs'),
    perSecond: middle(of, 'perSecond'),
  }))
  for (const [at, s] of shapes.entries())
    console.log(`${title.padEnd(36)} ${s.name.padEnd(26)} ${show(medians[at]!.us)} µs/message, ${show(medians[at]!.perSecond)}/s`)
  return medians
}

const servers = await worldServers('cluster')
try {
  if (only.some((what) => what !== 'flat')) {
    const made = await makeDevices({ PANDO_DATA_DIR: join(dir, '0'), ...servers.env }, devices)
    writeFileSync(join(dir, 'cluster.json'), JSON.stringify(made))
  }
  if (only.includes('cost')) {
    const env = { PANDO_DATA_DIR: join(dir, 'files') }
    const one: Shape = { name: 'one process, files', env, credentials: join(dir, 'files.json'), processes: [[]] }
    writeFileSync(one.credentials, JSON.stringify(await makeDevices(env, devices)))
    for (const window of [1, 16]) {
      const title = `QoS 1, ${window} in flight, ${devices} devices`
      const [alone, many] = await compare(title, [one, cluster(servers.env, 1)], (s) => run(s, { window, active: devices }))
      console.log(`${' '.repeat(37)}ratio ${(many!.us / alone!.us).toFixed(2)} (wanted ≤ 3)`)
    }
  }
  if (only.includes('flat')) await flat(3, sizes)
  if (only.includes('nodes')) {
    const [one, two] = await compare('QoS 1, 16 in flight', [cluster(servers.env, 1), cluster(servers.env, 2)], (s) =>
      run(s, { window: 16, active: devices }),
    )
    console.log(`${' '.repeat(37)}${(two!.perSecond / one!.perSecond).toFixed(2)} × with a second node (wanted ≥ 1.7)`)
    // where the servers or the generators have no processor to spare that tells nothing; then what an access node itself spends on a message does
    const [alone, both] = await compare(
      `16 in flight, ${NODES_PACE}/s`,
      [cluster(servers.env, 1), cluster(servers.env, 2)],
      (s) => run(s, { window: 16, active: devices, pace: NODES_PACE }),
    )
    const more = (2 * alone!.accessUs) / both!.accessUs
    console.log(
      `${' '.repeat(37)}access nodes: ${show(alone!.accessUs)} and ${show(both!.accessUs)} µs/message, so two with a processor each take ${more.toFixed(2)} × (wanted ≥ 1.7)`,
    )
  }
} catch (e) {
  // before the servers drop what there is, which may take minutes
  console.error(e)
  process.exitCode = 1
} finally {
  await servers.drop()
  rmSync(dir, { recursive: true })
}
