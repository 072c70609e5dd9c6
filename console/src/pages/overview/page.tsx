import { Link } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan, useEverything } from '../../lib/session.ts'
import { type TopicData, useLive } from '../../lib/stream.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useVendor } from '../../lib/vendor.ts'
import { useAlertText } from '../../text/alerts.ts'
import { Ago, Dot, dotOf, I } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Card, Head } from '../../ui/page.tsx'
import { Spark } from '../../ui/spark.tsx'
import { Online } from './online.tsx'
import { SystemCard } from './system.tsx'
import { useOverview } from './texts.ts'

type Overview = TopicData['overview']

export default function Page() {
  const t = useOverview()
  const f = useFormat()
  const can = useCan()
  const vendor = useVendor()
  const everything = useEverything() && can('system.read')
  useCrumbs({ text: t.title })
  const first = useGet('GET /overview', { query: vendor })
  const { data: live } = useLive('overview', vendor)
  const data = live ?? first.data
  if (!data) return <Asked of={first}>{() => null}</Asked>
  const { devices } = data
  return (
    <>
      <Head
        verdict
        title={
          devices.total === 0
            ? t.nothingYet
            : t.verdict(f.n(devices.online), f.n(devices.total), Math.max(data.alerts, data.deliveries.failing))
        }
        sub={t.sub(f.zone)}
        acts={
          can('products.write') && (
            <Link className="btn" data-k="main" href="/devices/connect">
              <I n="plus" />
              {t.connect}
            </Link>
          )
        }
      />
      <div className="stack wide">
        <Figures data={data} series={everything} />
        <div className="cols main-aside">
          <div>
            {everything && <Needs failing={data.deliveries.failing} />}
            {everything && <Online />}
          </div>
          <div>
            <Products data={data} />
            <Newest data={data} />
            {everything && <SystemCard state={data.system} />}
          </div>
        </div>
      </div>
    </>
  )
}

function useSpark(name: 'online' | 'reports' | 'commands', enabled: boolean): (number | null)[] {
  const { data } = useGet('GET /series', { query: { name, points: 96 } }, { every: 60_000, enabled })
  return data?.v ?? []
}

function Figures({ data, series }: { data: Overview; series: boolean }) {
  const t = useOverview()
  const f = useFormat()
  const { devices, deliveries, commands } = data
  const trouble = [
    devices.refused > 0 && t.refused(f.n(devices.refused)),
    devices.flapping > 0 && t.flapping(f.n(devices.flapping)),
    devices.asleep > 0 && t.asleep(f.n(devices.asleep)),
  ].filter(Boolean)
  const [online, reports, sent] = [useSpark('online', series), useSpark('reports', series), useSpark('commands', series)]
  return (
    <section className="card" aria-label={t.figures}>
      <div className="stats">
        <Link href="/devices">
          <span className="k">
            <Dot s={devices.refused > 0 ? 'bad' : devices.flapping > 0 ? 'warn' : 'ok'} />
            {t.online}
          </span>
          <span className="v">
            {devices.total === 0 ? '–' : f.pct(devices.online / devices.total)}{' '}
            <small>{t.of(f.n(devices.online), f.n(devices.total))}</small>
          </span>
          <span className="d">{trouble.join(' · ') || '\u00a0'}</span>
          <Spark v={online} kind="dok" />
        </Link>
        <Link href="/packets">
          <span className="k">{t.reports}</span>
          <span className="v">
            {f.n(data.reports_s, data.reports_s < 10 ? 1 : 0)} <small>{t.perSecond}</small>
          </span>
          <span className="d">{t.decoded(f.pct(data.decoded))}</span>
          <Spark v={reports} />
        </Link>
        <div>
          <span className="k">{t.commands}</span>
          <span className="v">{f.n(commands.today)}</span>
          <span className="d">
            {t.delivered(f.n(commands.delivered))}
            {commands.p95_ms !== undefined && t.within(f.n(commands.p95_ms))}
          </span>
          <Spark v={sent} kind="d4" />
        </div>
        <Link href="/applications">
          <span className="k">
            {deliveries.failing > 0 && <Dot s="bad" />}
            {t.webhooks}
          </span>
          <span className="v">{f.n(deliveries.waiting)}</span>
          <span className="d">{t.failing(deliveries.failing)}</span>
        </Link>
      </div>
    </section>
  )
}

function Needs({ failing }: { failing: number }) {
  const t = useOverview()
  const can = useCan()
  const text = useAlertText()
  const asked = useGet('GET /alerts', { query: { state: 'open' } }, { every: 10_000 })
  const ack = useAct((id: string) => api('POST /alerts/{id}/ack', { params: { id } }), {
    done: () => void refresh('GET /alerts'),
  })
  return (
    <Card
      title={t.needs}
      push={
        <Link className="btn s" data-k="quiet" href="/alerts">
          {t.allAlerts}
        </Link>
      }
    >
      <Asked of={asked} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="sect row">
              <Dot s={failing > 0 ? 'warn' : 'ok'} />
              <div className="grow">
                <b>{failing > 0 ? t.soon(failing) : t.quiet}</b>{' '}
                <span className="t2">{failing > 0 ? t.soonText : t.quietText}</span>
              </div>
            </div>
          ) : (
            <ul className="list">
              {items.slice(0, 5).map((a) => {
                const said = text(a)
                return (
                  <li key={a.id}>
                    <Dot s={a.severity === 'critical' ? 'bad' : 'warn'} />
                    <div className="grow">
                      <b>{said.head}</b>
                      <div className="t2">{said.text}</div>
                    </div>
                    <Link className="btn s" href={said.href}>
                      {t.see}
                    </Link>
                    {can('alerts.write') && (
                      <button type="button" className="btn s" data-k="quiet" onClick={() => ack.mutate(a.id)}>
                        {t.acknowledge}
                      </button>
                    )}
                  </li>
                )
              })}
            </ul>
          )
        }
      </Asked>
    </Card>
  )
}

function Products({ data }: { data: Overview }) {
  const t = useOverview()
  const f = useFormat()
  if (data.products.length === 0) return null
  return (
    <Card title={t.products} push={<span className="t3">{t.productsNote}</span>}>
      <ul className="list tight">
        {data.products.slice(0, 8).map((p) => (
          <li key={p.id}>
            <div className="grow cut">
              <Link href={`/products/${p.id}`}>{p.name}</Link>
            </div>
            <Presence of={p.presence} label={p.name} />
            <span className="num nowrap">
              {f.n(p.online)} <small>/ {f.n(p.devices)}</small>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Newest({ data }: { data: Overview }) {
  // as its product is called until somebody names it
  const own = (d: Overview['newest'][number]) => (data.products.some((p) => p.name === d.name) ? '' : d.name)
  const t = useOverview()
  return (
    <Card title={t.newest}>
      {data.newest.length === 0 ? (
        <Empty title={t.noDevices} />
      ) : (
        <ul className="list tight">
          {data.newest.slice(0, 6).map((d) => (
            <li key={d.id}>
              <Dot s={dotOf(d.state)} />
              <div className="grow cut">
                <Link href={`/devices/${d.id}`}>{own(d) || d.identifier}</Link>
              </div>
              <small>{d.last_report ? <Ago at={d.last_report} /> : t.neverReported}</small>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

/** A bar for each half-hour of the day, as high as the share that was online: the ordinary is a plain band. */
function Presence({ of, label }: { of: readonly (number | null)[]; label: string }) {
  const f = useFormat()
  const last = of.findLast((x) => x !== null)
  return (
    <svg
      className="presence"
      viewBox={`0 0 ${Math.max(1, of.length)} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={last === undefined || last === null ? label : `${label}: ${f.pct(last)}`}
    >
      {of.map(
        (share, i) =>
          share !== null && <rect key={i} x={i} width={1} y={10 - Math.max(1, share * 10)} height={Math.max(1, share * 10)} />,
      )}
    </svg>
  )
}
