/** How often one may try to sign in: per name and address, and per address for all names. Kept in memory, bounded. */
import { PandoError } from '#lib/errors.ts'
import { makeCache } from '../cache.ts'

const TRIES = 5
const TRIES_OF_ADDRESS = 50
/** The first pause; each further failure doubles it, up to the longest. */
const PAUSE = 30_000
const LONGEST = 15 * 60_000
/** Failures are forgotten after so long without one. */
const FORGET = LONGEST
const KEPT = 20_000

interface Tally {
  failures: number
  lockedUntil: number
  at: number
}

/** An IPv6 address stands for its network of 64 bits: whoever has one has them all. */
export function network(addr: string): string {
  if (!addr.includes(':') || /^::ffff:[\d.]+$/i.test(addr)) return addr.replace(/^::ffff:/i, '')
  const [head = '', tail] = addr.replace(/%.*$/, '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0')
  return `${[...groups, ...zeros, ...rest]
    .slice(0, 4)
    .map((g) => g.replace(/^0+(?=.)/, ''))
    .join(':')
    .toLowerCase()}::/64`
}

export interface SignInLimits {
  /** Counts a try before it is known how it ends, so that many at once are not more than many in turn. Throws `rate_limited`. */
  take(name: string, addr: string): Attempt
}

export interface Attempt {
  /** should this one fail */
  left: number
  retryAt: number
  succeeded(): void
  /** it was not looked at */
  undone(): void
}

export function makeLimits(now: () => number): SignInLimits {
  const tallies = makeCache<string, Tally>(KEPT)
  const tallyOf = (key: string): Tally => {
    const t = now()
    const found = tallies.get(key)
    const tally = found && t - Math.max(found.at, found.lockedUntil) < FORGET ? found : { failures: 0, lockedUntil: 0, at: t }
    tallies.fill(key, tally, tallies.epoch())
    return tally
  }
  const locked = (tally: Tally): boolean => tally.lockedUntil > now()
  const count = (tally: Tally, tries: number): void => {
    tally.failures++
    tally.at = now()
    const above = tally.failures - tries
    if (above >= 0) tally.lockedUntil = now() + Math.min(LONGEST, PAUSE * 2 ** Math.min(above, 10))
  }
  return {
    take(name, addr) {
      const place = network(addr)
      const [own, address] = [tallyOf(`n/${name}/${place}`), tallyOf(`a/${place}`)]
      const until = Math.max(own.lockedUntil, address.lockedUntil)
      if (locked(own) || locked(address))
        throw new PandoError('rate_limited', 'too many failed sign-ins', { left: 0, retryAt: until })
      count(own, TRIES)
      count(address, TRIES_OF_ADDRESS)
      const left = Math.max(0, Math.min(TRIES - own.failures, TRIES_OF_ADDRESS - address.failures))
      return {
        left,
        retryAt: Math.max(own.lockedUntil, address.lockedUntil),
        succeeded(): void {
          own.failures = 0
          own.lockedUntil = 0
          address.failures--
          if (address.failures < TRIES_OF_ADDRESS) address.lockedUntil = 0
        },
        undone(): void {
          for (const tally of [own, address]) tally.failures--
          if (own.failures < TRIES) own.lockedUntil = 0
          if (address.failures < TRIES_OF_ADDRESS) address.lockedUntil = 0
        },
      }
    },
  }
}
