/** Discovery inside one process: what its own services announce. */

import type { EngineOptions } from '#core/engines.ts'
import type { EngineHealth } from '#core/health.ts'
import type { Discovery, Instance } from '../port.ts'

type Changed = (instances: Instance[]) => void

export function localDiscovery({ log }: EngineOptions): Discovery {
  const since = Date.now()
  const byService = new Map<string, Map<string, Instance>>()
  const watchers = new Map<string, Set<Changed>>()

  const list = (service: string): Instance[] => [...(byService.get(service)?.values() ?? [])]
  const tell = (service: string, changed: Changed): void => {
    try {
      changed(list(service))
    } catch (err) {
      log?.error({ err, service }, 'a watcher of discovery failed')
    }
  }
  const tellAll = (service: string): void => {
    for (const changed of [...(watchers.get(service) ?? [])]) tell(service, changed)
  }

  return {
    async announce(given) {
      const instance = structuredClone(given)
      const instances = byService.get(instance.service) ?? new Map<string, Instance>()
      byService.set(instance.service, instances.set(instance.id, instance))
      tellAll(instance.service)
      return async () => {
        if (instances.get(instance.id) !== instance) return
        instances.delete(instance.id)
        tellAll(instance.service)
      }
    },
    instances: async (service) => list(service),
    watch(service, changed) {
      const all = watchers.get(service) ?? new Set<Changed>()
      watchers.set(service, all.add(changed))
      tell(service, changed)
      return () => void all.delete(changed)
    },
    health: (): EngineHealth => ({ state: 'ok', since }),
    async close() {
      byService.clear()
      watchers.clear()
    },
  }
}
