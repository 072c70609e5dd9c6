import { Link } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { I } from '../../ui/basics.tsx'
import { ListCard } from '../../ui/list.tsx'
import { Head } from '../../ui/page.tsx'
import { useRules } from './texts.ts'

export default function Page() {
  const t = useRules()
  const can = useCan()
  useCrumbs({ text: t.title })
  const asked = useGet('GET /rules', { query: { limit: 1000 } })
  const flip = useAct(
    ({ id, enabled }: { id: number; enabled: boolean }) => api('PATCH /rules/{id}', { params: { id }, body: { enabled } }),
    { done: () => void refresh('GET /rules') },
  )
  return (
    <>
      <Head
        title={t.title}
        sub={t.sub}
        acts={
          can('rules.write') && (
            <Link className="btn" data-k="main" href="/rules/new">
              <I n="plus" />
              {t.write}
            </Link>
          )
        }
      />
      <ListCard of={asked} empty={{ title: t.empty, text: t.emptyText }}>
        {(r) => (
          <li key={r.id}>
            <input
              type="checkbox"
              className="switch"
              aria-label={`${r.name}: ${r.enabled ? t.on : t.off}`}
              checked={r.enabled}
              disabled={!can('rules.write') || flip.isPending}
              onChange={(e) => flip.mutate({ id: r.id, enabled: e.target.checked })}
            />
            <div className="grow">
              <Link href={`/rules/${r.id}`}>{r.name}</Link>
              <div className="t2">
                {t.when} {r.device ?? t.any} {t.kinds[r.on.kind]} {r.when && <code>{r.when}</code>} {t.then}{' '}
                {r.then.map((a) => (a.do === 'command' ? a.name : (t.do[a.do] ?? a.do))).join(', ')}
              </div>
            </div>
            <small>{t.version(r.version)}</small>
          </li>
        )}
      </ListCard>
    </>
  )
}
