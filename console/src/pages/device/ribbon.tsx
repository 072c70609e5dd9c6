import { useFormat } from '../../lib/format.ts'

/** Presence by time: a bar is online, a hairline offline, nothing is not known. */
export function Ribbon({ spans }: { spans: readonly { from: number; to: number; state: string }[] }) {
  const f = useFormat()
  const [first, last] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 1]
  const x = (at: number) => ((at - first) / Math.max(1, last - first)) * 1000
  const days = Array.from({ length: 7 }, (_, i) => first + (i * (last - first)) / 7)
  return (
    <>
      <svg
        className="ribbon long"
        viewBox="0 0 1000 22"
        preserveAspectRatio="none"
        role="img"
        aria-label={spans
          .map((s) => `${s.state} ${f.moment(s.from)}`)
          .join(', ')
          .slice(0, 500)}
      >
        {spans
          .filter((s) => s.state !== 'unknown')
          .map((s) => (
            <rect
              key={s.from}
              className={s.state === 'online' ? 'on' : 'no'}
              x={x(s.from)}
              y={s.state === 'online' ? 6 : 10}
              width={Math.max(1, x(s.to) - x(s.from))}
              height={s.state === 'online' ? 10 : 2}
            />
          ))}
      </svg>
      <div className="ribbon-days" aria-hidden="true">
        {days.map((at) => (
          <small key={at}>{f.moment(at).replace(/ \d\d:\d\d$/, '')}</small>
        ))}
      </div>
    </>
  )
}
