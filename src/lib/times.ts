/** Moments and lengths of time as people write them. */

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `5m`, `1.5h`, `250ms` → ms; undefined if it is none, or not a whole positive number of milliseconds. */
export function lengthOf(text: string): number | undefined {
  const m = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text)
  const ms = m ? Math.round(Number(m[1]) * units[m[2]!]!) : 0
  return ms > 0 ? ms : undefined
}

/** ISO 8601 (a date, or a time with its zone) or ms since 1970 → ms since 1970; undefined if it is none. */
export function momentOf(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
