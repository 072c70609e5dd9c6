/**
 * Requests to the management API, made of its document (figure S2): `npm run test:admin -- --requests 100000 --seed 1`. A cloud serves
 * a piece of them, then a new one the next; the first request that finds an error, or has no answer in time, is told and ends it.
 */
import { parseArgs } from 'node:util'
import { fuzzAdmin } from './admin/fuzzing.ts'

const PIECE = 10_000

const { values: o } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [requests, seed] = [Number(o.requests), Number(o.seed)]
console.log(`${requests} requests, seed ${seed}`)
const classes = new Map<string, number>()
const late = new Map<string, number>()
for (let done = 0; done < requests; done += PIECE) {
  const from = performance.now()
  const { statuses } = await fuzzAdmin(Math.min(PIECE, requests - done), seed + done / PIECE, (n) => {
    if (n % 2000 === 0) console.log(`${done + n} after ${((performance.now() - from) / 1000).toFixed(0)} s of this piece`)
  })
  for (const [key, n] of statuses) {
    const status = key.split(' ')[1]!
    classes.set(status, (classes.get(status) ?? 0) + n)
    if (status.startsWith('5')) late.set(key, (late.get(key) ?? 0) + n)
  }
}
console.log(
  [...classes]
    .sort()
    .map(([status, n]) => `${status}: ${n}`)
    .join(', '),
)
for (const [key, n] of late) console.log(`${key}: ${n}`)
