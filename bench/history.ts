/**
 * What history costs: `node bench/history.ts [records] [devices] [batch]`: CPU of the taking thread and of all others (keeper,
 * thread pool), octets on disk, latency of one device's day, and the current values; beside a floor in the same run: the same
 * bytes copied once and written to a file.
 */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { at, eachRecord, makeBatch, recordKind, sealBatch } from '#core/devicelog/batch.ts'
import { openFileHistory } from '#core/history/file/open.ts'
import type { History } from '#core/history/port.ts'

const [records = 1_000_000, devices = 10_000, perBatch = 16] = process.argv.slice(2).map(Number)
const day0 = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000

const folder = fs.mkdtempSync(join(tmpdir(), 'bench-history-'))

const row = (what: string, value: number, unit: string) =>
  console.log(`${what.padEnd(52)} ${value.toFixed(3).padStart(12)} ${unit}`)

/** A status frame of 53 octets. */
const frame = Buffer.from(`00${'00'.repeat(24)}000100010003${'000900000000'}${'00010000000000000000'}${'000c00026f6b'}`, 'hex')

const head = { kind: recordKind.status, device: 1, version: 1, product: 3, epoch: 1.7e12, data: frame }
const template = makeBatch(
  7,
  1,
  Array.from({ length: perBatch }, () => head),
)

const ROUND = 1_000_000
let seq = 0

/** Batches of the records [from, to) of all, spread over one day, each device about equally often; little garbage. */
function* batches(from: number, to: number): Generator<Buffer> {
  for (let n = from; n < to; ) {
    const b = Buffer.from(template)
    eachRecord(b, 0, (p) => {
      const time = day0 + Math.floor((n / records) * 86_400_000)
      b.writeDoubleLE(1 + (((Math.imul(n, 7919) % devices) + devices) % devices), p + at.device)
      b.writeDoubleLE(time, p + at.time)
      b.writeUInt16LE(1 + (n % 65535), p + at.packetId)
      const f = p + at.data
      b.writeUInt32BE(Math.floor(time / 2 ** 32), f + 1)
      b.writeUInt32BE((time - (n % 40)) % 2 ** 32, f + 5)
      b.writeUInt32BE(n, f + 33)
      b.writeDoubleBE(20 + (n % 100) / 10, f + 39)
      n++
    })
    sealBatch(b, b.length, perBatch, 7, ++seq, day0)
    yield b
  }
}

/** CPU of this thread during the job, µs. */
async function ownCpu(job: () => Promise<void>): Promise<number> {
  const before = process.threadCpuUsage()
  await job()
  const { user, system } = process.threadCpuUsage(before)
  return user + system
}

/** CPU of all other threads until now, µs. */
function othersCpu(): number {
  const all = process.cpuUsage()
  const own = process.threadCpuUsage()
  return all.user + all.system - own.user - own.system
}

function quantiles(what: string, times: number[]): void {
  times.sort((a, b) => a - b)
  row(`${what} p50`, times[times.length >> 1]!, 'ms')
  row(`${what} p99`, times[Math.floor(times.length * 0.99)]!, 'ms')
}

async function ingest(history: History, all: readonly Buffer[]): Promise<void> {
  for (const b of all) {
    const wait = history.absorb(b)
    if (wait !== undefined) await wait
  }
}

/** Takes and folds all records; making them is this thread's, and not counted. */
async function ingestAll(history: History): Promise<void> {
  let own = 0
  await floor([...batches(0, Math.min(records, ROUND))])
  seq = 0
  const others = othersCpu()
  for (let n = 0; n < records; n += ROUND) {
    const all = [...batches(n, Math.min(records, n + ROUND))]
    own += await ownCpu(() => ingest(history, all))
  }
  own += await ownCpu(() => history.flush())
  row('absorb, taking thread', own / records, 'µs CPU a record')
  row('index, fold, merge, write: other threads', (othersCpu() - others) / records, 'µs CPU a record')
}

async function floor(all: readonly Buffer[]): Promise<void> {
  const others = othersCpu()
  const own = await ownCpu(async () => {
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
  row('floor: copy and write', (own + othersCpu() - others) / Math.min(records, ROUND), 'µs CPU a record')
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
  const b = frame
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
