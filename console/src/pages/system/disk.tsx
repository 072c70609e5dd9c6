import { useFormat } from '../../lib/format.ts'
import { Card } from '../../ui/page.tsx'
import type { System } from './data.ts'
import { useSystem } from './texts.ts'

export function Disk({ disk: d }: { disk: System['disk'] }) {
  const t = useSystem()
  const f = useFormat()
  return (
    <Card title={t.disk} push={t.of(f.bytes(d.used), f.bytes(d.budget))}>
      <div className="sect flush stack">
        <meter aria-label={t.disk} min={0} max={Math.max(1, d.budget)} value={d.used} high={d.budget * 0.85} optimum={0} />
        <dl className="pairs">
          {d.parts.map((p) => (
            <div className="pair" key={p.name}>
              <dt>{p.name}</dt>
              <dd>{p.limit > 0 ? t.of(f.bytes(p.used), f.bytes(p.limit)) : f.bytes(p.used)}</dd>
            </div>
          ))}
          <div className="pair">
            <dt>{t.free}</dt>
            <dd>{f.bytes(d.free)}</dd>
          </div>
        </dl>
        <small>
          {d.per_day !== undefined && d.per_day > 0 && `${t.perDay(f.bytes(d.per_day))}. `}
          {d.full_at ? `${t.fullAt(f.moment(d.full_at))}. ` : ''}
          {d.order[0] && t.first(d.order[0])}
        </small>
      </div>
    </Card>
  )
}
