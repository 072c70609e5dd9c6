/** What a limit would mean: how the last values of all devices divide, and how many lie beyond it. */
import { useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { Card } from '../../ui/page.tsx'
import type { Comparison } from './comparisons.ts'
import { useRules } from './texts.ts'

const [WIDTH, HEIGHT] = [280, 64]

export function Limit({ product, of: c }: { product: number; of: Comparison }) {
  const t = useRules()
  const f = useFormat()
  const [, object, value] = c.name.split('.')
  const { data } = useGet(
    'GET /products/{id}/histogram',
    { params: { id: product }, query: { object: object ?? '', value: value ?? '', bins: 40 } },
    { keep: true },
  )
  if (!data || data.devices === 0) return null
  const limit = Number(c.value)
  const known = c.value.trim() !== '' && Number.isFinite(limit)
  const [low, high] = [data.edges[0]!, data.edges.at(-1)!]
  const most = Math.max(...data.counts)
  const step = WIDTH / data.counts.length
  const at = Math.min(1, Math.max(0, (limit - low) / (high - low || 1))) * WIDTH
  const below = c.op === '<' || c.op === '<='
  const beyond = data.counts.reduce((n, count, i) => {
    const middle = (data.edges[i]! + data.edges[i + 1]!) / 2
    return n + ((below ? middle < limit : middle > limit) ? count : 0)
  }, 0)
  return (
    <Card title={t.limit} note={<code>{c.name.replace(/^status\./, '')}</code>}>
      <div className="sect flush stack tight">
        <small>{t.divides(f.n(data.devices))}</small>
        <figure className="plot">
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 16}`} role="img" aria-label={t.divides(f.n(data.devices))}>
            {data.counts.map((n, i) => {
              const height = n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT)
              return (
                <rect
                  key={i}
                  className="fire bar"
                  x={i * step + 0.5}
                  width={Math.max(1, step - 1)}
                  y={HEIGHT - height}
                  height={height}
                />
              )
            })}
            <line className="axis" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
            {known && <line className="limit" x1={at} x2={at} y1={0} y2={HEIGHT} />}
            <text x={0} y={HEIGHT + 13}>
              {f.n(low, 2)}
            </text>
            <text x={WIDTH} y={HEIGHT + 13} textAnchor="end">
              {f.n(high, 2)}
            </text>
          </svg>
        </figure>
        {known && <p>{t.beyond(f.pct(beyond / data.devices), below)}</p>}
      </div>
    </Card>
  )
}
