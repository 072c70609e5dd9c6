import { isIPv6 } from 'node:net'

/** a.b.c.d for an IPv4 address that came in on an IPv6 socket. */
export const unmapped = (ip = ''): string => (ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip)

/** host:port, with brackets where the host is IPv6. */
export const hostPort = (host: string, port: number | string): string => (isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`)

/** Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits, which every subscriber has for himself. */
export function subscriber(ip: string): string {
  const address = unmapped(ip).split('%')[0]!
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':').length + (tail.includes('.') ? 1 : 0) : 0
  if (tail !== undefined) while (groups.length + after < 8) groups.push('0')
  const all = tail ? [...groups, ...tail.split(':')] : groups
  return all
    .slice(0, 4)
    .map((g) => Number.parseInt(g, 16).toString(16))
    .join(':')
}
