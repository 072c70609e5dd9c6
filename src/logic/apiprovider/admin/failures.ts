/** Failed sign-ins by address, beside the registry's count by name: who tries many names must wait too. */
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'

const MAX_FAILURES = 30
const SPAN = 60_000
const MAX_ADDRESSES = 10_000

export interface Failures {
  /** `rate_limited` with `params {left: 0, retryAt}` */
  check(addr: string): void
  count(addr: string, e: unknown): void
}

export function failuresOf(clock: Clock): Failures {
  const counted = new Map<string, { n: number; until: number }>()
  return {
    check(addr) {
      const c = counted.get(addr)
      if (!c || c.until <= clock.now()) return void counted.delete(addr)
      if (c.n >= MAX_FAILURES)
        throw new PandoError('rate_limited', 'too many failed sign-ins from this address', { left: 0, retryAt: c.until })
    },
    count(addr, e) {
      if (!isPandoError(e, 'unauthenticated')) return
      const c = counted.get(addr) ?? { n: 0, until: clock.now() + SPAN }
      c.n++
      counted.set(addr, c)
      const oldest = counted.size > MAX_ADDRESSES ? counted.keys().next() : undefined
      if (oldest && !oldest.done) counted.delete(oldest.value)
    },
  }
}
