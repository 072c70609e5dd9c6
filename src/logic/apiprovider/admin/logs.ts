/** Lines that were logged of late. */
import { type LogEntry, logLevels, type logRoutes } from '#contracts/admin/logs.ts'
import type { Handlers, Parts } from './call.ts'

const PAGE = 100
/** Of ECS: told under names of their own, or the same on every line. */
const told = new Set(['@timestamp', 'log.level', 'message', 'service', 'ecs.version', 'process.pid', 'host.hostname'])

export function logs({ about }: Parts): Handlers<typeof logRoutes> {
  return {
    'GET /logs': async ({ query }) => {
      const { level = 'debug', service, q = '', from = 0, to = Number.MAX_SAFE_INTEGER, limit = PAGE } = query
      const least = logLevels.indexOf(level)
      const items: LogEntry[] = []
      for (const line of (about?.logged() ?? []).toReversed()) {
        if (items.length === limit) break
        if (!line.includes(q)) continue
        const entry = entryOf(line)
        const bad = (logLevels as readonly string[]).indexOf(entry.level) < least
        if (bad || entry.at < from || entry.at >= to || (service !== undefined && entry.service !== service)) continue
        items.push(entry)
      }
      return { items }
    },
  }
}

function entryOf(line: string): LogEntry {
  const all = JSON.parse(line) as Record<string, unknown>
  const { service } = all
  const name = typeof service === 'string' ? service : (service as { name?: unknown } | undefined)?.name
  return {
    at: Date.parse(String(all['@timestamp'])),
    level: String(all['log.level']),
    ...(typeof name === 'string' && { service: name }),
    message: String(all['message'] ?? ''),
    fields: Object.fromEntries(Object.entries(all).filter(([k]) => !told.has(k))),
  }
}
