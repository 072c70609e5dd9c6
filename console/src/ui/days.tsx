import { useFormat } from '../lib/format.ts'

/** A day's words have no room beyond. */
const LAST = 0.94
const LAST_ON_PHONE = 0.86

/** Below a line of days: each where it begins; `share`: how far along the line a moment is, 0 … 1. */
export function Days({ days, share }: { days: readonly number[]; share: (at: number) => number }) {
  const f = useFormat()
  return (
    <div className="ribbon-days" aria-hidden="true">
      {days
        .filter((at) => share(at) < LAST)
        .map((at) => (
          <small key={at} className={share(at) > LAST_ON_PHONE ? 'wide-only' : undefined} style={{ left: `${share(at) * 100}%` }}>
            {f.date(at)}
          </small>
        ))}
    </div>
  )
}
