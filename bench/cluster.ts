/**
 * What a message costs all our processes of a cluster on servers (MySQL, Redis, MongoDB, NSQ, etcd), beside one process on files in the same run; how that
 * changes with the devices that are connected; what a second access node adds. The servers are counted apart, and named as tests name them
 * (test/support/engines.ts). Where they and the generators share two processors with the nodes, a second node can't be shown by what goes through:
 * there is also what each spends on a message. node bench/cluster.ts [--seconds 10] [--rounds 3] [--devices 1000] [--connected 1000,10000]
 * [--pace 300] [--only cost,flat,nodes]. `flat` sends so many messages a second, so that no server is at its end and each run has the same to do.
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
  env: Record<string, string>
  /** file with its devices */
  credentials: string
  /** services of each process; [] = all */
  processes: readonly (readonly string[])[]
}

const logic = ['registry', 'devicemanager', 'controller', 'notifier', 'apiprovider', 'httpaccess']
const cluster = (env: Record<string, string>, nodes: number): Shape => ({
  name: `cluster, ${nodes} access node${nodes > 1 ? 's' : ''}`,
  env,
  credentials: join(dir, 'cluster.json'),
  processes: [logic, ...Array.from({ length: nodes }, () => ['mqttaccess'])],
})

interface Up {
  programs: Program[]
  ports: number[]
}

async function start({ env, processes }: Shape): Promise<Up> {
  const programs = processes.map((services, i) => {
    const dataDir = env['PANDO_DATA_DIR'] ?? join(dir, String(i))
    return program(0, ['bin/pando', 'serve', ...services], { ...common, ...env, PANDO_DATA_DIR: dataDir })
  })
  const lines = (await Promise.all(programs.map((p) => p.line()))) as { listen: Record<string, string> }[]
  const ports = lines.flatMap(({ listen }) => (listen['mqttaccess'] ? [Number(new URL(listen['mqttaccess']).port)] : []))
  return { programs, ports }
}

const cpuOf = (programs: readonly Program[]): number => programs.reduce((sum, p) => sum + usage(p.pid).cpu, 0)
/** What so many devices that have come in leave to be done is none of what a message costs: until the processes rest, 2 minutes at most. */
async function settled(programs: readonly Program[]): Promise<void> {
  for (let i = 0; i < 120; i++) {
    const before = cpuOf(programs)
    await pause(1000)
    if (cpuOf(programs) - before < 0.1) return
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
  /** others that are connected */
  idle?: number
  /** messages a second in all; absent: as many as it takes */
  pace?: number
}

/** All devices are divided among the access nodes. */
async function run(shape: Shape, { window, active, idle = 0, pace }: Load): Promise<Cost> {
  const up = await start(shape)
  const generators: Program[] = []
  const generate = async (from: number, count: number, port: number, messages: number) => {
    const slow = pace !== undefined && { pace: pace / up.ports.length }
    const options = { port, count, from, qos: 1, window: messages, credentials: shape.credentials, ...slow }
    const g = program(LAST, [node, 'bench/load/generate.ts', JSON.stringify(options)])
    generators.push(g)
    const line = await g.line()
    if (line['failed']) throw new Error(String(line['failed']))
    return g
  }
  try {
    const each = up.ports.map((port, i) => ({ port, at: i }))
    const share = (total: number) => Math.floor(total / up.ports.length)
    if (idle > 0) for (const { port, at } of each) await generate(active + at * share(idle), share(idle), port, 0)
    await settled(up.programs)
    const busy: Program[] = []
    for (const { port, at } of each) busy.push(await generate(at * share(active), share(active), port, window))
    const measure = async (ms: number) => {
      for (const g of busy) g.say(`measure ${ms}`)
      const lines = (await Promise.all(busy.map((g) => g.line()))) as { messages: number }[]
      return lines.reduce((sum, l) => sum + l.messages, 0)
    }
    await measure(pace === undefined ? 1000 : WARM_MS)
    await pause(500)
    const access = up.programs.slice(1)
    const before = [up.programs, access].map(cpuOf)
    const messages = await measure(seconds * 1000)
    const [us, accessUs] = [up.programs, access].map((p, i) => ((cpuOf(p) - before[i]!) * 1e6) / messages)
    return { us: us!, accessUs: accessUs!, perSecond: messages / seconds }
  } finally {
    for (const g of generators) await g.stop()
    for (const p of up.programs.toReversed()) await p.stop()
  }
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
  const count = Math.max(devices, ...sizes)
  const made = await makeDevices({ PANDO_DATA_DIR: join(dir, '0'), ...servers.env }, count)
  writeFileSync(join(dir, 'cluster.json'), JSON.stringify(made))
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
  if (only.includes('flat')) {
    const costs: number[] = []
    for (const size of sizes) {
      const load = { window: 1, active: Math.min(devices, size), idle: Math.max(0, size - devices), pace }
      const [cost] = await compare(`${size} connected, ${devices} report, ${pace}/s`, [cluster(servers.env, 3)], (s) =>
        run(s, load),
      )
      costs.push(cost!.us)
    }
    console.log(`${' '.repeat(37)}most over least ${(Math.max(...costs) / Math.min(...costs)).toFixed(2)} (wanted ≤ 1.15)`)
  }
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
