/**
 * Events → live streams (L2): a whole cloud, batches handed to its controller at a steady rate, listeners in a process of their own.
 *
 *   node bench/stream.ts [--rate 1000] [--seconds 10] [--listeners 1000] [--to own|all] [--stuck 0] [--warmup 3]
 *
 * `own`: each listener listens to one device; `all`: each to everything. One JSON line: told/s, lost, p50/p99 in ms from before the append to the
 * listener, cores of this process while it ran with listeners and without (log, history and generator included); with `--stuck`, so
 * many listeners more that never read, and KiB of memory that each of them costs.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { encodeEvent } from '#protocol/frames.ts'
import { startCloud } from '#src/cloud.ts'

const { values: o } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '10' },
    listeners: { type: 'string', default: '1000' },
    to: { type: 'string', default: 'own' },
    stuck: { type: 'string', default: '0' },
    warmup: { type: 'string', default: '3' },
  },
})

interface Report {
  told: number[]
  p50: number
  p99: number
  max: number
}

interface Asked {
  base: string
  key: string
  /** of each listener */
  queries: string[]
  stuck: number
}

const END = Buffer.from('\n\n')
/** Waits are taken of every n-th event of a listener, so that the reader is not what is measured. */
const SAMPLE = 7

/** The listeners: as little HTTP as is needed. */
function listen(): void {
  const told: number[] = []
  let waits: number[] = []
  const open = ({ base, key }: Asked, query: string, reads: boolean, i: number) =>
    new Promise<void>((ready) => {
      const { hostname, port } = new URL(base)
      const socket = connect(Number(port), hostname)
      const head = `GET /application/v1/stream${query} HTTP/1.1\r\nHost: x\r\nApp-Key: ${key}\r\n\r\n`
      socket.on('error', () => {})
      socket.write(head)
      socket.once('data', () => {
        if (!reads) socket.pause()
        ready()
      })
      if (reads) socket.on('data', (chunk) => count(chunk, i))
    })
  /** the last octets of each, since an end may be cut in two */
  const tails: Buffer[] = []
  const count = (piece: Buffer, i: number) => {
    const chunk = Buffer.concat([tails[i] ?? Buffer.alloc(0), piece])
    // an end that was whole is not seen again
    tails[i] = chunk.subarray(chunk.at(-2) === 0x0a ? chunk.length - 1 : chunk.length - 2)
    for (let at = chunk.indexOf(END); at >= 0; at = chunk.indexOf(END, at + 2)) {
      // only events end in a brace
      if (chunk[at - 1] !== 0x7d) continue
      told[i]!++
      if (told[i]! % SAMPLE !== 1) continue
      const body = chunk.toString('latin1', Math.max(0, at - 30), at)
      const sent = /\[(\d+)\]/.exec(body)
      if (sent) waits.push(Number(process.hrtime.bigint() - BigInt(sent[1]!)) / 1e6)
    }
  }
  process.on('message', async (said: Asked | 'measure' | 'report') => {
    if (said === 'measure') {
      waits = []
      return
    }
    if (said === 'report') {
      waits.sort((a, b) => a - b)
      const at = (q: number) => waits[Math.floor(waits.length * q)] ?? 0
      return void process.send!({ told, p50: at(0.5), p99: at(0.99), max: waits.at(-1) ?? 0 } satisfies Report)
    }
    for (const [i, query] of said.queries.entries()) {
      told[i] = 0
      await open(said, query, true, i)
    }
    for (let i = 0; i < said.stuck; i++) await open(said, '', false, -1)
    process.send!('open')
  })
}

const config = JSON.stringify({
  objects: [],
  commands: [],
  events: [{ no: 1, name: 'n', part: 1, priority: 0, params: [{ value_type: 10, name: 'v' }] }],
})
const round = (n: number): number => Math.round(n * 100) / 100

async function bench(): Promise<void> {
  const [rate, seconds, listeners, stuck] = [Number(o.rate), Number(o.seconds), Number(o.listeners), Number(o.stuck)]
  const dataDir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
  const loopback = Object.fromEntries(
    ['HTTPACCESS', 'MQTTACCESS', 'COAPACCESS', 'APIPROVIDER', 'OPS'].map((name) => [`PANDO_${name}_LISTEN`, '127.0.0.1:0']),
  )
  const limits = { PANDO_STREAM_MAX_LISTENERS: '100000', PANDO_STREAM_MAX_LISTENERS_OF_ONE: '100000' }
  const cloud = await startCloud({ env: { PANDO_DATA_DIR: dataDir, ...loopback, ...limits } })
  const { registry, controller } = cloud.peers
  const vendor = await registry.addVendor({ name: 'v', description: '' })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'p', description: '', config })
  const devices: { id: number; identifier: string }[] = []
  for (let i = 0; i < listeners; i++) devices.push((await registry.addDevice({ productId: product.id, code: `d${i}` })).device)
  const about = { name: 'a', description: '', domain: '*', reportUrl: '', reportToken: '', tags: [] }
  const application = await registry.addApplication(about)

  const stream = newStream()
  let seq = 0
  let sent = 0
  const record = (): NewRecord => ({
    kind: recordKind.event,
    device: devices[sent++ % devices.length]!.id,
    product: product.id,
    version: 1,
    data: encodeEvent({ subDevice: 1, no: 1, priority: 0, types: [10], values: [process.hrtime.bigint()] }),
  })
  /** → cores that were used */
  const run = async (s: number): Promise<number> => {
    const [cpu, from, first] = [process.cpuUsage(), performance.now(), sent]
    for (;;) {
      const passed = performance.now() - from
      const due = Math.min(rate * s, Math.floor((passed / 1000) * rate)) - (sent - first)
      if (due > 0) await controller.accept(makeBatch(stream, ++seq, Array.from({ length: due }, record)))
      else if (passed >= s * 1000) break
      else await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1000 / (performance.now() - from)
  }

  await run(Number(o.warmup))
  const alone = await run(Number(o.warmup))
  const child = fork(fileURLToPath(import.meta.url))
  const message = <T>() => new Promise<T>((resolve) => child.once('message', (m) => resolve(m as T)))
  const query = (i: number) => (o.to === 'all' ? '' : `?device=${encodeURIComponent(devices[i]!.identifier)}`)
  const queries = devices.map((_, i) => query(i))
  const memory = () => {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  child.send({ base: cloud.listen['apiprovider']!, key: application.key, queries, stuck } satisfies Asked)
  await message()
  const before = memory()
  const first = sent
  await run(Number(o.warmup))
  child.send('measure')
  const cores = await run(seconds)
  const wanted = (sent - first) * (o.to === 'all' ? listeners : 1)
  let report: Report
  const end = performance.now() + 20_000
  do {
    await new Promise((resolve) => setTimeout(resolve, 200))
    child.send('report')
    report = await message<Report>()
  } while (report.told.reduce((n, t) => n + t, 0) < wanted && performance.now() < end)
  const told = report.told.reduce((n, t) => n + t, 0)
  const result = {
    rate,
    listeners,
    to: o.to,
    toldPerSecond: Math.round(told / (seconds + Number(o.warmup))),
    lost: wanted - told,
    p50: round(report.p50),
    p99: round(report.p99),
    max: round(report.max),
    cores: round(cores),
    coresWithoutListeners: round(alone),
    ...(stuck > 0 && { kibOfOneStuck: Math.round((memory() - before) / 1024 / stuck) }),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  child.kill()
  await cloud.stop()
  rmSync(dataDir, { recursive: true })
}

if (process.send) listen()
else await bench()
