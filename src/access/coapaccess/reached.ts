import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { option } from './message/numbers.ts'
import { find } from './message/options.ts'
import type { Exchange } from './server/exchange.ts'

const EVERYWHERE = new Set(['0.0.0.0', '::'])

/** Our own address as the peer reaches it: as it named us (Uri-Host), as we are bound, or from where the system would send to it. */
export async function reachedBy(ex: Exchange): Promise<string> {
  const named = find(ex, option.uriHost)
  if (named) return Buffer.from(named).toString('utf8')
  const { reached, address } = ex.carrier
  if (!EVERYWHERE.has(reached)) return reached
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at).replace(/^\[|\]$/g, '')
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((done, failed) => {
      socket.once('error', failed)
      socket.connect(Number(address.slice(at + 1)), host, () => done())
    })
    return socket.address().address
  } catch {
    return reached
  } finally {
    socket.close()
  }
}
