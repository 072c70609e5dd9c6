/** What runs, and what fails with each engine; the first line of the page has said whether it is bad. */
import { useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { Ago, Dot, type S } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Card, Table } from '../../ui/page.tsx'
import { begun, Plot } from '../../ui/plot.tsx'
import type { System } from './data.ts'
import { Disk } from './disk.tsx'
import { useSystem } from './texts.ts'

const dots: Record<System['state'], S> = { ok: 'ok', degraded: 'warn', down: 'bad' }

export const Now = ({ system }: { system: System }) => (
  <div className="cols main-aside">
    <div>
      <Services system={system} />
      <Engines system={system} />
      <Reports />
    </div>
    <div>
      <Disk disk={system.disk} />
      <Checks system={system} />
    </div>
  </div>
)

function Services({ system: s }: { system: System }) {
  const t = useSystem()
  const f = useFormat()
  const num = (text: string) => ({ text, as: 'num' as const })
  return (
    <Card title={t.services}>
      <Table heads={[t.service, t.on, num(t.cpu), num(t.memory), num(t.loop), t.started]}>
        {s.services.flatMap(({ name, instances }) =>
          instances.map((i) => (
            <tr key={`${name} ${i.node}`}>
              <td data-m="1">
                <span className="state">
                  <Dot s={dots[i.state]} />
                  <b>{name}</b>
                </span>
              </td>
              <td data-m="3">
                <code>{i.node}</code>
              </td>
              <td className="num">{f.pct(i.cpu)}</td>
              <td data-m="2" className="num">
                {f.bytes(i.rss)}
              </td>
              <td className="num">{f.n(i.loop_p99_ms)} ms</td>
              <td>
                <Ago at={i.started_at} bare />
              </td>
            </tr>
          )),
        )}
      </Table>
    </Card>
  )
}

function Engines({ system: s }: { system: System }) {
  const t = useSystem()
  const wrong = s.engines.some((e) => e.error)
  return (
    <Card title={t.engines}>
      <Table heads={[t.port, t.engine, t.affects, ...(wrong ? [t.error] : [])]}>
        {s.engines.map((e) => (
          <tr key={e.port}>
            <td data-m="1">
              <span className="state">
                <Dot s={dots[e.state]} />
                <b>{e.port}</b>
              </span>
            </td>
            <td data-m="2">
              <code>{e.scheme}</code>
            </td>
            <td data-m="3" className="t2">
              {e.affects.join(', ')}
            </td>
            {wrong && <td className="bad">{e.error}</td>}
          </tr>
        ))}
      </Table>
    </Card>
  )
}

function Checks({ system: s }: { system: System }) {
  const t = useSystem()
  const wrong = s.checks.filter((c) => !c.ok)
  return (
    <Card title={t.checks}>
      {wrong.length === 0 ? (
        <p className="sect flush row">
          <Dot s="ok" />
          {t.allChecks}
        </p>
      ) : (
        <ul className="list">
          {wrong.map((c) => (
            <li key={c.name}>
              <Dot s="bad" />
              <div className="grow">
                <b>{c.name}</b>
                <div className="t2">{c.detail}</div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

const HOURS = 6

function Reports() {
  const t = useSystem()
  const from = Math.floor(Date.now() / 60_000) * 60_000 - HOURS * 3_600_000
  const asked = useGet('GET /series', { query: { name: 'reports', from, points: 360 } }, { every: 60_000, keep: true })
  return (
    <Card title={t.reports}>
      <div className="sect flush">
        <Asked of={asked} rows={8}>
          {(s) => <Plot label={t.reports} decimals={1} from={begun(from, s)} to={Date.now()} data={{ t: s.t, v: s.v }} />}
        </Asked>
      </div>
    </Card>
  )
}
