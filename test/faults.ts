/**
 * Faults of a cluster, again and again, and nothing confirmed is lost: `npm run test:faults -- --kill 50 --engine 20 --freeze 10 --restart 10 --rolling`.
 * Needs the servers (test/support/engines.ts), and their command for rounds that kill one.
 */
import { parseArgs } from 'node:util'
import { type Fault, faultRounds } from './faults/rounds.ts'

const { values: o } = parseArgs({
  options: {
    kill: { type: 'string', default: '50' },
    engine: { type: 'string', default: '20' },
    freeze: { type: 'string', default: '10' },
    restart: { type: 'string', default: '10' },
    rolling: { type: 'boolean', default: false },
    devices: { type: 'string', default: '12' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const count = (name: Fault) => Number(o[name])
const rounds = { kill: count('kill'), engine: count('engine'), freeze: count('freeze'), restart: count('restart') }
console.log(`${JSON.stringify(rounds)}, ${o.devices} devices, seed ${o.seed}`)
const found = await faultRounds({
  rounds,
  rolling: o.rolling,
  devices: Number(o.devices),
  seed: Number(o.seed),
  onRound: (what, ms) => console.log(`${what}: all well after ${ms.toFixed(0)} ms`),
})
const problems = [...found.lost, ...found.disordered, ...found.duplicates, ...found.disagreeing]
for (const problem of problems.slice(0, 50)) console.log(problem)
console.log(`${found.confirmed} confirmed, ${found.records} records`)
for (const [fault, all] of Map.groupBy(found.recovered, (r) => r.fault)) {
  const ms = all.map((r) => r.ms).sort((a, b) => a - b)
  console.log(
    `${fault}: ${ms.length} rounds, all well after ${ms[ms.length >> 1]!.toFixed(0)} ms (median), ${ms.at(-1)!.toFixed(0)} ms at most`,
  )
}
if (found.rolling) {
  const { answers, away } = found.rolling
  for (const [kind, { count, text }] of answers) console.log(`rolling: ${kind} × ${count} ${text}`)
  console.log(`rolling: ${away.length} times a device was away, ${Math.max(0, ...away).toFixed(0)} ms at most`)
}
console.log(
  `${found.lost.length} lost, ${found.disordered.length} out of order, ${found.duplicates.length} twice, ${found.disagreeing.length} disagreeing`,
)
process.exitCode = problems.length > 0 ? 1 : 0
