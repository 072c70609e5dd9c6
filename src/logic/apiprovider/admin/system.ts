/** The process and what it stands on. */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { System, systemRoutes } from '#contracts/admin/system.ts'
import type { DiskBudget } from '#contracts/controller.ts'
import type { ProcessFacts } from '#lib/service.ts'
import type { Handlers, Parts } from './call.ts'

type Told = Pick<Handlers<typeof systemRoutes>, 'GET /system' | 'GET /system/config' | 'PUT /system/disk-budget'>

/** Where it lies. */
export interface DiskLimits {
  dataDir: string
}

const MINUTE = 60_000

/** Figures of this process over the last minute; sampled from now on. */
export interface Load {
  cpu(): number
  loopP99(): number
  stop(): void
}

export function makeLoad({ clock }: Pick<Parts, 'clock'>): Load {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let last = { at: clock.now(), used: process.cpuUsage() }
  let cpu = 0
  let p99 = 0
  const sample = () => {
    const at = clock.now()
    const { user, system } = process.cpuUsage(last.used)
    if (at > last.at) cpu = (user + system) / 1000 / (at - last.at)
    last = { at, used: process.cpuUsage() }
    // The histogram counts its own interval too.
    p99 = Math.max(0, delay.percentile(99) / 1e6 - 20)
    delay.reset()
  }
  const cancel = clock.every(MINUTE, sample)
  return {
    cpu: () => (cpu === 0 ? sampled() : cpu),
    loopP99: () => p99,
    stop() {
      cancel()
      delay.disable()
    },
  }
  function sampled(): number {
    sample()
    return cpu
  }
}

const worst = (states: readonly System['state'][]): System['state'] =>
  states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'ok'

export const stateOf = (about: ProcessFacts | undefined): System['state'] =>
  worst([
    ...(about?.engines().map((e) => e.state) ?? []),
    ...(about?.checks().map((c) => (c.ok ? ('ok' as const) : ('degraded' as const))) ?? []),
  ])

/** Settings that people change while it runs, and their names in the budget. */
const changeable: Record<string, keyof DiskBudget> = {
  PANDO_DEVICELOG_MAX_BYTES: 'devicelogMaxBytes',
  PANDO_DEVICELOG_MAX_AGE: 'devicelogMaxAge',
  PANDO_HISTORY_MAX_BYTES: 'historyMaxBytes',
  PANDO_HISTORY_MAX_AGE: 'historyMaxAge',
}

export function system({
  peers,
  about,
  limits,
  load,
  instance,
  clock,
}: Parts & { limits: DiskLimits; load: Load; instance: string }): Told {
  const started = { at: clock.now(), used: diskOf(limits) }
  return {
    'GET /system': async () => {
      const engines = about?.engines() ?? []
      const ports = new Set(engines.map((e) => e.port))
      const one = {
        node: instance,
        state: stateOf(about),
        version: about?.version ?? '',
        started_at: about?.startedAt ?? 0,
        cpu: load.cpu(),
        rss: process.memoryUsage.rss(),
        loop_p99_ms: load.loopP99(),
      }
      const listen = about?.listen() ?? {}
      return {
        state: one.state,
        nodes: 1,
        services: (about?.services ?? []).map((name) => ({
          name,
          instances: [{ ...one, ...(listen[name] !== undefined && { listen: listen[name] }) }],
        })),
        engines: engines.map(({ port, scheme, state, since, error, affects }) => ({
          port,
          scheme,
          state,
          since,
          ...(error !== undefined && { error }),
          affects: [...affects],
        })),
        checks: (about?.checks() ?? [])
          .filter((c) => !ports.has(c.name))
          .map(({ name, ok, detail, since }) => ({
            name,
            ok,
            ...(detail !== undefined && { detail }),
            ...(since !== undefined && { since }),
          })),
        disk: await disk(),
      }
    },
    'GET /system/config': async () => {
      const { set } = await peers.controller.diskBudget({})
      return {
        items: (about?.settings() ?? []).map((s) => {
          const own = Object.hasOwn(changeable, s.name) ? set[changeable[s.name]!] : undefined
          const given = { value: s.value ?? null, source: s.origin }
          return {
            name: s.name,
            ...(own === undefined ? given : { value: String(own), source: 'people' as const }),
            default: s.default ?? null,
            allowed: s.allowed,
            help: s.help,
          }
        }),
      }
    },
    'PUT /system/disk-budget': async ({ body: { devicelog, history }, by }) => {
      const { set: before } = await peers.controller.diskBudget({})
      const after = {
        ...(devicelog?.limit !== undefined && { devicelogMaxBytes: devicelog.limit }),
        ...(devicelog?.max_age_ms !== undefined && { devicelogMaxAge: devicelog.max_age_ms }),
        ...(history?.limit !== undefined && { historyMaxBytes: history.limit }),
        ...(history?.max_age_ms !== undefined && { historyMaxAge: history.max_age_ms }),
      }
      await peers.controller.setDiskBudget(after)
      await peers.registry.auditAppend({ audit: by, action: 'system.disk_budget', object: 'system', before, after })
      return disk()
    },
  }

  async function disk(): Promise<System['disk']> {
    const [used, budget] = await Promise.all([diskOf(limits), peers.controller.diskBudget({})])
    const { bavail, bsize } = await statfs(limits.dataDir)
    const free = bavail * bsize
    const parts = [
      { name: 'devicelog', used: used['log'] ?? 0, limit: budget.devicelogMaxBytes, max_age_ms: budget.devicelogMaxAge },
      { name: 'history', used: used['history'] ?? 0, limit: budget.historyMaxBytes, max_age_ms: budget.historyMaxAge },
    ]
    const all = Object.values(used).reduce((n, v) => n + v, 0)
    const before = Object.values(await started.used).reduce((n, v) => n + v, 0)
    const passed = clock.now() - started.at
    const perDay = passed > 10 * MINUTE ? Math.round(((all - before) / passed) * 86_400_000) : undefined
    const room = Math.min(
      free,
      parts.reduce((n, part) => n + Math.max(0, part.limit - part.used), 0),
    )
    return {
      used: all,
      free,
      budget: parts.reduce((n, part) => n + part.limit, 0),
      parts,
      ...(perDay !== undefined && { per_day: perDay }),
      ...(perDay !== undefined && perDay > 0 && { full_at: Math.round(clock.now() + (room / perDay) * 86_400_000) }),
      order: ['history', 'rollups', 'devicelog'],
    }
  }
}

/** Octets by what lies directly in the data directory; what is not there counts nothing. */
async function diskOf({ dataDir }: DiskLimits): Promise<Record<string, number>> {
  const names = await readdir(dataDir).catch(() => [])
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await sizeOf(join(dataDir, name))] as const)))
}

/** As much as is taken up, not as long as files are: those of the log are made ahead. */
async function sizeOf(path: string): Promise<number> {
  const s = await stat(path).catch(() => undefined)
  if (!s) return 0
  if (!s.isDirectory()) return s.blocks * 512
  const names = await readdir(path).catch(() => [])
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))))
  return sizes.reduce((n, v) => n + v, 0)
}
