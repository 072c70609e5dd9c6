import { useState } from 'react'
import { Link } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { isRefusal, useJudgement } from '../../text/causes.ts'
import { Code, Seg, Sentences } from '../../ui/basics.tsx'
import { Asked, Confirm, Note } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import type { Device, DeviceNow, DiaryItem } from './data.ts'
import { Diary } from './diary.tsx'
import { Ribbon } from './ribbon.tsx'
import { useDevice } from './texts.ts'

const kinds = ['all', 'refused', 'logins', 'gaps'] as const
type Kind = (typeof kinds)[number]
type Action = 'disconnect' | 'accept-token' | 'permit-registration' | 'revoke-token' | 'block-address' | 'allow-address'

const fits: Record<Kind, (i: DiaryItem) => boolean> = {
  all: () => true,
  refused: (i) => isRefusal(i.code),
  gaps: (i) => i.kind !== 'diary',
  logins: (i) => i.code === 'logged_in' || i.code === 'registered' || i.code === 'registered_again',
}

export function Connection({ now }: { now: DeviceNow & { device: Device } }) {
  const t = useDevice()
  const f = useFormat()
  const { device } = now
  const [kind, setKind] = useChosen('kind', kinds)
  const asked = useGet('GET /devices/{id}/diary', { params: { id: device.id }, query: { limit: 300 } }, { every: 15_000 })
  return (
    <Asked of={asked} rows={8}>
      {(d) => {
        const answer = now.answer ?? d.answer
        const fresh = now.diary?.filter((i) => i.at > (d.items[0]?.at ?? 0)) ?? []
        const items = [...fresh, ...d.items].filter(fits[kind])
        return (
          <div className="cols main-aside">
            <div>
              <Answer answer={answer} device={device} />
              <Card title={t.ribbon} push={<span className="t3">{share(d.presence, t, f)}</span>}>
                <div className="sect flush">
                  <Ribbon spans={d.presence} since={device.created_at} />
                </div>
              </Card>
              <Card
                title={t.diary}
                push={<Seg<Kind> label={t.diary} value={kind} on={setKind} of={kinds.map((k) => [k, t.kindsOf[k]] as const)} />}
              >
                <div className="sect flush">
                  <Diary items={items} />
                </div>
              </Card>
            </div>
            <div>
              {answer.similar > 0 && (
                <Note
                  s="warn"
                  title={t.similar(f.n(answer.similar))}
                  actions={
                    <Link className="btn s" href={`/devices?q=${encodeURIComponent(`cause:${String(answer.params['cause'])}`)}`}>
                      {t.seeSimilar}
                    </Link>
                  }
                />
              )}
              <Card title={t.terminal}>
                <div className="sect flush">
                  <Code title={t.sameAnswer} text={`pando why ${quoted(device.identifier)}`} />
                </div>
              </Card>
            </div>
          </div>
        )
      }}
    </Asked>
  )
}

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

type Spans = readonly { from: number; to: number; state: string }[]

function share(spans: Spans, t: ReturnType<typeof useDevice>, f: ReturnType<typeof useFormat>): string {
  const known = spans.filter((s) => s.state !== 'unknown')
  const first = known.findIndex((s) => s.state === 'online')
  const since = first < 0 ? [] : known.slice(first)
  const all = since.reduce((n, s) => n + s.to - s.from, 0)
  const online = since.reduce((n, s) => n + (s.state === 'online' ? s.to - s.from : 0), 0)
  return all === 0 ? '' : t.onlineShare(f.pct(online / all), t.gaps(since.filter((s) => s.state === 'offline').length))
}

function Answer({ answer, device }: { answer: NonNullable<DeviceNow['answer']>; device: Device }) {
  const t = useDevice()
  const can = useCan()
  const say = useJudgement()
  const { head, text, todo, s } = say(answer)
  const [sure, setSure] = useState<Action>()
  const act = useAct((action: Action) => api('POST /devices/{id}/actions', { params: { id: device.id }, body: { action } }), {
    done: () => {
      setSure(undefined)
      toast(t.done)
      void refresh('GET /devices/{id}/diary', 'GET /devices/{id}')
    },
  })
  const mending = can('devices.write') ? (answer.actions as Action[]).filter((a) => t.actions[a]) : []
  return (
    <Note
      s={s}
      title={`${s === 'ok' ? '' : `${t.why} `}${head}`}
      actions={mending.map((a, i) => (
        <button
          key={a}
          type="button"
          className="btn"
          data-k={i === 0 && a !== 'disconnect' ? 'main' : undefined}
          onClick={() => setSure(a)}
        >
          {t.actions[a]}
        </button>
      ))}
    >
      <p>
        <Sentences of={[text, todo, !answer.sure && t.unsure]} />
      </p>
      {sure && (
        <Confirm
          title={t.actions[sure]}
          verb={t.actions[sure]}
          danger={sure === 'disconnect'}
          busy={act.isPending}
          act={() => act.mutate(sure)}
          close={() => setSure(undefined)}
        >
          <p>{t.effects[sure]}</p>
        </Confirm>
      )}
    </Note>
  )
}
