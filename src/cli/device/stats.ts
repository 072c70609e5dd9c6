/** What a fleet of virtual devices has done, and how long acknowledgements took. */

export const countNames = [
  'registered',
  'logged_in',
  'connects',
  'reconnects',
  'sent',
  'acked',
  'events',
  'commands',
  'sets',
  'queries',
  'late',
  'refused',
  'dropped',
  'duplicated',
  'bad_frames',
  'slowed',
  'storms',
] as const
export type CountName = (typeof countNames)[number]

export interface Stats {
  readonly counts: Record<CountName, number>
  /** connections that are up now */
  connected: number
  /** the last thing that went wrong, in one line */
  lastError: string
  took(ms: number): void
  /** ms that this part (0…1) of all acknowledgements took at most, to 2 % */
  quantile(part: number): number
}

/** Bucket n holds times up to 0.01 ms × 1.02ⁿ; the last is above 10 minutes. */
const [LEAST, GROWTH, BUCKETS] = [0.01, Math.log(1.02), 920]

export function makeStats(): Stats {
  const buckets = new Uint32Array(BUCKETS)
  let total = 0
  return {
    counts: Object.fromEntries(countNames.map((n) => [n, 0])) as Record<CountName, number>,
    connected: 0,
    lastError: '',
    took(ms) {
      const n = ms <= LEAST ? 0 : Math.ceil(Math.log(ms / LEAST) / GROWTH)
      buckets[Math.min(n, BUCKETS - 1)]!++
      total++
    },
    quantile(part) {
      let left = total * part
      for (let n = 0; n < BUCKETS; n++) {
        left -= buckets[n]!
        if (left <= 0 && total > 0) return Number((LEAST * Math.exp(n * GROWTH)).toPrecision(3))
      }
      return 0
    },
  }
}
