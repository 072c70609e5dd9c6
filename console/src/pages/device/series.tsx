import { type ReactNode, useState } from 'react'
import { useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { spansSince } from '../../lib/spans.ts'
import { useCommon } from '../../text/common.ts'
import { Seg } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Plot } from '../../ui/plot.tsx'
import { useDevice } from './texts.ts'

const ranges = ['0.25', '1', '24', '168', '720'] as const
type Hours = (typeof ranges)[number]
const HOUR = 3_600_000
const POINTS = 720
/** No plot is of less, however young the device is. */
const SHORTEST = 60_000
/** Newer values are asked for no more often than this. */
const EVERY = 10_000

interface Props {
  device: number
  object: string
  name: string
  title: string
  unit?: string
  decimals?: number
  /** when the device was made: a young one has no day to show */
  since: number
  picker?: ReactNode
}

/** What is new is not shown as a line at the edge of an hour that it was not there; nor does a plot begin before the device did. */
const startOf = (age: number): Hours => (age < HOUR / 4 ? '0.25' : age < 2 * HOUR ? '1' : '24')

/** A value by time: a range up to now, or one that was drawn. */
export function SeriesPlot({ device, object, name, title, unit, decimals, picker, since }: Props) {
  const t = useDevice()
  const c = useCommon()
  const f = useFormat()
  const [first] = useState(startOf(Date.now() - since))
  const [chosen, setHours] = useChosen('hours', ranges, first)
  const { offered, whole } = spansSince(ranges, since, Date.now())
  const hours = offered.includes(chosen) ? chosen : offered.at(-1)!
  const [drawn, draw] = useState<{ from: number; to: number }>()
  // to the step of what is asked, so that the question is the same for a while
  const to = drawn?.to ?? Math.ceil(Date.now() / EVERY) * EVERY
  const from = drawn?.from ?? Math.max(to - Number(hours) * HOUR, Math.min(since, to - SHORTEST))
  const query = { object, value: name, points: POINTS, from: Math.round(from), ...(drawn && { to: Math.round(to) }) }
  const key = drawn ? query : { ...query, from: Math.floor(from / EVERY) * EVERY }
  const asked = useGet(
    'GET /devices/{id}/series',
    { params: { id: device }, query: key },
    { keep: true, ...(!drawn && { every: EVERY }) },
  )
  const zoom = (by: number) => {
    const middle = (from + to) / 2
    const half = ((to - from) / 2) * by
    draw({ from: middle - half, to: Math.min(Date.now(), middle + half) })
  }
  const choose = (h: Hours) => {
    setHours(h)
    draw(undefined)
  }
  return (
    <section className="card">
      <header>
        <h2 className={picker ? 'vh' : undefined}>{title}</h2>
        {picker}
        {unit && <span className="t3">({unit})</span>}
        <span className="push">
          <button
            type="button"
            className="btn s icon"
            data-k="quiet"
            aria-label={t.zoomIn}
            title={t.zoomIn}
            onClick={() => zoom(0.5)}
          >
            +
          </button>
          <button
            type="button"
            className="btn s icon"
            data-k="quiet"
            aria-label={t.zoomOut}
            title={t.zoomOut}
            onClick={() => zoom(2)}
          >
            −
          </button>
          <Seg<Hours>
            label={t.ribbon}
            value={drawn ? ('' as Hours) : hours}
            on={choose}
            of={offered.map((h) => [h, h === whole ? c.since(f.when(since)) : t.last[h]] as const)}
          />
        </span>
      </header>
      <div className="sect flush" data-stale={asked.isPlaceholderData || undefined}>
        <Asked of={asked} rows={8}>
          {(s) => (
            <>
              <Plot
                label={title}
                {...(unit && { unit })}
                {...(decimals !== undefined && { decimals })}
                from={from}
                to={to}
                zoom={(a, b) => draw({ from: a, to: b })}
                data={{
                  t: s.t,
                  v: s.v.map((v) => (typeof v === 'number' ? v : v === null ? null : Number(v))),
                  ...(s.step > 0 && { step: s.step }),
                  marks: s.marks.map((m) => ({ at: m.at, text: String(m.params['name'] || t.setValues) })),
                }}
              />
              <small>{t.points(f.n(s.t.length), s.step > 0 ? f.span(s.step) : '')}</small>
            </>
          )}
        </Asked>
      </div>
    </section>
  )
}
