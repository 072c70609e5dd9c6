/** What a process says of itself (contracts/process.ts). */
import { performance } from 'node:perf_hooks'
import type { Face } from '#contracts/contract.ts'
import type { processContract } from '#contracts/process.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { ProcessFacts } from '#lib/service.ts'
import type { Crew } from './crew.ts'

interface More {
  nodes: readonly string[]
  metrics: Pick<Metrics, 'pando_connections' | 'handOver'>
  draining(): boolean
  now(): number
  /** processes that hold devices for this one */
  crew: Pick<Crew, 'connections'> | undefined
}

export function stateOf(about: ProcessFacts, more: More): Face<typeof processContract>['state'] {
  let before = performance.eventLoopUtilization()
  return async () => {
    const now = performance.eventLoopUtilization()
    const load = performance.eventLoopUtilization(now, before).utilization
    before = now
    more.metrics.handOver()
    const { values } = await more.metrics.pando_connections.get()
    return {
      instance: about.instance,
      services: [...about.services],
      nodes: [...more.nodes],
      version: about.version,
      pid: process.pid,
      startedAt: about.startedAt,
      now: more.now(),
      connections: values.reduce((sum, v) => sum + v.value, more.crew?.connections() ?? 0),
      load,
      cpu: about.load.cpu(),
      rss: process.memoryUsage.rss(),
      loopP99: about.load.loopP99(),
      disk: await about.disk(),
      engines: about.engines().map((e) => ({ ...e, affects: [...e.affects] })),
      draining: more.draining(),
      listen: { ...about.listen() },
      checks: about.checks().map(({ name, ok, detail, state }) => ({
        name,
        ok,
        ...(detail !== undefined && { detail }),
        ...(state !== undefined && { state }),
      })),
    }
  }
}
