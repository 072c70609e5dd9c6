/** L1: what a record costs where 10 000 rules watch 10 000 devices, and how fast history is read by a dry run. */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuleDefinition } from '#contracts/controller.ts'
import { eachRecord, makeBatch, recordKind } from '#core/devicelog/batch.ts'
import { openFileHistory } from '#core/history/file/open.ts'
import { systemClock } from '#lib/service.ts'
import { makeAgenda } from '#logic/controller/agenda.ts'
import { condition } from '#logic/controller/rules/cel.ts'
import type { Compiled } from '#logic/controller/rules/compiled.ts'
import { dryRun } from '#logic/controller/rules/dryrun.ts'
import { makeEngine } from '#logic/controller/rules/engine.ts'
import { namesOf } from '#logic/controller/rules/facts.ts'
import { encodeStatus } from '#protocol/frames.ts'
import { parseModel, statusFromJson } from '#protocol/model.ts'

const MANY = 10_000
const model = parseModel(
  JSON.stringify({
    objects: [
      {
        no: 1,
        label: 'air',
        part: 1,
        status: [
          { value_type: 1, name: 'temp' },
          { value_type: 7, name: 'load' },
        ],
      },
    ],
    commands: [],
    events: [],
  }),
)
const frame = encodeStatus({ properties: statusFromJson(model, { air: [21.5, 7] }) })
const on = { kind: 'status' } as const
const when = condition('status.air.temp > 30.0 && status.air.load > 3', namesOf(model, on))
// biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence
const def: RuleDefinition = { on, then: [{ do: 'webhook' }] }
const ruleOf = (id: number): Compiled => ({
  rule: { id, name: `rule ${id}`, version: 1, applicationId: 0, enabled: true, updatedAt: 0 },
  def,
  deviceId: id,
  model,
  models: new Map(),
  when,
  usesStatus: true,
  usesNow: false,
  actions: [],
  names: namesOf(model, on),
})
const agenda = makeAgenda(systemClock)
const engine = makeEngine({ current: { each() {} }, agenda, run: async () => {}, heldBack() {} })
for (let id = 1; id <= MANY; id++) engine.put(ruleOf(id))

function timed(from: number): number {
  const records = Array.from({ length: MANY }, (_, i) => ({ kind: recordKind.status, device: from + i, data: frame }))
  const batch = makeBatch(1, 1, records)
  const rounds = 20
  const pass = () => eachRecord(batch, 0, (p, size) => void engine.see(batch, p, size))
  pass()
  const started = performance.now()
  for (let i = 0; i < rounds; i++) pass()
  return ((performance.now() - started) * 1000) / (rounds * MANY)
}
console.log(`a record that concerns no rule: ${timed(1_000_000).toFixed(3)} µs (L1: ≤ 2)`)
console.log(`a record that concerns one: ${timed(1).toFixed(2)} µs (L1: ≤ 20)`)

const DAY = 86_400_000
const READ = 1_500_000
const folder = fs.mkdtempSync(join(tmpdir(), 'bench-rules-'))
const history = await openFileHistory('file:h', { dataDir: folder })
const from = (Math.floor(Date.now() / DAY) - 16) * DAY
const head = { kind: recordKind.status, device: 1, product: 1, version: 1, data: frame }
for (let n = 0; n < READ; n += 1000) {
  const some = Array.from({ length: 1000 }, (_, i) => ({ ...head, time: from + ((n + i) * 15 * DAY) / READ }))
  await history.absorb(makeBatch(1, 1 + n / 1000, some))
}
await history.flush()
for (let round = 1; round <= 3; round++) {
  const trial = await dryRun(history, { rule: ruleOf(1), devices: [1], from, to: from + 15 * DAY })
  const perSecond = Math.round((trial.read / trial.took) * 1000)
  console.log(`dry run ${round}: ${trial.read} records read from disk and judged, ${perSecond} a second (L1: ≥ 500 000)`)
}
await history.close()
fs.rmSync(folder, { recursive: true })
agenda.stop()
