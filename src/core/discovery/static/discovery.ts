/**
 * Discovery by a list that never changes, where addresses are known beforehand; what this process announces is added for itself.
 *
 *   static:controller=http://10.0.0.1:9100,http://10.0.0.2:9100;registry=http://10.0.0.3:9100
 */
import type { EngineOptions } from '#core/engines.ts'
import { PandoError } from '#lib/errors.ts'
import { localDiscovery } from '../local/discovery.ts'
import type { Discovery, Instance } from '../port.ts'

export function staticDiscovery(url: string, o: EngineOptions): Discovery {
  const listed = instancesOf(url)
  const own = localDiscovery(o)
  /** Oneself may be in the list too. */
  const joined = (service: string, mine: Instance[]): Instance[] => {
    const addresses = new Set(mine.map((i) => i.address))
    return [...listed.filter((i) => i.service === service && !addresses.has(i.address)).map((i) => ({ ...i })), ...mine]
  }
  return {
    announce: own.announce,
    instances: async (service) => joined(service, await own.instances(service)),
    watch: (service, changed) => own.watch(service, (mine) => changed(joined(service, mine))),
    health: own.health,
    close: own.close,
  }
}

const FORM = 'static:service=address[,address…][;service=…], an address as http://10.0.0.1:9100 or unix:/run/pando.sock'

function instancesOf(url: string): Instance[] {
  const text = url.replace(/^static:/, '')
  if (text === '') return []
  return text.split(';').flatMap((part) => {
    const [, service, addresses] = /^(\w+)=([^;=]+)$/.exec(part) ?? []
    if (service === undefined || addresses === undefined) throw wrong(part)
    return addresses.split(',').map((address) => {
      if (!/^(https?:\/\/[^/?#@]+|unix:\/.+)$/.test(address)) throw wrong(address)
      return { service, id: address, address, version: '' }
    })
  })
}

const wrong = (part: string): PandoError =>
  new PandoError('config_invalid', `discovery: "${part}" is not understood; the form is ${FORM}`, { port: 'discovery' })
