import { Link } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { useNow } from '../../lib/now.ts'
import { useLive } from '../../lib/stream.ts'
import { useJudgement } from '../../text/causes.ts'
import { At, Dot, I } from '../../ui/basics.tsx'
import { Note, Unread } from '../../ui/feedback.tsx'
import { useConnect } from './texts.ts'

const order = ['registered', 'logged_in', 'connected', 'reported'] as const
/** Longer than a connect takes by far. */
const PATIENCE = 15_000

/** Turns green by itself as the device goes on. */
export function Steps({ product, serial }: { product: number; serial: string }) {
  const t = useConnect()
  const now = useNow()
  const say = useJudgement()
  const { data } = useLive('onboarding', serial === '' ? undefined : { product, serial })
  const endpoints = useGet('GET /endpoints')
  const mqtt = endpoints.data?.items.find((e) => e.name === 'mqttaccess')?.url ?? ''
  const steps = data?.steps
  const next = order.findIndex((s) => !steps?.[s])
  const done = steps !== undefined && next < 0
  const long = (at: number | undefined) => at !== undefined && at > 0 && now - at > PATIENCE
  const refused = data?.answer?.code === 'refused' ? say(data.answer) : undefined
  const stuck = !refused && !steps?.connected && long(steps?.logged_in)
  const unread = !refused && !steps?.reported && long(steps?.connected)
  return (
    <section className="card" aria-live="polite">
      <header>
        <h2>{done ? t.arrived(serial) : t.waiting(serial)}</h2>
        <span className="push state">
          <Dot s="ok" />
          {t.listening}
        </span>
      </header>
      <div className="sect flush">
        <ol className="steps">
          {order.map((step, i) => {
            const at = steps?.[step] ?? 0
            return (
              <li key={step} data-s={at ? 'ok' : i === next ? 'now' : undefined}>
                <i>{at > 0 && <I n="check" />}</i>
                <div>
                  <b>{t.steps[step]}</b>
                  <p>{t.stepTexts[step]}</p>
                </div>
                {at > 0 && (
                  <small>
                    <At at={at} />
                  </small>
                )}
              </li>
            )
          })}
        </ol>
      </div>
      <Unread of={endpoints} />
      {stuck && (
        <div className="sect">
          <Note s="warn" title={t.notOpened}>
            <p>{t.notOpenedText(mqtt)}</p>
          </Note>
        </div>
      )}
      {refused && (
        <div className="sect">
          <Note s={refused.s} title={refused.head}>
            <p>
              {refused.text} {refused.todo}
            </p>
          </Note>
        </div>
      )}
      {unread && data?.device && (
        <div className="sect">
          <Note
            s="warn"
            title={t.unread}
            actions={
              <Link className="btn s" href={`/devices/${data.device.id}/packets`}>
                {t.seeFrames}
              </Link>
            }
          >
            <p>{t.unreadText}</p>
          </Note>
        </div>
      )}
      {data?.device && (
        <div className="sect">
          <Link className="btn" data-k={done ? 'main' : undefined} href={`/devices/${data.device.id}`}>
            {t.openDevice}
          </Link>
        </div>
      )}
    </section>
  )
}
