/** Addresses that somebody has shut out for a time. */
import type { ConnectRequest, ConnectVerdict } from '#contracts/devicemanager.ts'
import type { Clock } from '#lib/service.ts'

export interface ShutOut {
  /** `until` 0: lets it in again. → the host */
  set(address: string, until: number): string
  /** host:port */
  holds(address: string): boolean
  /** Refuses devices that have shown their token: nothing is told of others. */
  refuse(items: readonly ConnectRequest[], verdicts: ConnectVerdict[]): void
}

const MOST = 10_000

const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

export function makeShutOut(clock: Pick<Clock, 'now'>): ShutOut {
  /** host → until */
  const hosts = new Map<string, number>()

  const holds = (address: string): boolean => {
    if (hosts.size === 0) return false
    const host = hostOf(address)
    const until = hosts.get(host)
    if (until === undefined) return false
    if (until > clock.now()) return true
    hosts.delete(host)
    return false
  }

  return {
    set(address, until) {
      const host = hostOf(address)
      hosts.delete(host)
      if (until > clock.now()) hosts.set(host, until)
      if (hosts.size > MOST) hosts.delete(hosts.keys().next().value!)
      return host
    },
    holds,
    refuse(items, verdicts) {
      if (hosts.size === 0) return
      for (const [i, { device }] of verdicts.entries())
        if (device && holds(items[i]!.address)) verdicts[i] = { refused: 'address_blocked' }
    },
  }
}
