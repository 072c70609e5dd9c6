import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, useAct, useGet } from '../../lib/api.ts'
import { useInAddress } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { At, Dot } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Pager, Table, usePages } from '../../ui/page.tsx'
import { useAccess } from './texts.ts'

export function Audit() {
  const t = useAccess()
  const f = useFormat()
  const [action, setAction] = useInAddress('action')
  const pages = usePages()
  const asked = useGet('GET /audit', { query: { limit: 100, ...(action && { action }), ...pages.query } }, { keep: true })
  const verify = useAct(() => api('GET /audit/verify'))
  return (
    <section className="card">
      <header>
        <input
          className="input s fit"
          aria-label={t.filterAction}
          placeholder={t.filterAction}
          value={action}
          onChange={(e) => {
            setAction(e.target.value.trim())
            pages.first()
          }}
        />
        <span className="push">
          {verify.data && (
            <span className="state">
              <Dot s={verify.data.ok ? 'ok' : 'bad'} />
              {verify.data.ok ? t.verified(f.n(verify.data.entries)) : t.broken(String(verify.data.wrong?.id ?? ''))}
            </span>
          )}
          <button type="button" className="btn s" disabled={verify.isPending} onClick={() => verify.mutate(undefined)}>
            {t.verify}
          </button>
        </span>
      </header>
      <Asked of={asked} rows={8}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={t.noAudit} />
          ) : (
            <>
              <Table heads={[t.when, t.who, t.action, t.object, t.address, { text: t.change, as: 'hidden' }]}>
                {items.map((e) => (
                  <Entry key={e.id} entry={e} />
                ))}
              </Table>
              <Pager pages={pages} next={next} />
            </>
          )
        }
      </Asked>
    </section>
  )
}

function Entry({ entry: e }: { entry: AdminAnswer<'GET /audit'>['items'][number] }) {
  const t = useAccess()
  return (
    <tr>
      <td data-m="2">
        <At at={e.at} />
      </td>
      <td data-m="1">
        <b>{e.actor_name || e.actor}</b>
      </td>
      <td data-m="3">
        <code>{e.action}</code>
      </td>
      <td data-m="3">
        <code>{e.object}</code>
      </td>
      <td className="t3">{e.addr}</td>
      <td data-m="3" className="audit-change">
        {(e.before !== null || e.after !== null) && (
          <details>
            <summary>{t.change}</summary>
            <code className="hexes">
              {JSON.stringify(e.before)} → {JSON.stringify(e.after)}
            </code>
          </details>
        )}
      </td>
    </tr>
  )
}
