/**
 * kill -9, again and again, and nothing confirmed is lost (figure R1): `npm run test:crash -- --rounds 50 --devices 24 --seed 1`.
 */
import { parseArgs } from 'node:util'
import { crashRounds } from './crash/rounds.ts'

const { values: o } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    devices: { type: 'string', default: '24' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [rounds, devices, seed] = [o.rounds, o.devices, o.seed].map(Number) as [number, number, number]
console.log(`${rounds} rounds of kill -9, ${devices} devices, seed ${seed}`)
const found = await crashRounds({
  rounds,
  devices,
  seed,
  onRound: (round, confirmed, ms) =>
    console.log(`round ${round}: ${confirmed} confirmed so far, ready again in ${ms.toFixed(0)} ms`),
})
const { lost, disordered, duplicates, disagreeing } = found
for (const problem of [...lost, ...disordered, ...duplicates, ...disagreeing].slice(0, 50)) console.log(problem)
const [median, most] = [found.ready.toSorted((a, b) => a - b)[found.ready.length >> 1]!, Math.max(...found.ready)]
console.log(`${found.confirmed} confirmed, ${found.records} records, ${found.killedInStart} starts killed too`)
console.log(`ready again in ${median.toFixed(0)} ms (median), ${most.toFixed(0)} ms at most`)
console.log(
  `${lost.length} lost, ${disordered.length} out of order, ${duplicates.length} QoS 2 duplicates, ${disagreeing.length} devices with another history than log`,
)
process.exitCode = lost.length + disordered.length + duplicates.length + disagreeing.length > 0 ? 1 : 0
