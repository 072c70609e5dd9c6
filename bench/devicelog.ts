/**
 * What the device log adds to a bare write and sync: the same bytes, one append after another, alternating in one run.
 * `node bench/devicelog.ts [appends]`, and `--recovery` for the start on 1 GB of log.
 */
import fs from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BATCH_HEADER, makeBatch, newStream, RECORD_HEADER, sealBatch } from '../src/core/devicelog/batch.ts'
import { openFileLog } from '../src/core/devicelog/file/open.ts'
import type { DeviceLog } from '../src/core/devicelog/port.ts'

const appends = Number(process.argv.find((a) => /^\d+$/.test(a)) ?? 2000)
const SIZES = [100, 1000, 4096, 16_384, 65_536]
const ROUNDS = 12

interface Cost {
  wall: number
  cpu: number
}

async function measure(n: number, run: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await run()
  const used = process.cpuUsage(cpu)
  return { wall: ((performance.now() - start) * 1000) / n, cpu: (used.user + used.system) / n }
}

/** The floor: bare callbacks on a file whose space is there already. */
function bare(fd: number, b: Buffer, n: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let i = 0
    const next = (e: Error | null) => {
      if (e) reject(e)
      else if (i++ === n) resolve()
      else fs.write(fd, b, 0, b.length, (i - 1) * b.length, (e2) => (e2 ? reject(e2) : fs.fdatasync(fd, next)))
    }
    next(null)
  })
}

async function engine(log: DeviceLog, stream: number, batches: Buffer[]): Promise<void> {
  for (const b of batches) await log.append(b)
  await log.read(stream, batches.length)
}

function batchesOf(stream: number, size: number, n: number): Buffer[] {
  const one = makeBatch(stream, 1, [
    { kind: 1, device: 1, data: Buffer.alloc(Math.max(0, size - BATCH_HEADER - RECORD_HEADER), 7) },
  ])
  return Array.from({ length: n }, (_, i) => {
    const b = Buffer.from(one)
    sealBatch(b, b.length, 1, stream, i + 1, 0)
    return b
  })
}

function spaceFor(path: string, bytes: number): number {
  const fd = fs.openSync(path, 'w+')
  const zeros = Buffer.alloc(1 << 20)
  for (let p = 0; p < bytes; p += zeros.length) fs.writeSync(fd, zeros, 0, zeros.length, p)
  fs.fsyncSync(fd)
  return fd
}

const us = (n: number): string => n.toFixed(1).padStart(8)

async function compare(dir: string): Promise<void> {
  console.log('   bytes | floor µs wall, cpu | engine µs wall, cpu |  ratio wall, cpu')
  for (const size of SIZES) {
    const n = Math.max(100, Math.min(appends, Math.floor((192 << 20) / size / ROUNDS)))
    const floor: Cost = { wall: 0, cpu: 0 }
    const ours: Cost = { wall: 0, cpu: 0 }
    const fd = spaceFor(join(dir, 'floor'), size * n)
    const log = await openFileLog({ dir: join(dir, String(size)), scrubBytesPerSecond: 0 })
    for (let round = 0; round < ROUNDS; round++) {
      const stream = newStream() + round
      const batches = batchesOf(stream, size, n)
      const a = await measure(n, () => bare(fd, batches[0]!, n))
      const b = await measure(n, () => engine(log, stream, batches))
      floor.wall += a.wall / ROUNDS
      floor.cpu += a.cpu / ROUNDS
      ours.wall += b.wall / ROUNDS
      ours.cpu += b.cpu / ROUNDS
    }
    await log.close()
    fs.closeSync(fd)
    const ratio = `${(ours.wall / floor.wall).toFixed(2).padStart(6)} ${(ours.cpu / floor.cpu).toFixed(2).padStart(6)}`
    console.log(`${String(size).padStart(8)} | ${us(floor.wall)} ${us(floor.cpu)} | ${us(ours.wall)} ${us(ours.cpu)} | ${ratio}`)
  }
}

/** 10⁷ records in batches of 40, about 1 GB. */
async function recovery(dir: string): Promise<void> {
  const log = await openFileLog({ dir, scrubBytesPerSecond: 0 })
  const streams = Array.from({ length: 16 }, (_, i) => newStream() + i)
  const records = Array.from({ length: 2500 }, (_, i) => ({ kind: 1, device: i, data: Buffer.alloc(60, i) }))
  for (let seq = 1; seq <= 250; seq++) await Promise.all(streams.map((s) => log.append(makeBatch(s, seq, records))))
  await log.close()
  const start = performance.now()
  const again = await openFileLog({ dir, scrubBytesPerSecond: 0 })
  console.log(`start on ${streams.length * 250 * records.length} records: ${(performance.now() - start).toFixed(0)} ms`)
  const from = performance.now()
  let bytes = 0
  for (const s of streams) {
    for (let at = 0; at < 250; ) {
      const page = await again.read(s, at)
      at += page.length
      bytes += page.reduce((n, b) => n + b.length, 0)
    }
  }
  console.log(`read ${(bytes / 2 ** 20).toFixed(0)} MB at ${(bytes / 1000 / (performance.now() - from)).toFixed(0)} MB/s`)
  await again.close()
}

const dir = await mkdtemp(join(process.env['BENCH_DIR'] ?? tmpdir(), 'pando-bench-'))
try {
  if (process.argv.includes('--recovery')) await recovery(dir)
  else await compare(dir)
} finally {
  await rm(dir, { recursive: true })
}
