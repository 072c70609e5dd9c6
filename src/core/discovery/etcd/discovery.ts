/** Discovery by etcd: an instance is a key `<prefix>/<service>/<id>` under the lease of its process. */
import type { EngineOptions } from '#core/engines.ts'
import { reachability, reasonOf } from '#core/remote/health.ts'
import { PandoError } from '#lib/errors.ts'
import type { Discovery, Instance } from '../port.ts'
import { EtcdError, etcdGateway } from './gateway.ts'
import { etcdAnnouncer } from './lease.ts'
import { etcdMirror } from './mirror.ts'

type Changed = (instances: Instance[]) => void

/** Rejects with `unavailable` if no server answers, and `config_invalid`. While none does, what was last known is told. */
export async function openEtcdDiscovery(url: string, { log }: EngineOptions): Promise<Discovery> {
  const gateway = etcdGateway(url)
  const health = reachability(gateway.shown)
  const watchers = new Map<string, Map<Changed, string>>()
  const announcer = etcdAnnouncer(gateway, health.ok, health.failed)
  const mirror = etcdMirror({ gateway, changed: tellAll, onAnswer: health.ok, onFailure: health.failed })

  /** What this process is it knows, whatever the server does. */
  const own = new Map<string, Instance>()

  const list = (service: string): Instance[] =>
    [...new Map([...(mirror.instances ?? []), ...own]).values()]
      .filter((i) => i.service === service)
      .map((i) => structuredClone(i))

  /** Each is told what changed for it only. */
  function tell(service: string, changed: Changed, of: Map<Changed, string>): void {
    const now = list(service)
    const text = JSON.stringify(now)
    if (of.get(changed) === text) return
    of.set(changed, text)
    try {
      changed(now)
    } catch (err) {
      log?.error({ err, service }, 'a watcher of discovery failed')
    }
  }
  function tellAll(): void {
    for (const [service, of] of watchers) for (const changed of [...of.keys()]) tell(service, changed, of)
  }

  /** Own changes are seen by oneself at once, if the server is there. */
  const seen = () => mirror.read().catch(health.failed)

  try {
    await mirror.read()
  } catch (e) {
    mirror.close()
    await gateway.close()
    const refused = e instanceof EtcdError
    const text = `discovery: ${gateway.shown} ${refused ? 'refuses' : 'cannot be reached'}: ${reasonOf(e)}`
    throw new PandoError(refused ? 'config_invalid' : 'unavailable', text, { port: 'discovery' }, e)
  }

  return {
    async announce(instance) {
      const key = `${gateway.prefix}/${instance.service}/${instance.id}`
      own.set(key, instance)
      const withdraw = await announcer.announce(key, JSON.stringify(instance))
      await seen()
      tellAll()
      return async () => {
        if (own.get(key) === instance) own.delete(key)
        await withdraw()
        await seen()
        tellAll()
      }
    },
    async instances(service) {
      await seen()
      return list(service)
    },
    watch(service, changed) {
      const of = watchers.get(service) ?? new Map<Changed, string>()
      watchers.set(service, of)
      tell(service, changed, of)
      return () => void of.delete(changed)
    },
    health: health.current,
    async close() {
      watchers.clear()
      mirror.close()
      try {
        await announcer.close()
      } catch (err) {
        log?.warn({ err }, 'discovery could not be told that this process leaves; its lease ends by itself')
      }
      await gateway.close()
    },
  }
}
