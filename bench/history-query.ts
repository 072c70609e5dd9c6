/**
 * What questions about one device cost: `node bench/history-query.ts [records]`, a report a minute for 30 days of as many devices as that
 * makes; 10 000 000 unless told. Median and worst of 20, and the longest that the loop of the asking thread stood still.
 */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Device } from '#contracts/registry.ts'
import { makeBatch, type NewRecord, recordKind } from '#core/devicelog/batch.ts'
import { openFileHistory } from '#core/history/file/open.ts'
import { makeHistory } from '#logic/controller/history/history.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { parseModel } from '#protocol/model.ts'

const [records = 10_000_000] = process.argv.slice(2).map(Number)
const MINUTE = 60_000
const DAY = 86_400_000
const minutes = 30 * 1440
const devices = Math.max(1, Math.round(records / minutes))
const from = (Math.floor(Date.now() / DAY) - 31) * DAY
const to = from + 30 * DAY

const folder = fs.mkdtempSync(join(tmpdir(), 'bench-query-'))
const history = await openFileHistory('file:h', { dataDir: folder })
const types = [1, 10, 12]
const data = (time: number, n: number) =>
  encodeStatus({
    timestamp: time,
    properties: [{ subDevice: 1, object: 1, values: [20 + (n % 97) / 10, BigInt(n), 'ok'], types }],
  })

let seq = 0
const began = performance.now()
for (let m = 0; m < minutes; m++) {
  const time = from + m * MINUTE
  const frame = data(time, m)
  const batch: NewRecord[] = []
  for (let d = 1; d <= devices; d++)
    batch.push({ kind: recordKind.status, device: d, product: 3, version: 1, time: time + (d % 60_000), data: frame })
  await history.absorb(makeBatch(1, ++seq, batch))
}
await history.flush()
console.log(`${minutes * devices} records of ${devices} devices, written in ${((performance.now() - began) / 1000).toFixed(1)} s`)

const param = (name: string, value_type: number) => ({ name, value_type })
const status = [param('power', 1), param('total', 10), param('state', 12)]
const model = parseModel({ objects: [{ no: 1, label: 'meter', part: 1, status }] })
const said = makeHistory({
  history,
  models: { get: async () => model },
  translator: { records: async (list) => list },
  find: async (id) => ({ device: { id, productId: 3, modelVersion: 1 } as Device, model }),
  registry: { modelVersions: async () => ({ items: [{ version: 1 }] as never }) },
  clock: { now: () => Date.now() },
})

async function measure(what: string, ask: (deviceId: number) => Promise<number>): Promise<void> {
  const times: number[] = []
  let found = 0
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  for (let i = 0; i < 20; i++) {
    const start = performance.now()
    found = await ask(1 + ((i * 7919) % devices))
    times.push(performance.now() - start)
  }
  loop.disable()
  times.sort((a, b) => a - b)
  const [median, worst] = [times[10]!, times[19]!]
  const numbers = `median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms, loop at most ${(loop.max / 1e6).toFixed(1)} ms`
  console.log(`${what.padEnd(36)} ${numbers} (${found} values)`)
}

const asked = { object: 'meter', value: 'power' }
const day = from + 15 * DAY
await measure(
  'a day, read',
  async (device) => (await history.read({ device, from: day, to: day + DAY, limit: 10_000 })).records.length,
)
await measure(
  'a day, raw series',
  async (deviceId) => (await said.series({ ...asked, deviceId, from: day, to: day + DAY })).t.length,
)
await measure('a day, a bucket each 5 min', async (deviceId) => {
  return (await said.series({ ...asked, deviceId, from: day, to: day + DAY, every: 5 * MINUTE })).t.length
})
await measure(
  'a month at 500 points',
  async (deviceId) => (await said.series({ ...asked, deviceId, from, to, points: 500 })).t.length,
)
await measure(
  'a page of 1000 decoded',
  async (deviceId) => (await said.records({ deviceId, from: day, limit: 1000 })).items.length,
)

await history.close()
fs.rmSync(folder, { recursive: true })
