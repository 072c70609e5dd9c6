/** Where a device that has logged in is sent to. */
import { PandoError } from '#lib/errors.ts'
import type { Address } from '#lib/settings.ts'
import { hostPort } from './addresses.ts'

export interface AccessConfig {
  /** host:port told to every device */
  mqttaccessPublic?: string
  coapaccessPublic?: string
  xmppaccessPublic?: string
  mqttaccessListen: Address
}

/** What discovery knows of an instance: `public` by protocol, e.g. { mqtt: '0.0.0.0:1883' }. */
export interface Announced {
  id: string
  public?: Record<string, string>
}

/**
 * → the address for a device that speaks `protocol` and reached us at the address `reached`; undefined: no access service for it
 * runs here. Rejects with `unavailable` when MQTT's is not known at the moment.
 */
export type AccessPoints = (protocol: string, reached: string) => Promise<string | undefined>

export const DEFAULT_PROTOCOL = 'mqtt'
const EVERYWHERE = new Set(['0.0.0.0', '::', ''])
const PROTOCOL = /^[a-z][a-z0-9]{0,15}$/

export function makeAccessPoints(
  config: AccessConfig,
  instances: ((service: string) => Promise<readonly Announced[]>) | undefined,
): AccessPoints {
  let turn = 0

  async function announced(protocol: string): Promise<string | undefined> {
    const all = instances ? await instances(`${protocol}access`) : []
    const addresses = all.map((i) => i.public?.[protocol]).filter((a) => a !== undefined)
    return addresses[turn++ % addresses.length]
  }

  return async (protocol, reached) => {
    if (!PROTOCOL.test(protocol)) return undefined
    const told = Object.hasOwn(config, `${protocol}accessPublic`) && config[`${protocol}accessPublic` as 'mqttaccessPublic']
    if (told) return told
    const address = (await announced(protocol)) ?? (protocol === DEFAULT_PROTOCOL ? listened(config.mqttaccessListen) : undefined)
    return address === undefined ? undefined : reachable(address, reached)
  }
}

/** Where MQTT is configured to listen: an access service that has just died is announced no more, and will be back. */
function listened({ host, port }: Address): string {
  if (port === 0) throw new PandoError('unavailable', 'no MQTT access service is announced')
  return hostPort(host, port)
}

/** A node that listens on all its addresses is reached on the one by which the device has reached us. */
function reachable(address: string, reached: string): string {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  return EVERYWHERE.has(host) ? hostPort(reached, address.slice(at + 1)) : address
}
