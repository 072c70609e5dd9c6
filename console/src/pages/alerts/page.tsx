import { Link } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { texts } from '../../lib/lang.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useAlertText } from '../../text/alerts.ts'
import { Ago, Dot, Seg } from '../../ui/basics.tsx'
import { Allowed, Asked, Empty } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'

const states = ['open', 'acknowledged', 'cleared'] as const
type State = (typeof states)[number]

const useT = texts({
  en: {
    title: 'Alerts',
    sub: 'An alert opens when something has been wrong for half a minute, and clears by itself when it is right again.',
    states: { open: 'Open', acknowledged: 'Acknowledged', cleared: 'Cleared' },
    empty: {
      open: 'Nothing is open',
      acknowledged: 'Nobody looks after anything now',
      cleared: 'Nothing has cleared since the cloud began',
    },
    emptyText: 'Engines, checks, receivers and the disk are looked at all the time.',
    ack: 'Acknowledge',
    clear: 'Mark as over',
    see: 'See why',
    by: (who: string) => `acknowledged by ${who}`,
    which: 'Which alerts',
  },
  zh: {
    title: '告警',
    sub: '异常持续半分钟后产生告警，恢复后自动解除。',
    states: { open: '未处理', acknowledged: '已确认', cleared: '已解除' },
    empty: { open: '没有未处理的告警', acknowledged: '目前没有已确认的告警', cleared: '云端启动以来没有已解除的告警' },
    emptyText: '引擎、检查、接收端和磁盘一直在监视之中。',
    ack: '确认',
    clear: '视为已结束',
    see: '查看原因',
    by: (who) => `由 ${who} 确认`,
    which: '哪些告警',
  },
})

export default function Page() {
  const t = useT()
  const can = useCan()
  const text = useAlertText()
  useCrumbs({ text: t.title })
  const [state, setState] = useChosen('state', states)
  const asked = useGet('GET /alerts', { query: { state } }, { every: 10_000, keep: true })
  const again = { done: () => void refresh('GET /alerts', 'GET /overview') }
  const ack = useAct((id: string) => api('POST /alerts/{id}/ack', { params: { id } }), again)
  const clear = useAct((id: string) => api('POST /alerts/{id}/clear', { params: { id } }), again)
  return (
    <Allowed to="system.read">
      <Head
        title={t.title}
        sub={t.sub}
        acts={<Seg<State> label={t.which} value={state} on={setState} of={states.map((s) => [s, t.states[s]] as const)} />}
      />
      <section className="card">
        <Asked of={asked} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t.empty[state]}>{t.emptyText}</Empty>
            ) : (
              <ul className="list">
                {items.map((a) => {
                  const said = text(a)
                  return (
                    <li key={a.id}>
                      <Dot s={a.state === 'cleared' ? 'ok' : a.severity === 'critical' ? 'bad' : 'warn'} />
                      <div className="grow">
                        <b>{said.head}</b>
                        <div className="t2">{said.text}</div>
                        <small>
                          <Ago at={a.since} /> {a.acknowledged_by && `· ${t.by(a.acknowledged_by)}`}
                        </small>
                      </div>
                      <Link className="btn s" href={said.href}>
                        {t.see}
                      </Link>
                      {can('alerts.write') && a.state === 'open' && (
                        <button type="button" className="btn s" data-k="quiet" onClick={() => ack.mutate(a.id)}>
                          {t.ack}
                        </button>
                      )}
                      {can('alerts.write') && a.state !== 'cleared' && (
                        <button type="button" className="btn s" data-k="quiet" onClick={() => clear.mutate(a.id)}>
                          {t.clear}
                        </button>
                      )}
                    </li>
                  )
                })}
              </ul>
            )
          }
        </Asked>
      </section>
    </Allowed>
  )
}
