import { useState } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { At, Dot, I, Json, type S, Seg } from '../../ui/basics.tsx'
import { Asked, Confirm, Empty } from '../../ui/feedback.tsx'
import type { App } from './page.tsx'
import { useApps } from './texts.ts'

type State = 'waiting' | 'dead' | 'delivered'
type Delivery = AdminAnswer<'GET /applications/{id}/deliveries'>['items'][number]
const shapes: Record<Delivery['state'], S> = { dead: 'bad', waiting: 'off', sending: 'info', delivered: 'ok' }

export function Deliveries({ app }: { app: App }) {
  const t = useApps()
  const f = useFormat()
  const [state, setState] = useState<State>(app.waiting > 0 ? 'waiting' : 'delivered')
  const [chosen, choose] = useState<string>()
  const [cursor, setCursor] = useState<string>()
  const asked = useGet(
    'GET /applications/{id}/deliveries',
    { params: { id: app.id }, query: { state, limit: 100, ...(cursor && { cursor }) } },
    { every: 5000, keep: true },
  )
  return (
    <div className="cols split">
      <section className="card">
        <header>
          <Seg<State>
            label={t.tabs.deliveries}
            value={state}
            on={(s) => {
              setState(s)
              setCursor(undefined)
            }}
            of={[
              ['waiting', t.which.waiting],
              ['dead', t.which.dead],
              ['delivered', t.which.delivered],
            ]}
          />
          {state === 'dead' && asked.data && asked.data.items.length > 0 && <RedeliverAll app={app} />}
        </header>
        <Asked of={asked} rows={6}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title={t.noDeliveries[state]} />
            ) : (
              <>
                <ul className="list picks frames">
                  {items.map((d) => (
                    <li key={d.id} aria-current={d.id === chosen || undefined}>
                      <button type="button" className="pick-row" onClick={() => choose(d.id)}>
                        <Dot s={shapes[d.state]} />
                        <span className="grow stack tight">
                          <span className="row even">
                            <span className="grow cut">
                              <b>{d.tag}</b> {d.name}
                            </span>
                            <small>
                              <At at={d.at} />
                            </small>
                          </span>
                          <span className="row even t2">
                            <span className="grow cut">
                              {d.identifier} {d.error}
                            </span>
                            <small>{d.behind > 0 ? t.behind(f.n(d.behind)) : d.tries > 0 ? `× ${f.n(d.tries)}` : ''}</small>
                          </span>
                        </span>
                      </button>
                    </li>
                  ))}
                </ul>
                {next && (
                  <footer>
                    <button type="button" className="btn s push" onClick={() => setCursor(next)}>
                      {t.moreOlder}
                    </button>
                  </footer>
                )}
              </>
            )
          }
        </Asked>
      </section>
      {chosen ? (
        <One key={chosen} id={chosen} />
      ) : (
        <section className="card">
          <Empty title={t.choose} />
        </section>
      )}
    </div>
  )
}

function One({ id }: { id: string }) {
  const t = useApps()
  const f = useFormat()
  const can = useCan()
  const asked = useGet('GET /deliveries/{id}', { params: { id } }, { every: 5000 })
  const again = useAct(() => api('POST /deliveries/{id}/redeliver', { params: { id }, idempotencyKey: crypto.randomUUID() }), {
    done: (o) => {
      toast(o.delivered ? t.redelivered : t.testFailed(o.error ?? String(o.status ?? '')))
      void refresh('GET /applications/{id}/deliveries')
    },
  })
  return (
    <section className="card">
      <Asked of={asked} rows={6}>
        {(d) => (
          <>
            <header>
              <h2>
                {d.tag} {d.name}
              </h2>
              <span className="t3">{d.identifier}</span>
              {d.state === 'dead' && can('deliveries.write') && (
                <button
                  type="button"
                  className="btn s push"
                  data-k="main"
                  disabled={again.isPending}
                  onClick={() => again.mutate(undefined)}
                >
                  <I n="redo" />
                  {t.redeliver}
                </button>
              )}
            </header>
            <div className="sect flush">
              <ol className="timeline">
                {d.next_at ? (
                  <li>
                    <time>{f.time(d.next_at)}</time>
                    <Dot s="new" />
                    <div>
                      <b>{t.nextTry(f.span(Math.max(0, d.next_at - Date.now())))}</b>
                    </div>
                  </li>
                ) : null}
                {d.attempts.toReversed().map((a) => (
                  <li key={a.at}>
                    <time dateTime={f.iso(a.at)}>{f.time(a.at)}</time>
                    <Dot s={a.status !== undefined && a.status < 300 ? 'ok' : 'bad'} />
                    <div>
                      <b>{a.status ?? a.error}</b> {t.after(f.n(a.ms))}
                      {a.body && (
                        <p>
                          <code>{a.body.slice(0, 400)}</code>
                        </p>
                      )}
                    </div>
                  </li>
                ))}
              </ol>
            </div>
            <div className="sect stack tight">
              <b>{t.request}</b>
              <div className="code">
                <pre tabIndex={0}>
                  POST {d.url}
                  {'\n'}webhook-id: {d.message}
                  {'\n\n'}
                  <Json value={pretty(d.body)} />
                </pre>
              </div>
            </div>
          </>
        )}
      </Asked>
    </section>
  )
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function RedeliverAll({ app }: { app: App }) {
  const t = useApps()
  const f = useFormat()
  const can = useCan()
  const [found, setFound] = useState<number>()
  const run = (dry: boolean) =>
    api('POST /applications/{id}/redeliver', { params: { id: app.id }, body: {}, query: { dry_run: dry } })
  const count = useAct(() => run(true), { done: (r) => setFound(r.found) })
  const act = useAct(() => run(false), {
    done: () => {
      setFound(undefined)
      void refresh('GET /applications/{id}/deliveries')
    },
  })
  if (!can('deliveries.write')) return null
  return (
    <>
      <button type="button" className="btn s push" disabled={count.isPending} onClick={() => count.mutate(undefined)}>
        {t.redeliverAll}
      </button>
      {found !== undefined && (
        <Confirm
          title={t.redeliverAll}
          verb={t.redeliver}
          danger={false}
          busy={act.isPending}
          act={() => act.mutate(undefined)}
          close={() => setFound(undefined)}
        >
          <p>{t.redeliverAllText(f.n(found))}</p>
        </Confirm>
      )}
    </>
  )
}
