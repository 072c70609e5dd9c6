/** pando demo: the whole cloud, a product, a virtual device that reports, and lines to paste. */
import type { Cloud } from '#src/cloud.ts'
import { type Context, command } from '../command.ts'
import { fleetOf } from '../device/command.ts'
import type { Fleet } from '../device/fleet.ts'
import { makeStats } from '../device/stats.ts'
import { showFirstPassword } from '../firstpassword.ts'
import { avoidTaken, type Moved } from '../listening.ts'
import { listensOn, readyText, runCloud } from '../serve.ts'
import { furnish } from './furnish.ts'
import { type Facts, type Lines, linesOf } from './lines.ts'

/** Reports a second, and between two events of the virtual device. */
const [RATE, EVENT_EVERY] = [0.5, 15_000]
/** How long the first report may take before the demonstration is said to be ready without it. */
const FIRST_REPORT_MS = 10_000

export const demo = command({
  name: 'pando demo',
  summary:
    'The whole cloud with a demo product and a virtual device that reports and takes commands. Data stays in PANDO_DATA_DIR.',
  examples: ['npm start', 'pando demo', 'PANDO_DATA_DIR=/tmp/pando-demo pando demo'],
  async run(_, context) {
    const { env, moved } = await avoidTaken(context.env)
    const quiet = context.out.isTTY && !env['PANDO_LOG_LEVEL'] ? { PANDO_LOG_LEVEL: 'warn' } : {}
    return runCloud({ env: { ...env, ...quiet }, services: [], context, ready: (cloud) => show(cloud, moved, context) })
  },
})

async function show(cloud: Cloud, moved: readonly Moved[], { out }: Context): Promise<() => Promise<void>> {
  const listen = listensOn(cloud)
  const { product, application } = await furnish(cloud.peers.registry)
  const fleet = await virtualDevice(listen['httpaccess']!, product.key)
  const facts: Facts = {
    applications: listen['apiprovider']!,
    devices: listen['httpaccess']!,
    appKey: application.key,
    productKey: product.key,
    identifier: fleet.devices[0]!.identifier,
  }
  const said = out.isTTY ? await textOf(cloud, facts, moved) : jsonOf(cloud, facts, moved)
  out.write(`${said}\n`)
  showFirstPassword(cloud.config.dataDir, out)
  return () => fleet.stop()
}

/** Connected, and its first report is safe. */
async function virtualDevice(base: string, productKey: string): Promise<Fleet> {
  const stats = makeStats()
  const fleet = fleetOf(
    {
      base,
      productKey,
      count: 1,
      rate: RATE,
      durationMs: undefined,
      qos: 1,
      eventEvery: EVENT_EVERY,
      faults: [],
      code: () => 'demo',
      creds: undefined,
      model: undefined,
      insecure: true,
      json: false,
    },
    stats,
  )
  await fleet.board()
  for (let waited = 0; stats.counts.acked === 0 && waited < FIRST_REPORT_MS; waited += 10) {
    await new Promise((done) => setTimeout(done, 10))
  }
  return fleet
}

function jsonOf(cloud: Cloud, f: Facts, moved: readonly Moved[]): string {
  const lines = linesOf(f)
  const demo = {
    app_key: f.appKey,
    identifier: f.identifier,
    product_key: f.productKey,
    lines,
    ...(moved.length > 0 && { moved }),
  }
  return JSON.stringify({ ready: true, listen: listensOn(cloud), demo })
}

async function textOf(cloud: Cloud, f: Facts, moved: readonly Moved[]): Promise<string> {
  const l: Lines = linesOf(f)
  const asides = moved.map((m) => `  ${m.from} is taken by another program; ${m.setting} chooses the address.\n`).join('')
  const console = await consoleLine(f.applications)
  return `${readyText(cloud)}${asides}${console}
A virtual device, ${f.identifier}, reports every 2 s. Paste these lines into another terminal.

What it last reported:
${l.latest}

Set values on it:
${l.set}

Give it a command:
${l.command}

A second device that reports:
${l.second}

Ctrl-C stops it.`
}

/** The console's address, where there is one to be served. */
async function consoleLine(base: string): Promise<string> {
  const answer = await fetch(`${base}/`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)
  return answer?.ok ? `\nconsole ${base}/\n` : ''
}
