/**
 * How soon `pando serve` is ready, and what it holds at rest: with an empty data directory, and with many devices and records. What was built (it
 * is, first, where something is newer) and the sources in turn.
 * node bench/start.ts [--devices 100000] [--records 10000000] [--runs 3]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBatch, type NewRecord, newStream, recordKind } from '#core/devicelog/batch.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { startCloud } from '#src/cloud.ts'
import { median, program } from './load/run.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '100000' },
    records: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '3' },
  },
})
const devices = Number(values.devices)
const records = Number(values.records)
const runs = Number(values.runs)
const any = '127.0.0.1:0'
const env = {
  PANDO_HTTPACCESS_LISTEN: any,
  PANDO_MQTTACCESS_LISTEN: any,
  PANDO_COAPACCESS_LISTEN: any,
  PANDO_APIPROVIDER_LISTEN: any,
  PANDO_OPS_LISTEN: any,
}
const REST_MS = 4000
const forms = { 'dist/main.js': {}, 'src/main.ts': { PANDO_SOURCES: '1' } }

async function fill(dataDir: string): Promise<void> {
  const cloud = await startCloud({ env: { ...env, PANDO_DATA_DIR: dataDir } })
  const { registry, controller } = cloud.peers
  const vendor = await registry.addVendor({ name: 'bench', description: '' })
  const status = [{ value_type: 9, name: 'v' }]
  const config = JSON.stringify({ objects: [{ no: 1, label: 'o', part: 1, status }], commands: [], events: [] })
  const product = await registry.addProduct({ vendorId: vendor.id, name: 'bench', description: '', config })
  for (let from = 0; from < devices; from += 1000) {
    const codes = Array.from({ length: Math.min(1000, devices - from) }, (_, i) => `d${from + i}`)
    await Promise.all(codes.map((code) => registry.registerDevice({ productKey: product.key, code, version: '1' })))
  }
  const data = encodeStatus({ properties: [{ subDevice: 1, object: 1, values: [7, 1.5, 10n], types: [9, 2, 6] }] })
  const stream = newStream()
  const perBatch = 1000
  for (let n = 0, seq = 1; n < records; n += perBatch, seq++) {
    const batch: NewRecord[] = []
    for (let i = 0; i < perBatch; i++) {
      batch.push({ kind: recordKind.status, device: 1 + ((n + i) % devices), product: product.id, version: 1, data })
    }
    await controller.accept(makeBatch(stream, seq, batch))
  }
  await cloud.stop()
}

const residentMb = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

async function measure(title: string, dataDir: string): Promise<void> {
  const all = Object.entries(forms).map(([main, form]) => ({ main, form, ready: [] as number[], resident: [] as number[] }))
  for (let i = 0; i < runs; i++) {
    for (const { main, form, ready, resident } of all) {
      const from = performance.now()
      const p = program(0, ['bin/pando', 'serve'], { ...env, ...form, PANDO_DATA_DIR: dataDir, PANDO_LOG_LEVEL: 'warn' })
      await p.line()
      ready.push(performance.now() - from)
      if (!readFileSync(`/proc/${p.pid}/cmdline`, 'utf8').includes(main)) throw new Error(`it does not run ${main}`)
      await new Promise((done) => setTimeout(done, REST_MS))
      resident.push(residentMb(p.pid))
      await p.stop()
    }
  }
  for (const { main, ready, resident } of all)
    console.log(
      `${title.padEnd(40)} ${main.padEnd(12)} ready ${median(ready).toFixed(0)} ms (first ${ready[0]!.toFixed(0)})  at rest ${median(resident).toFixed(0)} MiB`,
    )
}

execFileSync(process.execPath, ['build.ts', '--missing'], { stdio: 'inherit' })
const dir = mkdtempSync(join(tmpdir(), 'pando-bench-'))
try {
  await measure('empty', join(dir, 'empty'))
  await fill(join(dir, 'full'))
  await measure(`${devices} devices, ${records} records`, join(dir, 'full'))
} finally {
  rmSync(dir, { recursive: true })
}
