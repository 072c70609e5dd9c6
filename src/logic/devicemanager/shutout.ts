/** Addresses that somebody has shut out for a time: kept in the registry, so that every device manager knows them, after a restart too. */
import type { ConnectRequest, ConnectVerdict } from '#contracts/devicemanager.ts'
import type { By } from '#contracts/registry.ts'
import type { Start } from './start.ts'

export interface ShutOut {
  /** `until` 0: lets it in again. → the host */
  set(asked: { address: string; until: number; deviceId: number; audit?: By }): Promise<string>
  /** Resolves when it is known who is shut out; undefined: it is. */
  known(): Promise<void> | undefined
  /** host:port */
  holds(address: string): boolean
  /** Refuses devices that have shown their token: nothing is told of others. */
  refuse(items: readonly ConnectRequest[], verdicts: ConnectVerdict[]): void
  stop(): void
}

/** A bell may be lost. */
const READ_EACH = 30_000

const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

export function makeShutOut({ clock, log, peers, ports }: Start): ShutOut {
  /** host → until; undefined: not known yet */
  let hosts: ReadonlyMap<string, number> | undefined
  let reading: Promise<void> | undefined
  let again = false

  async function read(): Promise<void> {
    do {
      again = false
      const { items } = await peers.registry.addressBlocks({})
      hosts = new Map(items.map((b) => [b.host, b.until]))
    } while (again)
  }
  /** As of now, or later. */
  const renew = (): Promise<void> => {
    again = true
    reading ??= read().finally(() => (reading = undefined))
    return reading
  }
  const renewLater = (): void => {
    renew().catch((err: unknown) => log.warn({ err }, 'which addresses are shut out could not be read: what was known holds'))
  }
  const stops = [
    ports.queue.listen('registry', 'devicemanager addresses', ({ what }) => what === 'address' && renewLater()),
    clock.every(READ_EACH, () => hosts && renewLater()),
  ]

  const holds = (address: string): boolean => {
    if (!hosts || hosts.size === 0) return false
    return (hosts.get(hostOf(address)) ?? 0) > clock.now()
  }

  return {
    async set({ address, ...asked }) {
      const host = hostOf(address)
      await peers.registry.blockAddress({ host, ...asked })
      await renew()
      return host
    },
    known: () => (hosts ? undefined : renew()),
    holds,
    refuse(items, verdicts) {
      if (!hosts || hosts.size === 0) return
      for (const [i, { device }] of verdicts.entries())
        if (device && holds(items[i]!.address)) verdicts[i] = { refused: 'address_blocked' }
    },
    stop() {
      for (const stop of stops) stop()
    },
  }
}
