/**
 * What history costs: `node bench/history.ts [records] [devices] [batch]`: CPU of the taking thread and of all others (keeper,
 * thread pool), octets on disk, latency of one device's day, and the current values; beside a floor in the same run: the same
 * bytes copied once and written to a file.
 */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBatch, type NewRecord, recordKind } from '#core/devicelog/batch.ts'
import { openFileHistory } from '#core/history/file/open.ts'
import type { History } from '#core/history/port.ts'

const [records = 1_000_000, devices = 10_000, perBatch = 16] = process.argv.slice(2).map(Number)
const day0 = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000

const folder = fs.mkdtempSync(join(tmpdir(), 'bench-history-'))

const row = (what: string, value: number, unit: string) =>
  console.log(`${what.padEnd(52)} ${value.toFixed(3).padStart(12)} ${unit}`)

/** A status frame of 53 octets. */
function frame(time: number, n: number): Buffer {
  const b = Buffer.from(`00${'00'.repeat(24)}000100010003${'000900000000'}${'00010000000000000000'}${'000c00026f6b'}`, 'hex')
  b.writeBigUInt64BE(BigInt(time - (n % 40)), 1)
  b.writeUInt32BE(n, 33)
  b.writeDoubleBE(20 + (n % 100) / 10, 39)
  return b
}

const ROUND = 1_000_000
let seq = 0

/** Batches of the records [from, to) of all, spread over one day, each device about equally often. */
function* batches(from: number, to: number): Generator<Buffer> {
  for (let n = from; n < to; ) {
    const some: NewRecord[] = []
    for (; some.length < perBatch && n < to; n++) {
      const time = day0 + Math.floor((n / records) * 86_400_000)
      const device = 1 + (((Math.imul(n, 7919) % devices) + devices) % devices)
      const head = { kind: recordKind.status, version: 1, product: 3, packetId: 1 + (n % 65535), epoch: 1.7e12 }
      some.push({ ...head, device, time, data: frame(time, n) })
    }
    yield makeBatch(7, ++seq, some)
  }
}

interface Cpu {
  main: number
  others: number
  wall: number
}

async function cpuOf(job: () => Promise<void>): Promise<Cpu> {
  const all = process.cpuUsage()
  const mine = process.threadCpuUsage()
  const wall = performance.now()
  await job()
  const { user, system } = process.cpuUsage(all)
  const { user: u, system: s } = process.threadCpuUsage(mine)
  return { main: u + s, others: user + system - u - s, wall: (performance.now() - wall) * 1000 }
}

function quantiles(what: string, times: number[]): void {
  times.sort((a, b) => a - b)
  row(`${what} p50`, times[times.length >> 1]!, 'ms')
  row(`${what} p99`, times[Math.floor(times.length * 0.99)]!, 'ms')
}

const add = (a: Cpu, b: Cpu): Cpu => ({ main: a.main + b.main, others: a.others + b.others, wall: a.wall + b.wall })

async function ingest(history: History, all: readonly Buffer[]): Promise<void> {
  for (const b of all) {
    const wait = history.absorb(b)
    if (wait !== undefined) await wait
  }
}

/** Takes and folds all records; making them is not counted. */
async function ingestAll(history: History): Promise<void> {
  let cpu: Cpu = { main: 0, others: 0, wall: 0 }
  for (let n = 0; n < records; n += ROUND) {
    const all = [...batches(n, Math.min(records, n + ROUND))]
    if (n === 0) await floor(all)
    cpu = add(cpu, await cpuOf(() => ingest(history, all)))
  }
  cpu = add(cpu, await cpuOf(() => history.flush()))
  row('absorb, taking thread', cpu.main / records, 'µs CPU a record')
  row('index, fold, merge, write: other threads', cpu.others / records, 'µs CPU a record')
  row('until all is durable', cpu.wall / records, 'µs a record')
}

async function floor(all: readonly Buffer[]): Promise<void> {
  const cpu = await cpuOf(async () => {
    const chunk = Buffer.allocUnsafeSlow(1 << 20)
    const file = await fs.promises.open(join(folder, 'floor'), 'w')
    let used = 0
    for (const b of all) {
      if (used + b.length > chunk.length) {
        await file.write(chunk, 0, used)
        used = 0
      }
      chunk.set(b, used)
      used += b.length
    }
    await file.write(chunk, 0, used)
    await file.datasync()
    await file.close()
  })
  row('floor: copy and write', (cpu.main + cpu.others) / Math.min(records, ROUND), 'µs CPU a record')
}

async function days(history: History, what: string): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < 500; i++) {
    const device = 1 + ((i * 7919) % devices)
    const t = performance.now()
    await history.read({ device, from: day0, to: day0 + 86_400_000, limit: 10_000 })
    times.push(performance.now() - t)
  }
  quantiles(`${what}, a device's day`, times)
}

async function current(history: History): Promise<void> {
  const b = frame(day0, 1)
  const time = (what: string, n: number, job: () => void) => {
    const t = performance.now()
    job()
    row(`current ${what}`, ((performance.now() - t) * 1e6) / n, 'ns')
  }
  const each = (job: (device: number, slot: number) => void) => () => {
    for (let slot = 1; slot <= 3; slot++) for (let d = 1; d <= 100_000; d++) job((d * 7919) % 100_000, slot)
  }
  const before = process.memoryUsage().arrayBuffers
  time(
    'put, new (100 000 devices × 3)',
    300_000,
    each((d, s) => history.current.put(d, s, day0, b, 25, 53)),
  )
  row('current memory', (process.memoryUsage().arrayBuffers - before) / 1e6, 'MB')
  time(
    'put, again',
    300_000,
    each((d, s) => history.current.put(d, s, day0, b, 25, 53)),
  )
  time(
    'get',
    300_000,
    each((d, s) => void history.current.get(d, s)),
  )
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 0)
  const t = performance.now()
  await history.current.save(new Map())
  row('current save', performance.now() - t, 'ms')
  clearInterval(timer)
  row('… longest time that others waited', longest, 'ms')
}

try {
  row('records', records, `of ${devices} devices, ${perBatch} a batch`)
  let history = await openFileHistory('file:', { dataDir: folder })
  await ingestAll(history)
  await days(history, 'while merging')
  const merging = performance.now()
  const { bytes } = await history.retain({ maxBytes: Number.POSITIVE_INFINITY, maxAgeMs: 1e12 })
  row('… until all is merged', (performance.now() - merging) / 1000, 's')
  row('on disk', bytes / records, 'octets a record')
  await days(history, 'merged')
  await current(history)
  await history.close()
  const t = performance.now()
  history = await openFileHistory('file:', { dataDir: folder })
  row('open again, with 100 000 devices', performance.now() - t, 'ms')
  await history.close()
} finally {
  fs.rmSync(folder, { recursive: true })
}
