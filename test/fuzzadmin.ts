/**
 * Requests to the management API, made of its document (figure S2): `npm run test:admin -- --requests 100000 --seed 1`. A cloud serves
 * a piece of them, then a new one the next; `--jobs` clouds at once, each in a process of its own. The first request that finds an error,
 * or has no answer in time, is told and ends it.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Fuzzed, fuzzAdmin } from './admin/fuzzing.ts'

const PIECE = 10_000

const { values: o } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})
const [requests, seed] = [Number(o.requests), Number(o.seed)]

type Told = { statuses: [string, number][]; never: string[] }

if (process.send) {
  // whoever asked for it is gone
  process.once('disconnect', () => process.exit(1))
  const { statuses, never } = await fuzzAdmin(requests, seed)
  process.send({ statuses: [...statuses], never } satisfies Told, () => process.exit())
} else await all()

async function all(): Promise<void> {
  console.log(`${requests} requests, seed ${seed}, ${o.jobs} at once`)
  const pieces = Array.from({ length: Math.ceil(requests / PIECE) }, (_, i) => ({
    seed: seed + i,
    requests: Math.min(PIECE, requests - i * PIECE),
  }))
  const found: Told[] = []
  const worker = async (): Promise<void> => {
    for (let p = pieces.shift(); p; p = pieces.shift()) {
      found.push(await inChild(p))
      console.log(`seed ${p.seed}: ${p.requests} requests, no error (${(performance.now() / 1000).toFixed(0)} s)`)
    }
  }
  await Promise.all(Array.from({ length: Number(o.jobs) }, worker))
  tell(found)
}

/** One that fails has said why; the others end with this process. */
function inChild(p: { seed: number; requests: number }): Promise<Told> {
  const child = fork(import.meta.filename, ['--requests', String(p.requests), '--seed', String(p.seed)])
  return new Promise((done) => {
    child.once('message', (told: Told) => child.once('close', () => done(told)))
    child.once('close', (code) => code !== 0 && process.exit(1))
  })
}

function tell(found: readonly Told[]): void {
  const sum = new Map<string, number>()
  const count = (key: string, n: number) => sum.set(key, (sum.get(key) ?? 0) + n)
  for (const [key, n] of found.flatMap((f) => f.statuses)) {
    const status = key.split(' ')[1]!
    count(status, n)
    if (status.startsWith('5')) count(`${status} of ${key.split(' ')[0]}`, n)
  }
  const lines = [...sum].sort().map(([status, n]) => `${status}: ${n}`)
  const never: Fuzzed['never'] = found[0]?.never.filter((id) => found.every((f) => f.never.includes(id))) ?? []
  console.log(`${lines.join(', ')}\nnever succeeded: ${never.join(' ') || 'none'}`)
}
