/** The process and what it stands on. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { System, systemRoutes } from '#contracts/admin/system.ts'
import type { DiskBudget } from '#contracts/controller.ts'
import { spaceOf } from '#lib/disk.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { wholeOf } from './whole.ts'

type Told = Pick<Handlers<typeof systemRoutes>, 'GET /system' | 'GET /system/config' | 'PUT /system/disk-budget'>

/** Where it lies. */
export interface DiskLimits {
  dataDir: string
}

const MINUTE_MS = 60_000

/** Settings that people change while it runs, and their names in the budget. */
const changeable: Record<string, keyof DiskBudget> = {
  PANDO_DEVICELOG_MAX_BYTES: 'devicelogMaxBytes',
  PANDO_DEVICELOG_MAX_AGE: 'devicelogMaxAge',
  PANDO_HISTORY_MAX_BYTES: 'historyMaxBytes',
  PANDO_HISTORY_MAX_AGE: 'historyMaxAge',
}

export function system(p: Parts & { limits: DiskLimits }): Told {
  const { peers, about, limits, clock } = p
  const doing = makeDoing(p)
  const started = { at: clock.now(), used: diskOf(limits) }
  return {
    'GET /system': async () => {
      const whole = await wholeOf({ about, peers })
      const names = new Set(whole.processes.flatMap((p) => p.services))
      return {
        state: whole.state,
        nodes: whole.processes.length,
        services: [...names].map((name) => ({
          name,
          instances: whole.processes
            .filter((p) => p.services.includes(name))
            .map((p) => ({ ...p.instance, ...(p.listen[name] !== undefined && { listen: p.listen[name] }) })),
        })),
        engines: whole.engines.map(({ port, scheme, state, since, error, affects }) => ({
          port,
          scheme,
          state,
          since,
          ...(error !== undefined && { error }),
          affects: [...affects],
        })),
        checks: whole.checks.map(({ name, ok, detail, since }) => ({
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
      await doing({
        ...{ by, action: 'system.disk_budget', object: 'system', asked: after, before },
        act: () => peers.controller.setDiskBudget(after),
        after: () => after,
      })
      return disk()
    },
  }

  async function disk(): Promise<System['disk']> {
    const [used, budget] = await Promise.all([diskOf(limits), peers.controller.diskBudget({})])
    const { free } = await spaceOf(limits.dataDir)
    const parts = [
      { name: 'devicelog', used: used['log'] ?? 0, limit: budget.devicelogMaxBytes, max_age_ms: budget.devicelogMaxAge },
      { name: 'history', used: used['history'] ?? 0, limit: budget.historyMaxBytes, max_age_ms: budget.historyMaxAge },
    ]
    const all = Object.values(used).reduce((n, v) => n + v, 0)
    const before = Object.values(await started.used).reduce((n, v) => n + v, 0)
    const passed = clock.now() - started.at
    const perDay = passed > 10 * MINUTE_MS ? Math.round(((all - before) / passed) * 86_400_000) : undefined
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
