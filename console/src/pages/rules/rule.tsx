import { useState } from 'react'
import { useLocation } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { toast } from '../../lib/toast.ts'
import { useCommon } from '../../text/common.ts'
import { At, Json } from '../../ui/basics.tsx'
import { Allowed, Asked, Confirm, Empty } from '../../ui/feedback.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Editor } from './editor.tsx'
import { useRules } from './texts.ts'

type Rule = AdminAnswer<'GET /rules/{id}'>

export default function Page({ id, tab }: { id: string; tab: string }) {
  return id === 'new' ? <Fresh /> : <Known id={Number(id)} tab={tab} />
}

function Fresh() {
  const t = useRules()
  useCrumbs({ text: t.title, href: '/rules' }, { text: t.fresh })
  return (
    <Allowed to="rules.write">
      <div className="head">
        <div>
          <h1>{t.fresh}</h1>
        </div>
      </div>
      <Editor rule={undefined} />
    </Allowed>
  )
}

function Known({ id, tab }: { id: number; tab: string }) {
  const asked = useGet('GET /rules/{id}', { params: { id } })
  return (
    <Asked of={asked} rows={8}>
      {(r) => <Body rule={r} tab={tab} />}
    </Asked>
  )
}

function Body({ rule: r, tab }: { rule: Rule; tab: string }) {
  const t = useRules()
  const c = useCommon()
  const can = useCan()
  const [, go] = useLocation()
  const [asks, ask] = useState(false)
  useCrumbs({ text: t.title, href: '/rules' }, { text: r.name })
  const remove = useAct(() => api('DELETE /rules/{id}', { params: { id: r.id } }), {
    done: () => {
      void refresh('GET /rules')
      go('/rules')
    },
  })
  const may = can('rules.write')
  return (
    <>
      <div className="head">
        <div>
          <h1>{r.name}</h1>
          <p className="sub">
            <span>{r.enabled ? t.on : t.off}</span>
            <span>{t.version(r.version)}</span>
            {r.old && <span className="badge">{t.old}</span>}
          </p>
        </div>
        {may && (
          <div className="acts">
            <button type="button" className="btn" data-k="danger" onClick={() => ask(true)}>
              {c.remove}
            </button>
          </div>
        )}
      </div>
      <Tabs
        base={`/rules/${r.id}`}
        at={tab}
        label={t.tabsLabel}
        tabs={(['edit', 'runs', 'versions'] as const).map((name) => ({ name, text: t.tabs[name] }))}
      />
      {tab === 'edit' && <Editor key={r.version} rule={r} />}
      {tab === 'runs' && <Runs rule={r} />}
      {tab === 'versions' && <Versions rule={r} />}
      {asks && (
        <Confirm
          title={t.remove}
          verb={c.remove}
          busy={remove.isPending}
          act={() => remove.mutate(undefined)}
          close={() => ask(false)}
        >
          <p>{t.removeText}</p>
        </Confirm>
      )}
    </>
  )
}

function Runs({ rule }: { rule: Rule }) {
  const t = useRules()
  const asked = useGet('GET /rules/{id}/runs', { params: { id: rule.id }, query: { limit: 200 } }, { every: 5000 })
  return (
    <section className="card">
      <Asked of={asked} rows={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noRuns} />
          ) : (
            <ul className="list">
              {items.map((x) => (
                <li key={x.n}>
                  <small>
                    <At at={x.at} precise />
                  </small>
                  <div className="grow">
                    <b>{x.outcome}</b> <span className="t3">{t.version(x.version)}</span>
                    <details>
                      <summary>{t.trace}</summary>
                      <div className="code">
                        <pre tabIndex={0}>
                          <Json value={x.trace} />
                        </pre>
                      </div>
                    </details>
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  )
}

function Versions({ rule }: { rule: Rule }) {
  const t = useRules()
  const c = useCommon()
  const can = useCan()
  const asked = useGet('GET /rules/{id}/versions', { params: { id: rule.id } })
  const restore = useAct(
    (version: number) =>
      api('POST /rules/{id}/versions/{version}/restore', {
        params: { id: rule.id, version },
        idempotencyKey: crypto.randomUUID(),
      }),
    {
      done: () => {
        toast(c.saved)
        void refresh('GET /rules/{id}', 'GET /rules/{id}/versions', 'GET /rules')
      },
    },
  )
  return (
    <section className="card">
      <Asked of={asked} rows={6}>
        {({ items }) => (
          <ul className="list">
            {items.map((v) => (
              <li key={v.version}>
                <div className="grow">
                  <b>{t.version(v.version)}</b> {v.name}{' '}
                  <small>
                    {v.created_by} · <At at={v.created_at} />
                  </small>
                  <div className="code">
                    <pre tabIndex={0}>
                      <Json value={v.definition} />
                    </pre>
                  </div>
                </div>
                {can('rules.write') && v.version !== rule.version && (
                  <button type="button" className="btn s" disabled={restore.isPending} onClick={() => restore.mutate(v.version)}>
                    {t.restore}
                  </button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </section>
  )
}
