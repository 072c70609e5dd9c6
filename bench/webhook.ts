/**
 * Event → webhook (P9): events are appended to a real device log at a steady rate; a receiver in a process of its own counts them.
 *
 *   node bench/webhook.ts [--rate 5000] [--seconds 10] [--devices 1000] [--applications 1] [--warmup 2]
 *
 * One JSON line: events/s, lost, p50/p99 in ms from the append's begin to the arrival, of which the append takes appendP50 (after the warm-up, in seconds), CPU µs an
 * event of this process (log and writer included, warm-up too; `--applications 0` shows these alone).
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { openDeviceLog } from '#core/devicelog/open.ts'
import { systemClock } from '#lib/service.ts'
import { encodeEvent } from '#protocol/frames.ts'
import { startWebhooks } from '../test/support/webhooks.ts'

const { values: o } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
    devices: { type: 'string', default: '1000' },
    applications: { type: 'string', default: '1' },
    warmup: { type: 'string', default: '2' },
  },
})

interface Report {
  received: number
  ids: number
  p50: number
  p99: number
  max: number
}

/** The receiver: as little HTTP as is needed, so that it is not what is measured. */
function receive(): void {
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  const waits: number[] = []
  const ids = new Set<string>()
  let received = 0
  const server = createServer((socket) => {
    let rest = ''
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1')
      for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
        const length = Number(/content-length: (\d+)/i.exec(rest)![1])
        if (rest.length < end + 4 + length) return
        const body = rest.slice(end + 4, end + 4 + length)
        waits.push(Number(process.hrtime.bigint() - BigInt(/\[(\d+)\]/.exec(body)![1]!)) / 1e6)
        received++
        ids.add(/webhook-id: (\S+)/i.exec(rest)![1]!)
        rest = rest.slice(end + 4 + length)
        socket.write(answer)
      }
    })
  })
  server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as { port: number }).port }))
  process.on('message', (wanted) => {
    if (wanted === 'measure') return void (waits.length = 0)
    waits.sort((a, b) => a - b)
    const at = (q: number) => waits[Math.floor(waits.length * q)] ?? 0
    process.send!({ received, ids: ids.size, p50: at(0.5), p99: at(0.99), max: waits.at(-1) ?? 0 } satisfies Report)
  })
}

async function bench(): Promise<void> {
  const rate = Number(o.rate)
  const devices = Number(o.devices)
  const applications = Number(o.applications)
  const warm = rate * Number(o.warmup)
  const child = fork(fileURLToPath(import.meta.url))
  const message = <T>() => new Promise<T>((resolve) => child.once('message', (m) => resolve(m as T)))
  const { port } = await message<{ port: number }>()
  const dir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
  const log = await openDeviceLog('file:', { dataDir: dir })
  const w = await startWebhooks({ log, clock: systemClock })
  w.registry.models.set(1, JSON.stringify({ events: [{ no: 1, name: 'n', params: [{ value_type: 10, name: 'v' }] }] }))
  for (let d = 1; d <= devices; d++) w.addDevice(d)
  for (let a = 1; a <= applications; a++) w.addApplication(`http://127.0.0.1:${port}/${a}`)
  await new Promise((resolve) => setTimeout(resolve, 300))

  const stream = newStream()
  const total = warm + rate * Number(o.seconds)
  const cpu = process.cpuUsage()
  const from = performance.now()
  const appends: number[] = []
  let sent = 0
  for (let seq = 1; sent < total; seq++) {
    const due = Math.min(total, Math.floor(((performance.now() - from) / 1000) * rate)) - sent
    if (due <= 0) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      seq--
      continue
    }
    const batch = makeBatch(
      stream,
      seq,
      Array.from({ length: due }, () => event(1 + (sent++ % devices))),
    )
    if (sent >= warm && sent - due < warm) {
      child.send('measure')
      appends.length = 0
    }
    const begun = performance.now()
    await log.append(batch)
    appends.push(performance.now() - begun)
    w.queue.ring('log', { stream, seq, batch })
  }
  const wrote = (performance.now() - from) / 1000
  let report: Report
  const end = performance.now() + 20_000
  do {
    await new Promise((resolve) => setTimeout(resolve, 200))
    child.send('report')
    report = await message<Report>()
  } while (report.received < total * applications && performance.now() < end)
  const { user, system } = process.cpuUsage(cpu)
  const result = {
    rate: Math.round(total / wrote),
    events: total,
    lost: total - report.ids,
    received: report.received,
    p50: round(report.p50),
    p99: round(report.p99),
    max: round(report.max),
    appendP50: round(appends.sort((a, b) => a - b)[appends.length >> 1] ?? 0),
    cpuMicrosAnEvent: round((user + system) / total),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  await w.stop()
  await log.close()
  child.kill()
  rmSync(dir, { recursive: true })
}

const round = (n: number): number => Math.round(n * 100) / 100

function event(device: number): NewRecord {
  const data = encodeEvent({ subDevice: 1, no: 1, priority: 0, types: [10], values: [process.hrtime.bigint()] })
  return { kind: recordKind.event, device, product: 1, version: 1, data }
}

if (process.send) receive()
else await bench()
