import { useLocation } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { toast } from '../../lib/toast.ts'
import { tabs } from '../../shell/routes.ts'
import { useCommon } from '../../text/common.ts'
import { At, Dot } from '../../ui/basics.tsx'
import { Diff } from '../../ui/diff.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Sure } from '../../ui/form.tsx'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Editor } from './editor.tsx'
import { Runs } from './runs.tsx'
import type { Rule } from './said.ts'
import { useRules } from './texts.ts'

export default function Page({ id, tab }: { id: number; tab: string }) {
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
  const may = useCan()('rules.write')
  const [, go] = useLocation()
  useCrumbs({ text: t.title, href: '/rules' }, { text: r.name })
  const remove = useAct(() => api('DELETE /rules/{id}', { params: { id: r.id } }), {
    done: () => {
      void refresh('GET /rules')
      go('/rules')
    },
  })
  return (
    <>
      <Head
        title={r.name}
        sub={
          <>
            <span className="state">
              <Dot s={r.enabled ? 'ok' : 'off'} />
              {r.enabled ? t.on : t.off}
            </span>
            <span>{t.version(r.version)}</span>
            {r.old && <span className="badge">{t.old}</span>}
          </>
        }
        acts={
          may && (
            <Sure text={c.remove} label={t.remove} k="bad" act={remove}>
              <p>{t.removeText}</p>
            </Sure>
          )
        }
      />
      <Tabs base={`/rules/${r.id}`} at={tab} label={t.tabsLabel} tabs={tabs.rule.map((name) => ({ name, text: t.tabs[name] }))} />
      {tab === 'edit' && <Editor key={r.version} rule={r} />}
      {tab === 'runs' && <Runs rule={r} />}
      {tab === 'versions' && <Versions rule={r} />}
    </>
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
            {items.map((v, i) => (
              <li key={v.version}>
                <div className="grow stack tight">
                  <div>
                    <b>{t.version(v.version)}</b> {v.name}{' '}
                    <small>
                      {v.created_by} · <At at={v.created_at} />
                    </small>
                  </div>
                  <Diff before={items[i + 1]?.definition} after={v.definition} />
                </div>
                {can('rules.write') && v.version !== rule.version && (
                  <button type="button" className="btn s" disabled={restore.isPending} onClick={() => restore.mutate(v.version)}>
                    {t.restore(v.version)}
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
