/** Addresses: free, ours, or somebody else's. */
import type { Config } from '#src/config.ts'
import { isFree, listenersOf } from '../listening.ts'
import { error, type Finding, orFine } from './finding.ts'

/** `ours`: what the running cloud listens on, as URLs. */
export async function ports(config: Config, ours: readonly string[] = []): Promise<Finding[]> {
  const mine = new Set(ours.map((url) => new URL(url).port))
  const found: Finding[] = []
  for (const { setting, address, udp } of listenersOf(config)) {
    if (address.port === 0 || mine.has(String(address.port)) || (await isFree(address, udp))) continue
    const text = `${address.host}:${address.port} (${setting}) is taken by another program`
    found.push(
      error('ports', text, `stop that program, or choose another address: ${setting}=${address.host}:0 takes any free port`),
    )
  }
  return orFine(found, 'ports', ours.length > 0 ? `the cloud listens on ${ours.join(', ')}` : 'the addresses are free')
}
