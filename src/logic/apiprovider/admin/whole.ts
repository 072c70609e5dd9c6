/** The whole cloud as its processes say: this one and, in a cluster, the others. */
import type { System } from '#contracts/admin/system.ts'
import type { OtherProcess, ProcessState } from '#contracts/process.ts'
import type { Check } from '#lib/ops.ts'
import type { EngineFacts, ProcessFacts } from '#lib/service.ts'
import type { Parts } from './call.ts'

type State = System['state']
type Instance = System['services'][number]['instances'][number]

interface Process {
  instance: Omit<Instance, 'listen'>
  services: readonly string[]
  listen: Readonly<Record<string, string>>
  engines: readonly EngineFacts[]
  /** without those of engines */
  checks: readonly Check[]
  disk?: { free: number; size: number } | undefined
}

export interface Whole {
  state: State
  processes: readonly Process[]
  /** each once, as those see it who are worst off */
  engines: readonly EngineFacts[]
  checks: readonly Check[]
  /** what is listened on, as URLs by name */
  listen: Readonly<Record<string, string>>
}

const order: readonly State[] = ['ok', 'degraded', 'down']
const worst = (states: readonly State[]): State => order[Math.max(0, ...states.map((s) => order.indexOf(s)))]!
const stateOf = (engines: readonly EngineFacts[], checks: readonly Check[]): State =>
  worst([...engines.map((e) => e.state), ...checks.map((c) => (c.ok ? 'ok' : 'degraded'))])

export async function wholeOf({ about, peers }: Pick<Parts, 'about' | 'peers'>): Promise<Whole> {
  const others = await peers.processes()
  const processes = [...(about ? [await here(about)] : []), ...others.map(elsewhere)]
  const engines = merged(processes.flatMap((p) => p.engines))
  // whoever looks calls what is wrong by the same name
  const named = (p: Process, c: Check) => (others.length === 0 ? c : { ...c, name: `${p.instance.node}: ${c.name}` })
  const checks = processes.flatMap((p, i) => p.checks.flatMap((c) => (c.ok ? (i === 0 ? c : []) : named(p, c))))
  const listen = Object.assign({}, ...processes.toReversed().map((p) => p.listen)) as Record<string, string>
  return { state: worst(processes.map((p) => p.instance.state)), processes, engines, checks, listen }
}

async function here(about: ProcessFacts): Promise<Process> {
  const engines = about.engines()
  const checks = withoutEngines(about.checks(), engines)
  const { instance: node, version, startedAt, load, services } = about
  const instance = {
    node,
    state: stateOf(engines, checks),
    version,
    started_at: startedAt,
    cpu: load.cpu(),
    rss: process.memoryUsage.rss(),
    loop_p99_ms: load.loopP99(),
  }
  return { instance, services, listen: about.listen(), engines, checks, disk: await about.disk() }
}

function elsewhere({ instance: node, services, state: s, error }: OtherProcess): Process {
  if (!s) {
    const gone = { node, state: 'down' as const, version: '', started_at: 0, cpu: 0, rss: 0, loop_p99_ms: 0, error: error ?? '' }
    return { instance: gone, services, listen: {}, engines: [], checks: [{ name: 'process', ok: false, detail: error ?? '' }] }
  }
  const engines = (s.engines ?? []) as EngineFacts[]
  const checks = withoutEngines(s.checks as Check[], engines)
  return {
    instance: instanceOf(s, stateOf(engines, checks)),
    services: s.services,
    listen: s.listen,
    engines,
    checks,
    disk: s.disk,
  }
}

const instanceOf = (s: ProcessState, state: State): Process['instance'] => ({
  node: s.instance,
  state,
  version: s.version,
  started_at: s.startedAt,
  cpu: s.cpu ?? 0,
  rss: s.rss ?? 0,
  loop_p99_ms: s.loopP99 ?? 0,
})

function withoutEngines(checks: readonly Check[], engines: readonly EngineFacts[]): Check[] {
  const ports = new Set(engines.map((e) => e.port))
  return checks.filter((c) => !ports.has(c.name))
}

function merged(engines: readonly EngineFacts[]): EngineFacts[] {
  const byEngine = Map.groupBy(engines, (e) => `${e.port} ${e.scheme}`)
  return [...byEngine.values()].map((same) => {
    const [first] = same.toSorted((a, b) => order.indexOf(b.state) - order.indexOf(a.state))
    return { ...first!, affects: [...new Set(same.flatMap((e) => e.affects))] }
  })
}
