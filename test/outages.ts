/**
 * Each server is stopped, hangs and is cut off for a while, under load: `npm run test:outages -- --stopped 60 --frozen 30 --cut 30 [engine …]`. Needs the
 * servers and their command (test/support/engines.ts).
 */
import { parseArgs } from 'node:util'
import { outageEngines, outagesOf, type Seen } from './faults/outages.ts'

const seconds = { type: 'string', default: '30' } as const
const { values: o, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stopped: { type: 'string', default: '60' },
    frozen: seconds,
    cut: seconds,
    devices: { type: 'string', default: '12' },
  },
})
const ms = (text: string) => Number(text) * 1000
const lasts = { stopped: ms(o.stopped), frozen: ms(o.frozen), 'cut off': ms(o.cut) }
for (const engine of outageEngines.filter((name) => positionals.length === 0 || positionals.includes(name))) {
  const found = await outagesOf({ engines: [engine], lasts, devices: Number(o.devices), seed: Date.now() % 1_000_000, onSeen })
  const problems = [...found.lost, ...found.disordered, ...found.duplicates, ...found.disagreeing]
  for (const problem of problems.slice(0, 20)) console.log(problem)
  console.log(`${engine}: ${found.confirmed} confirmed, ${found.records} records, ${problems.length} problems`)
  if (problems.length > 0) process.exitCode = 1
}

function onSeen({ engine, outage, confirmed, grown, recovered, slowest, answers }: Seen): void {
  const said = [...answers].map(([kind, { count, text }]) => `${kind} × ${count}${text && ` (${text})`}`).join(', ')
  const memory = `+${(grown / 2 ** 20).toFixed(0)} MiB`
  const times = `well again after ${recovered.toFixed(0)} ms, slowest answer ${slowest.toFixed(0)} ms`
  console.log(`${engine} ${outage}: ${confirmed} confirmed meanwhile, ${memory}, ${times}; ${said}`)
}
