/**
 * What questions about one device cost: `node bench/history-query.ts [records] [folder]`, a report a minute for 30 days of as many devices
 * as that makes; 10 000 000 unless told. Median and worst of 20, and the longest that the loop of the asking thread stood still: first with
 * nothing of the files in memory (where `dd` can tell the system so), each question about another device, then asked again. A folder that
 * is named is kept and, if it holds a history, asked as it is: 10⁸ records take some minutes to write.
 */
import { spawnSync } from 'node:child_process'
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

const MINUTE = 60_000
const DAY = 86_400_000
const MINUTES = 30 * 1440
const ROUNDS = 20
const records = Number(process.argv[2] ?? 10_000_000)
const folder = process.argv[3] ?? fs.mkdtempSync(join(tmpdir(), 'bench-query-'))
const devices = Math.max(1, Math.round(records / MINUTES))
const from = fs.existsSync(join(folder, 'from')) ? Number(fs.readFileSync(join(folder, 'from'), 'utf8')) : await write()
const to = from + 30 * DAY

/** → when it begins */
async function write(): Promise<number> {
  const from = (Math.floor(Date.now() / DAY) - 31) * DAY
  const history = await openFileHistory('file:h', { dataDir: folder })
  const types = [1, 10, 12]
  const data = (time: number, n: number) =>
    encodeStatus({
      timestamp: time,
      properties: [{ subDevice: 1, object: 1, values: [20 + (n % 97) / 10, BigInt(n), 'ok'], types }],
    })
  const began = performance.now()
  for (let m = 0; m < MINUTES; m++) {
    const time = from + m * MINUTE
    const frame = data(time, m)
    const batch: NewRecord[] = []
    for (let d = 1; d <= devices; d++)
      batch.push({ kind: recordKind.status, device: d, product: 3, version: 1, time: time + (d % 60_000), data: frame })
    await history.absorb(makeBatch(1, m + 1, batch))
  }
  await history.flush()
  const { bytes } = await history.retain({ maxBytes: Number.POSITIVE_INFINITY, maxAgeMs: 1e12 })
  await history.close()
  const all = MINUTES * devices
  console.log(
    `${all} records written in ${((performance.now() - began) / 1000).toFixed(1)} s, ${(bytes / all).toFixed(1)} octets each`,
  )
  fs.writeFileSync(join(folder, 'from'), String(from))
  return from
}

/** Has the system forget what it has read of the files. */
function forget(): void {
  for (const file of fs.readdirSync(join(folder, 'h')))
    spawnSync('dd', [`if=${join(folder, 'h', file)}`, 'iflag=nocache', 'count=0', 'status=none'])
}

const history = await openFileHistory('file:h', { dataDir: folder })
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

async function round(what: string, ask: (deviceId: number) => Promise<number>): Promise<void> {
  const times: number[] = []
  let found = 0
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now()
    found = await ask(1 + ((i * 7919) % devices))
    times.push(performance.now() - start)
  }
  loop.disable()
  times.sort((a, b) => a - b)
  const [median, worst] = [times[ROUNDS >> 1]!, times[ROUNDS - 1]!]
  const numbers = `median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms, loop at most ${(loop.max / 1e6).toFixed(1)} ms`
  console.log(`${what.padEnd(36)} ${numbers} (${found} values)`)
}

async function measure(what: string, ask: (deviceId: number) => Promise<number>): Promise<void> {
  forget()
  await round(`${what}, from the disk`, ask)
  await round(what, ask)
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
if (process.argv[3] === undefined) fs.rmSync(folder, { recursive: true })
