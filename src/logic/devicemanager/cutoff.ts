/** Sessions that must end because the registry changed: device removed, token revoked (hard case S-03: within a second). */
import type { Cause } from '#contracts/causes.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { Start } from './start.ts'
import type { Closer } from './takeover.ts'

/** What happened to devices while a connect was being decided. */
export type Meanwhile = Map<number, Cause>

export interface CutOff {
  /** Notes what happens to devices from now until `release`. */
  watch(): Meanwhile
  release(m: Meanwhile): void
  stop(): void
}

const causeOfBell = ({ what, change }: RegistryBell): Cause | undefined => {
  if (what === 'device' && change === 'removed') return 'device_removed'
  if (what === 'token' && (change === 'revoked' || change === 'removed')) return 'token_revoked'
  return undefined
}

const ATTEMPTS = 5
const AGAIN_IN = 200

export function makeCutOff({ ports: { presence, queue }, clock, log }: Start, closer: Closer): CutOff {
  const watching = new Set<Meanwhile>()

  async function end(device: number, cause: Cause): Promise<void> {
    const [route] = await presence.routes([device])
    if (route) await closer.close(route.node, [route], cause)
  }

  function tryToEnd(device: number, cause: Cause, attempts: number): void {
    end(device, cause).catch((err: unknown) => {
      log.warn({ err, deviceId: device, cause, attempts: attempts - 1 }, 'session could not be ended')
      if (attempts > 1) clock.after(AGAIN_IN, () => tryToEnd(device, cause, attempts - 1))
    })
  }

  const stop = queue.listen('registry', 'devicemanager', (bell) => {
    const cause = causeOfBell(bell)
    if (!cause) return
    for (const m of watching) m.set(bell.id, cause)
    tryToEnd(bell.id, cause, ATTEMPTS)
  })

  return {
    watch() {
      const m: Meanwhile = new Map()
      watching.add(m)
      return m
    },
    release: (m) => void watching.delete(m),
    stop,
  }
}
