/** pando ps: the processes of the cloud. */
import { command, jsonArg } from '../command.ts'
import { openProcesses, type Process } from './processes.ts'

export const ps = command({
  name: 'pando ps',
  summary:
    'Show the processes of the cloud: name, version, uptime, load, connections, services. In a cluster it takes PANDO_DISCOVERY_URL and PANDO_CLUSTER_SECRET.',
  examples: ['pando ps', "pando ps --json | jq '.processes[] | select(.state.connections > 0).instance'"],
  args: jsonArg,
  async run({ json }, { env, out }) {
    const processes = await openProcesses(env)
    try {
      const all = (await processes.list()).sort((a, b) => a.instance.localeCompare(b.instance))
      out.write(json ? `${JSON.stringify({ processes: all })}\n` : textOf(all, Date.now()))
      return all.every((p) => p.state) ? 0 : 1
    } finally {
      await processes.close()
    }
  },
})

const HEAD = ['instance', 'version', 'up', 'load', 'connections', 'services', 'address']

export function textOf(all: readonly Process[], now: number): string {
  const rows = [HEAD, ...all.map((p) => rowOf(p, now))]
  const widths = HEAD.map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)))
  return rows
    .map(
      (r) =>
        `${r
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

function rowOf({ instance, address, state, error }: Process, now: number): string[] {
  if (!state) return [instance, '-', '-', '-', '-', `does not answer: ${error}`, address]
  const { version, startedAt, load, connections, draining, checks, services } = state
  const elsewhere = new Set(checks.filter((c) => c.state === 'elsewhere').map((c) => c.name.split(':')[0]))
  const shown = services.map((s) => (elsewhere.has(s) ? `(${s})` : s)).join(' ')
  const text = draining ? `${shown}, being emptied` : shown
  return [instance, version, spanOf(now - startedAt), `${Math.round(load * 100)} %`, String(connections), text, address]
}

/** `3d 4h`, `2h 5m`, `17s` */
function spanOf(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s >= 86_400) return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`
  if (s >= 3600) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`
  return s >= 60 ? `${Math.floor(s / 60)}m ${s % 60}s` : `${s}s`
}
