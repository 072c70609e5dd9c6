import { useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { spansSince } from '../../lib/spans.ts'
import { useCommon } from '../../text/common.ts'
import { Seg } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import { begun, firstOf, Plot } from '../../ui/plot.tsx'
import { useOverview } from './texts.ts'

const spans = ['1', '6', '24'] as const
type Span = (typeof spans)[number]
const HOUR = 3_600_000
const often = { every: 60_000, keep: true }
const startOf = (span: Span): number => Date.now() - Number(span) * HOUR
/** To the minute, so that the question is the same for a while. */
const floor = (at: number): number => Math.floor(at / 60_000) * 60_000
const online = (span: Span) => ({ query: { name: 'online' as const, points: 720, from: floor(startOf(span)) } })

/** How many devices were online; what it says of its span is what it shows. */
export function Online() {
  const t = useOverview()
  const c = useCommon()
  const f = useFormat()
  const [chosen, choose] = useChosen('hours', spans, '24')
  const day = useGet('GET /series', online('24'), often)
  const first = day.data && firstOf(day.data)
  const { offered, whole } = spansSince(spans, first, Date.now())
  const span = offered.includes(chosen) ? chosen : offered.at(-1)!
  const asked = useGet('GET /series', online(span), often)
  // figures of a shorter span have finer steps
  const begins = (span === whole && asked.data && firstOf(asked.data)) || first
  const words = (s: Span) => (s === whole && begins ? c.since(f.when(begins)) : t.last[s])
  return (
    <Card
      title={t.devicesOnline}
      push={
        offered.length > 1 ? (
          <Seg<Span> label={t.devicesOnline} of={offered.map((s) => [s, words(s)] as const)} value={span} on={choose} />
        ) : (
          <span className="t3">{words(span)}</span>
        )
      }
    >
      <div className="sect flush">
        <Asked of={asked} rows={8}>
          {(s) => (
            <Plot
              kind="dok"
              label={t.devicesOnline}
              counts
              decimals={0}
              from={begun(startOf(span), s)}
              to={Date.now()}
              data={{ t: s.t, v: s.v }}
            />
          )}
        </Asked>
      </div>
    </Card>
  )
}
