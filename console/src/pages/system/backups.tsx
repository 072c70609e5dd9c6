import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { At, Dot } from '../../ui/basics.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import { useSystem } from './texts.ts'

export function Backups() {
  const t = useSystem()
  const f = useFormat()
  const can = useCan()
  const asked = useGet('GET /backups', {}, { every: 3000 })
  const make = useAct(() => api('POST /backups', { body: {} }), { done: () => void refresh('GET /backups') })
  const making = asked.data?.items.some((b) => b.state === 'making')
  return (
    <Card
      title={t.tabs.backups}
      push={
        can('system.write') && (
          <button type="button" className="btn s" disabled={making || make.isPending} onClick={() => make.mutate(undefined)}>
            {t.backup}
          </button>
        )
      }
    >
      <Asked of={asked} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noBackups}>{t.noBackupsText}</Empty>
          ) : (
            <ul className="list tight">
              {items.map((b) => (
                <li key={b.id}>
                  <Dot s={b.state === 'whole' ? 'ok' : b.state === 'failed' ? 'bad' : 'info'} />
                  <div className="grow">
                    <code className="wrap">{b.id}</code>
                    <div>
                      {t.backupStates[b.state]} <span className="bad">{b.error}</span>
                    </div>
                  </div>
                  <small className="nowrap">
                    {f.bytes(b.bytes)} · <At at={b.at} />
                  </small>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </Card>
  )
}
