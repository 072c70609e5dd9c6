import { useGet } from '../../lib/api.ts'
import { useChosen, useInAddress } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { Dot, type S } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Choice } from '../../ui/form.tsx'
import { useSystem } from './texts.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]
const shapes: Record<string, S> = { warn: 'warn', error: 'bad', fatal: 'bad', info: 'info' }

export function Logs() {
  const t = useSystem()
  const f = useFormat()
  const [level, setLevel] = useChosen('level', levels, 'info')
  const [q, setQ] = useInAddress('q')
  const asked = useGet('GET /logs', { query: { level, limit: 300, ...(q && { q }) } }, { every: 5000, keep: true })
  return (
    <section className="card">
      <header>
        <Choice<Level> label={t.level} value={level} set={setLevel} of={levels.map((l) => [l, t.levels[l]])} />
        <input
          className="input s fit"
          aria-label={t.search}
          placeholder={t.search}
          value={q}
          onChange={(e) => setQ(e.target.value)}
        />
      </header>
      <Asked of={asked} rows={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noLogs} />
          ) : (
            <ul className="list tight log">
              {items.map((l, i) => (
                <li key={`${l.at} ${i}`}>
                  <Dot s={shapes[l.level] ?? 'new'} />
                  <small>{f.precise(l.at)}</small>
                  {l.service && <code className="t3">{l.service}</code>}
                  <code className="grow">{l.message}</code>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  )
}
