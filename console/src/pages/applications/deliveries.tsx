import { useState } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { At, type S, Seg } from '../../ui/basics.tsx'
import { Asked, Empty, Unpicked } from '../../ui/feedback.tsx'
import { Sure } from '../../ui/form.tsx'
import { Card, Pager, usePages } from '../../ui/page.tsx'
import { PickRow, Picks } from '../../ui/picks.tsx'
import { Delivery, toldOf } from './delivery.tsx'
import type { App } from './page.tsx'
import { useApps } from './texts.ts'

const states = ['waiting', 'dead', 'delivered'] as const
type State = (typeof states)[number]
type Row = AdminAnswer<'GET /applications/{id}/deliveries'>['items'][number]
const shapes: Record<Row['state'], S> = { dead: 'bad', waiting: 'off', sending: 'info', delivered: 'ok' }

export function Deliveries({ app }: { app: App }) {
  const c = useCommon()
  const t = useApps()
  const f = useFormat()
  // what is looked at does not change when the last one that waits is delivered
  const [first] = useState<State>(app.waiting > 0 ? 'waiting' : 'delivered')
  const [state, setState] = useChosen('state', states, first)
  const [chosen, choose] = useState<string>()
  const pages = usePages()
  const asked = useGet(
    'GET /applications/{id}/deliveries',
    { params: { id: app.id }, query: { state, limit: 100, ...pages.query } },
    { every: 2000, keep: true },
  )
  const said = (d: Row) => (d.behind > 0 ? t.behind(f.n(d.behind)) : d.tries > 0 ? `× ${f.n(d.tries)}` : '')
  return (
    <div className="cols split">
      <Card
        title={
          <Seg<State>
            label={t.tabs.deliveries}
            value={state}
            on={(s) => {
              setState(s)
              pages.first()
            }}
            of={states.map((s) => [s, t.which[s]])}
          />
        }
        push={state === 'dead' && asked.data && asked.data.items.length > 0 && <RedeliverAll app={app} />}
      >
        <Asked of={asked} rows={6}>
          {({ items, next }) => (
            <>
              {items.length === 0 ? (
                <Empty title={t.noDeliveries[state]}>{app.url === '' && t.noUrl}</Empty>
              ) : (
                <Picks label={t.which[state]}>
                  {items.map((d) => (
                    <PickRow
                      key={d.id}
                      s={shapes[d.state]}
                      on={d.id === chosen}
                      choose={() => choose(d.id)}
                      head={toldOf(t.kinds, d)}
                      time={<At at={d.at} />}
                      text={`${d.identifier} ${c.answer(d.error ?? '')}`}
                      small={said(d)}
                    />
                  ))}
                </Picks>
              )}
              <Pager pages={pages} next={next} />
            </>
          )}
        </Asked>
      </Card>
      {chosen ? <Delivery key={chosen} id={chosen} /> : <Unpicked title={t.choose}>{t.chooseText}</Unpicked>}
    </div>
  )
}

function RedeliverAll({ app }: { app: App }) {
  const t = useApps()
  const f = useFormat()
  const can = useCan()
  const run = (dry_run: boolean) =>
    api('POST /applications/{id}/redeliver', { params: { id: app.id }, body: {}, query: { dry_run } })
  const count = useAct(() => run(true))
  const act = useAct(() => run(false), { done: () => void refresh('GET /applications/{id}/deliveries') })
  if (!can('deliveries.write')) return null
  return (
    <Sure
      text={t.redeliverAll}
      verb={t.redeliver}
      className="btn s"
      danger={false}
      act={act}
      asked={() => count.mutate(undefined)}
      ready={(count.data?.found ?? 0) > 0}
    >
      <p>{count.data ? t.redeliverAllText(f.n(count.data.found)) : t.counting}</p>
    </Sure>
  )
}
