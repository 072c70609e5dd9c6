/**
 * Sessions follow the model: when a product's published version or its pins change, or a device's firmware does, records of the
 * sessions that are up are of the new version from then on.
 */
import type { RegistryBell } from '#core/queue/port.ts'
import type { Start } from './start.ts'

export interface Retargeter {
  /** The node lives. */
  heard(node: string): void
  stop(): void
}

const MOST_AT_ONCE = 500
/** A session whose login was being checked while the model changed is found by the second look. */
const LOOKS = [0, 2000]
const NODE_LOST_AFTER = 60_000

export function makeRetargeter({ peers, ports: { presence, queue }, clock, log }: Start): Retargeter {
  /** node → when it was heard last */
  const nodes = new Map<string, number>()
  const waiting = new Set<() => void>()

  async function ofProduct(productId: number): Promise<void> {
    for (const node of nodes.keys()) {
      const devices = (await peers.access(node)?.sessions({ productId }))?.devices ?? []
      for (let i = 0; i < devices.length; i += MOST_AT_ONCE) await tell(node, devices.slice(i, i + MOST_AT_ONCE))
    }
  }

  async function ofDevice(id: number): Promise<void> {
    const [route] = await presence.routes([id])
    if (route) await tell(route.node, [id])
  }

  async function tell(node: string, ids: number[]): Promise<void> {
    const { items } = await peers.registry.devicesById({ ids })
    await peers.access(node)?.retarget({ items: items.map((d) => ({ device: d.id, modelVersion: d.modelVersion })) })
  }

  function look(bell: RegistryBell, after: number): void {
    const cancel = clock.after(after, () => {
      waiting.delete(cancel)
      const done = bell.what === 'product' ? ofProduct(bell.id) : ofDevice(bell.id)
      done.catch((err: unknown) => log.warn({ err, [bell.what]: bell.id }, 'sessions could not be told of the new model version'))
    })
    waiting.add(cancel)
  }

  const deaf = queue.listen('registry', 'devicemanager/model', (bell) => {
    if (bell.change !== 'changed' || (bell.what !== 'product' && bell.what !== 'device')) return
    for (const after of LOOKS) look(bell, after)
  })

  return {
    heard(node) {
      const now = clock.now()
      nodes.set(node, now)
      for (const [name, at] of nodes) if (now - at > NODE_LOST_AFTER) nodes.delete(name)
    },
    stop() {
      deaf()
      for (const cancel of waiting) cancel()
    },
  }
}
