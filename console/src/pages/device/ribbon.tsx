import { useFormat } from '../../lib/format.ts'
import { useCommon } from '../../text/common.ts'
import { Days } from '../../ui/days.tsx'

interface Span {
  from: number
  to: number
  state: string
}

const HOUR = 3_600_000

/** Presence by time: a bar is online, a hairline offline, nothing is not known, or was before the device. */
export function Ribbon({ spans, since }: { spans: readonly Span[]; since: number }) {
  const f = useFormat()
  const c = useCommon()
  const [first, last] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 1]
  const share = (at: number) => (at - first) / Math.max(1, last - first)
  const shown = spans.filter((s) => s.state !== 'unknown' && s.to > since).map((s) => ({ ...s, from: Math.max(s.from, since) }))
  // where a day begins in the reader's zone
  const hours = Array.from({ length: Math.floor((last - first) / HOUR) }, (_, i) => (Math.floor(first / HOUR) + 1 + i) * HOUR)
  const days = hours.filter((at) => f.day(at) !== f.day(at - HOUR))
  return (
    <>
      <svg
        className="ribbon long"
        viewBox="0 0 1000 22"
        preserveAspectRatio="none"
        role="img"
        aria-label={shown
          .map((s) => `${s.state === 'online' ? c.states.online : c.states.offline} ${f.moment(s.from)}`)
          .join(', ')
          .slice(0, 500)}
      >
        {shown.map((s) => (
          <rect
            key={s.from}
            className={s.state === 'online' ? 'on' : 'no'}
            x={share(s.from) * 1000}
            y={s.state === 'online' ? 6 : 10}
            width={Math.max(1, (share(s.to) - share(s.from)) * 1000)}
            height={s.state === 'online' ? 10 : 2}
          />
        ))}
        {days.map((at) => (
          <rect key={at} className="day" x={share(at) * 1000} y={18} width={1} height={4} />
        ))}
      </svg>
      <Days days={days} share={share} />
    </>
  )
}
