import type { Held } from './held.ts'
import type { Start } from './start.ts'

const TOUCH_EACH = 12 * 3_600_000
/** A token must be touched well within its life. */
const SHARE_OF_LIFE = 3
const AT_ONCE = 1000

/** Tokens slide while they are used: a device that stays connected never finds its token dead. → stop */
export function keepTokens({ config, clock, log, peers, ports: { presence } }: Start, held: Held): () => void {
  let running = false
  async function touch(): Promise<void> {
    const devices = held.devices()
    for (let i = 0; i < devices.length; i += AT_ONCE) {
      const some = devices.slice(i, i + AT_ONCE)
      const routes = await presence.routes(some)
      held.forget(some.filter((_, n) => routes[n] === undefined))
      await peers.registry.touchTokens({ deviceIds: some.filter((_, n) => routes[n] !== undefined) })
    }
  }
  return clock.every(Math.min(TOUCH_EACH, config.tokenLife / SHARE_OF_LIFE), () => {
    if (running) return
    running = true
    touch()
      .catch((err: unknown) => log.warn({ err }, 'tokens of connected devices could not be kept alive; trying again later'))
      .finally(() => {
        running = false
      })
  })
}
