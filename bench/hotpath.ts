/**
 * What a message and a connection cost the server, beside the least that a Node server can do (bench/load/floor.ts), in alternating
 * runs: CPU of all threads of the process, so that a busy machine blurs both alike. The cloud keeps, decodes and folds what it takes.
 * node bench/hotpath.ts [--seconds 10] [--rounds 3] [--devices 1000] [--only q1,q16,q0,connect,tls]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { anywhere, makeDevices } from './load/devices.ts'
import { median, type Program, program, usage } from './load/run.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    devices: { type: 'string', default: '1000' },
    only: { type: 'string', default: 'q1,q16,q0,connect,tls' },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
const devices = Number(values.devices)
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
const node = process.execPath
const [cert, key] = ['cert.pem', 'key.pem'].map((f) => join(dir, f)) as [string, string]
const credentials = join(dir, 'credentials.json')

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address() as { port: number }
      s.close(() => done(port))
    })
  })

const SETTLED_MS = 4000

interface Server {
  name: 'floor' | 'pando'
  start(tls: boolean): Promise<{ program: Program; port: number }>
}

const servers: Server[] = [
  {
    name: 'floor',
    async start(tls) {
      const port = await freePort()
      const p = program(0, [node, 'bench/load/floor.ts', String(port), ...(tls ? [cert, key] : [])])
      await p.line()
      return { program: p, port }
    },
  },
  {
    name: 'pando',
    async start(tls) {
      const p = program(0, ['bin/pando', 'serve'], {
        ...anywhere(join(dir, 'data')),
        ...(tls && { PANDO_TLS_CERT: cert, PANDO_TLS_KEY: key }),
      })
      const { listen } = (await p.line()) as { listen: { mqttaccess: string } }
      return { program: p, port: Number(new URL(listen.mqttaccess).port) }
    },
  },
]

interface Load {
  count: number
  qos: 0 | 1
  window: number
  tls?: boolean
}
interface Cost {
  us: number
  perSecond: number
  connectUs: number
  bytes: number
}

/** One server under one load: µs of CPU a message and a connect, bytes of memory a connection. */
async function run(server: Server, load: Load): Promise<Cost> {
  const { program: p, port } = await server.start(load.tls ?? false)
  // what a start has used up is given back a second later (src/cli/trim.ts)
  await new Promise((done) => setTimeout(done, SETTLED_MS))
  const idle = usage(p.pid)
  const generator = program(1, [node, 'bench/load/generate.ts', JSON.stringify({ ...load, port, credentials })])
  try {
    const up = await generator.line()
    if (up['failed']) throw new Error(`${server.name}: ${String(up['failed'])}`)
    const connected = usage(p.pid)
    await new Promise((done) => setTimeout(done, 1500))
    const bytes = (usage(p.pid).rss - idle.rss) / load.count
    const connectUs = ((connected.cpu - idle.cpu) * 1e6) / load.count
    if (load.window === 0) return { us: 0, perSecond: 0, connectUs, bytes }
    generator.say('measure 0')
    await generator.line()
    const before = usage(p.pid)
    generator.say(`measure ${seconds * 1000}`)
    const { messages } = (await generator.line()) as { messages: number }
    return { us: ((usage(p.pid).cpu - before.cpu) * 1e6) / messages, perSecond: messages / seconds, connectUs, bytes }
  } finally {
    await generator.stop()
    await p.stop()
  }
}

async function compare(title: string, load: Load, figure: (c: Cost) => number, unit: string): Promise<void> {
  const figures: Record<Server['name'], number[]> = { floor: [], pando: [] }
  for (let i = 0; i < rounds; i++) for (const s of servers) figures[s.name].push(figure(await run(s, load)))
  const ratios = figures.pando.map((v, i) => v / figures.floor[i]!)
  const show = (n: number) => n.toFixed(n < 10 ? 2 : 0).padStart(7)
  console.log(
    `${title.padEnd(44)} floor ${show(median(figures.floor))} pando ${show(median(figures.pando))} ${unit}  ratio ${median(ratios).toFixed(2)}`,
  )
}

const only = values.only.split(',')
try {
  spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-keyout',
    key,
    '-out',
    cert,
  ])
  writeFileSync(credentials, JSON.stringify(await makeDevices({ PANDO_DATA_DIR: join(dir, 'data') }, Math.max(devices, 5000))))
  const us = (c: Cost) => c.us
  if (only.includes('q1'))
    await compare(`QoS 1, one in flight, ${devices} devices`, { count: devices, qos: 1, window: 1 }, us, 'µs/message')
  if (only.includes('q16'))
    await compare(`QoS 1, 16 in flight, ${devices} devices`, { count: devices, qos: 1, window: 16 }, us, 'µs/message')
  if (only.includes('q0'))
    await compare(`QoS 0 stream, ${devices} devices`, { count: devices, qos: 0, window: 100 }, us, 'µs/message')
  for (const tls of [false, true]) {
    if (!only.includes(tls ? 'tls' : 'connect')) continue
    const load: Load = { count: tls ? 2000 : 5000, qos: 1, window: 0, tls }
    await compare(`connect with token${tls ? ' over TLS' : ''}`, load, (c) => c.connectUs, 'µs/connect')
    await compare(`memory${tls ? ' over TLS' : ''}`, load, (c) => c.bytes / 1024, 'KiB/connection')
  }
} finally {
  rmSync(dir, { recursive: true })
}
