/** One delivery: each try with its answer, what was sent, and the same for a terminal. */
import { useState } from 'react'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { curlOf } from '../../lib/curl.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { Code, Dot, I, Json, Seg } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import { useApps } from './texts.ts'

type Detail = AdminAnswer<'GET /deliveries/{id}'>
type Shown = 'request' | 'answer' | 'curl'

/** `event door-open`; online and offline have nothing that is named. */
export const toldOf = (kinds: Record<string, string>, { tag, name }: { tag: string; name: string }): string =>
  [kinds[tag] ?? tag, tag !== 'online' && tag !== 'offline' && name].filter(Boolean).join(' ')

export function Delivery({ id }: { id: string }) {
  const t = useApps()
  const can = useCan()
  const asked = useGet('GET /deliveries/{id}', { params: { id } }, { every: 5000 })
  const again = useAct(() => api('POST /deliveries/{id}/redeliver', { params: { id }, idempotencyKey: crypto.randomUUID() }), {
    done: (o) => {
      toast(o.delivered ? t.redelivered : t.testFailed(o.error ?? String(o.status ?? '')))
      void refresh('GET /applications/{id}/deliveries', 'GET /deliveries/{id}')
    },
  })
  return (
    <Asked of={asked} rows={6}>
      {(d) => (
        <Card
          title={toldOf(t.kinds, d)}
          note={d.identifier}
          push={
            d.state === 'dead' &&
            can('deliveries.write') && (
              <button
                type="button"
                className="btn s"
                data-k="main"
                disabled={again.isPending}
                onClick={() => again.mutate(undefined)}
              >
                <I n="redo" />
                {t.redeliver}
              </button>
            )
          }
        >
          <div className="sect flush">
            <Tries of={d} />
          </div>
          <Contents of={d} />
        </Card>
      )}
    </Asked>
  )
}

function Tries({ of: d }: { of: Detail }) {
  const t = useApps()
  const f = useFormat()
  if (d.attempts.length === 0 && !d.next_at) return <p className="t2">{t.noTries}</p>
  return (
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
          </div>
        </li>
      ))}
    </ol>
  )
}

function Contents({ of: d }: { of: Detail }) {
  const t = useApps()
  const [shown, show] = useState<Shown>('request')
  return (
    <div className="sect stack">
      <div>
        <Seg<Shown>
          label={t.contents}
          value={shown}
          on={show}
          of={[
            ['request', t.request],
            ['answer', t.answer],
            ['curl', 'curl'],
          ]}
        />
      </div>
      {shown === 'request' && (
        <Code title={`POST ${d.url}`} text={d.body}>
          <span className="k">webhook-id:</span> {d.message}
          {'\n\n'}
          <Json value={pretty(d.body)} />
        </Code>
      )}
      {shown === 'answer' && <Answer of={d} />}
      {shown === 'curl' && <Code title="curl" text={again(d)} />}
    </div>
  )
}

function Answer({ of: d }: { of: Detail }) {
  const t = useApps()
  const last = d.attempts.at(-1)
  if (!last) return <p className="t2">{t.noTries}</p>
  const headers = Object.entries(last.headers ?? {})
    .map(([k, v]) => `${k}: ${v}`)
    .join('\n')
  return <Code title={String(last.status ?? last.error)} text={`${headers}\n\n${last.body ?? ''}`.trim() || t.noBody} />
}

/** Without the signature: only the cloud can make it. */
const again = (d: Detail): string => curlOf({ method: 'POST', url: d.url, headers: [`webhook-id: ${d.message}`], body: d.body })

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
