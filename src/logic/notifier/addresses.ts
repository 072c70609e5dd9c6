/** Which addresses webhooks may reach: the public internet, and what the operator allows. */
import { BlockList, isIP } from 'node:net'
import { PandoError } from '#lib/errors.ts'

/** → undefined if the address may be reached, else why not, in words. */
export type AddressGuard = (address: string) => string | undefined

/** IANA special-purpose registries (RFC 6890 and its updates): everything that is not globally reachable. */
const closed4: readonly [string, number, string][] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'carrier-private'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'benchmarking'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
]

/** Exceptions inside 2000::/3, the only block of global unicast addresses. */
const closed6: readonly [string, number, string][] = [
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4'],
  ['3fff::', 20, 'documentation'],
]

const lists = (rows: readonly [string, number, string][], family: 'ipv4' | 'ipv6'): [BlockList, string][] =>
  rows.map(([net, prefix, what]) => {
    const list = new BlockList()
    list.addSubnet(net, prefix, family)
    return [list, what]
  })

const lists4 = lists(closed4, 'ipv4')
const lists6 = lists(closed6, 'ipv6')
const global6 = lists([['2000::', 3, '']], 'ipv6')[0]![0]
/** RFC 6052 well-known prefix: a translator turns it into the IPv4 address at its end. */
const nat64 = lists([['64:ff9b::', 96, '']], 'ipv6')[0]![0]
const mapped = lists([['::ffff:0:0', 96, '']], 'ipv6')[0]![0]

/** The last 32 bits of an IPv6 address as IPv4 text. */
function embedded4(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (dotted) return dotted
  const [head = '', tail] = address.split('::')
  const words = (tail ?? head).split(':').filter(Boolean)
  const [high, low] = ['0', '0', ...words].slice(-2).map((w) => Number.parseInt(w, 16))
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join('.')
}

const closedName = (named: [BlockList, string][], address: string, family: 'ipv4' | 'ipv6'): string | undefined =>
  named.find(([list]) => list.check(address, family))?.[1]

function closed(address: string): string | undefined {
  if (isIP(address) === 4) return closedName(lists4, address, 'ipv4')
  const plain = address.split('%')[0]!
  if (mapped.check(plain, 'ipv6') || nat64.check(plain, 'ipv6')) return closed(embedded4(plain))
  if (!global6.check(plain, 'ipv6')) return plain === '::1' ? 'loopback' : 'private or reserved'
  return closedName(lists6, plain, 'ipv6')
}

function allowed(allow: BlockList, address: string): boolean {
  if (isIP(address) === 4) return allow.check(address, 'ipv4')
  const plain = address.split('%')[0]!
  if (allow.check(plain, 'ipv6')) return true
  return (mapped.check(plain, 'ipv6') || nat64.check(plain, 'ipv6')) && allow.check(embedded4(plain), 'ipv4')
}

/** A guard that lets the listed networks through (`10.0.0.0/8`, `fd00::/8`, or one address). Error: `config_invalid`. */
export function addressGuard(cidrs: readonly string[]): AddressGuard {
  const allow = new BlockList()
  for (const cidr of cidrs) addCidr(allow, cidr)
  return (address) => {
    if (isIP(address) === 0) return `${address} is not an address`
    if (allowed(allow, address)) return undefined
    const what = closed(address)
    return what && `${address} is not a public address (${what}); PANDO_NOTIFIER_ALLOW can permit its network`
  }
}

function addCidr(list: BlockList, cidr: string): void {
  const [net = '', prefix, ...rest] = cidr.split('/')
  const version = isIP(net)
  const bits = version === 4 ? 32 : 128
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (version === 0 || rest.length > 0 || !(length <= bits)) {
    throw new PandoError('config_invalid', `PANDO_NOTIFIER_ALLOW: ${cidr} is not a network such as 10.0.0.0/8 or fd00::/8`, {
      setting: 'PANDO_NOTIFIER_ALLOW',
    })
  }
  list.addSubnet(net, length, version === 4 ? 'ipv4' : 'ipv6')
}
