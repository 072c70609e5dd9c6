import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { type TopicData, useLive } from '../../lib/stream.ts'
import { useCrumbs } from '../../lib/title.ts'
import { Ago, At, Dot, type S } from '../../ui/basics.tsx'
import { Allowed, Asked, Empty } from '../../ui/feedback.tsx'
import { Plot } from '../../ui/plot.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useSystem } from './texts.ts'

type System = TopicData['system']
const dots: Record<System['state'], S> = { ok: 'ok', degraded: 'warn', down: 'bad' }

export default function Page({ tab }: { tab: string }) {
  return (
    <Allowed to="system.read">
      <Inside tab={tab} />
    </Allowed>
  )
}

function Inside({ tab }: { tab: string }) {
  const t = useSystem()
  const can = useCan()
  useCrumbs({ text: t.title })
  const first = useGet('GET /system')
  const { data } = useLive('system', {})
  const names = (['now', 'config', 'logs', 'backups'] as const).filter((n) => n !== 'config' || can('system.write'))
  return (
    <Asked of={first} rows={8}>
      {(read) => {
        const s = data ?? read
        return (
          <>
            <div className="head">
              <div>
                <h1 className="verdict">{t.verdict[s.state]}</h1>
                <p className="sub">{t.sub(s.nodes)}</p>
              </div>
            </div>
            <Tabs base="/system" at={tab} label={t.tabsLabel} tabs={names.map((name) => ({ name, text: t.tabs[name] }))} />
            {tab === 'config' && <Config />}
            {tab === 'logs' && <Logs />}
            {tab === 'backups' && <Backups />}
            {tab === 'now' && <Now system={s} />}
          </>
        )
      }}
    </Asked>
  )
}

function Now({ system: s }: { system: System }) {
  const t = useSystem()
  const f = useFormat()
  const wrong = s.checks.filter((c) => !c.ok)
  return (
    <div className="cols main-aside">
      <div>
        <section className="card">
          <header>
            <h2>{t.services}</h2>
          </header>
          <div className="scroll">
            <table className="table stackable">
              <thead>
                <tr>
                  <th>{t.service}</th>
                  <th>{t.on}</th>
                  <th className="num">{t.cpu}</th>
                  <th className="num">{t.memory}</th>
                  <th className="num">{t.loop}</th>
                  <th>{t.started}</th>
                </tr>
              </thead>
              <tbody>
                {s.services.flatMap(({ name, instances }) =>
                  instances.map((i) => (
                    <tr key={`${name} ${i.node}`}>
                      <td data-m="1">
                        <span className="state">
                          <Dot s={dots[i.state]} />
                          <b>{name}</b>
                        </span>
                      </td>
                      <td data-m="3">{i.node}</td>
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
              </tbody>
            </table>
          </div>
        </section>
        <section className="card">
          <header>
            <h2>{t.engines}</h2>
          </header>
          <div className="scroll">
            <table className="table stackable">
              <thead>
                <tr>
                  <th>{t.port}</th>
                  <th>{t.engine}</th>
                  <th>{t.affects}</th>
                  <th>{t.error}</th>
                </tr>
              </thead>
              <tbody>
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
                    <td className="bad">{e.error}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
        <Reports />
      </div>
      <div>
        <Disk disk={s.disk} />
        <section className="card">
          <header>
            <h2>{t.checks}</h2>
          </header>
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
        </section>
      </div>
    </div>
  )
}

const HOURS = 6

function Reports() {
  const t = useSystem()
  const from = Math.floor(Date.now() / 60_000) * 60_000 - HOURS * 3_600_000
  const asked = useGet('GET /series', { query: { name: 'reports', from, points: 360 } }, { every: 60_000, keep: true })
  return (
    <section className="card">
      <header>
        <h2>{t.reports}</h2>
      </header>
      <div className="sect flush">
        <Asked of={asked} rows={8}>
          {(s) => <Plot label={t.reports} decimals={1} from={from} to={Date.now()} data={{ t: s.t, v: s.v }} />}
        </Asked>
      </div>
    </section>
  )
}

function Disk({ disk: d }: { disk: System['disk'] }) {
  const t = useSystem()
  const f = useFormat()
  return (
    <section className="card">
      <header>
        <h2>{t.disk}</h2>
        <span className="push">{t.of(f.bytes(d.used), f.bytes(d.budget))}</span>
      </header>
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
    </section>
  )
}

function Config() {
  const t = useSystem()
  const [q, setQ] = useState('')
  const asked = useGet('GET /system/config')
  return (
    <section className="card">
      <header>
        <input className="input s" aria-label={t.find} placeholder={t.find} value={q} onChange={(e) => setQ(e.target.value)} />
      </header>
      <Asked of={asked} rows={8}>
        {({ items }) => (
          <ul className="list">
            {items
              .filter((s) => `${s.name} ${s.help}`.toLowerCase().includes(q.toLowerCase()))
              .map((s) => (
                <li key={s.name}>
                  <div className="grow">
                    <code>
                      <b>{s.name}</b> = {s.value ?? '–'}
                    </code>
                    <div className="t2">{s.help}</div>
                  </div>
                  <span className="badge" data-s={s.source === 'default' ? undefined : 'info'}>
                    {t.sources[s.source]}
                  </span>
                </li>
              ))}
          </ul>
        )}
      </Asked>
    </section>
  )
}

type Level = 'debug' | 'info' | 'warn' | 'error'
const shapes: Record<string, S> = { warn: 'warn', error: 'bad', fatal: 'bad', info: 'info' }

function Logs() {
  const t = useSystem()
  const f = useFormat()
  const [level, setLevel] = useState<Level>('info')
  const [q, setQ] = useState('')
  const asked = useGet('GET /logs', { query: { level, limit: 300, ...(q && { q }) } }, { every: 5000, keep: true })
  return (
    <section className="card">
      <header>
        <select className="input s fit" aria-label={t.level} value={level} onChange={(e) => setLevel(e.target.value as Level)}>
          {(['debug', 'info', 'warn', 'error'] as const).map((l) => (
            <option key={l}>{l}</option>
          ))}
        </select>
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
            <ul className="list tight">
              {items.map((l, i) => (
                <li key={`${l.at} ${i}`}>
                  <Dot s={shapes[l.level] ?? 'new'} />
                  <small>{f.precise(l.at)}</small>
                  <span className="t3">{l.service}</span>
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

function Backups() {
  const t = useSystem()
  const f = useFormat()
  const can = useCan()
  const asked = useGet('GET /backups', {}, { every: 3000 })
  const make = useAct(() => api('POST /backups', { body: {} }), { done: () => void refresh('GET /backups') })
  const making = asked.data?.items.some((b) => b.state === 'making')
  return (
    <section className="card">
      {can('system.write') && (
        <header>
          <button type="button" className="btn s" disabled={making || make.isPending} onClick={() => make.mutate(undefined)}>
            {t.backup}
          </button>
        </header>
      )}
      <Asked of={asked} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noBackups}>{t.noBackupsText}</Empty>
          ) : (
            <ul className="list tight">
              {items.map((b) => (
                <li key={b.id}>
                  <Dot s={b.state === 'whole' ? 'ok' : b.state === 'failed' ? 'bad' : 'info'} />
                  <code className="grow cut">{b.id}</code>
                  <span>{t.backupStates[b.state]}</span>
                  <span className="bad">{b.error}</span>
                  <small>
                    {f.bytes(b.bytes)} · <At at={b.at} />
                  </small>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  )
}
