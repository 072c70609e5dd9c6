/** Each run with what made it run and what each step came to. */
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { errorText, isErrorCode } from '#contracts/errortext.ts'
import { useGet } from '../../lib/api.ts'
import { type Lang, useLang } from '../../lib/lang.ts'
import { At, Dot, Json, type S } from '../../ui/basics.tsx'
import { DeviceName } from '../../ui/devicename.tsx'
import { Asked, Empty } from '../../ui/feedback.tsx'
import type { Rule } from './said.ts'
import { useRules } from './texts.ts'

type Run = AdminAnswer<'GET /rules/{id}/runs'>['items'][number]
/** As the controller writes it; a trace that was too long is cut and has no steps. */
interface Trace {
  device?: number
  steps?: Step[]
}
interface Step {
  do: string
  device?: string
  outcome: string
  command?: string
  code?: string
  message?: string
}

const shapes: Record<string, S> = { ok: 'ok', failed: 'bad', held_back: 'warn', loop: 'bad' }

export function Runs({ rule }: { rule: Rule }) {
  const t = useRules()
  const asked = useGet('GET /rules/{id}/runs', { params: { id: rule.id }, query: { limit: 200 } }, { every: 5000 })
  return (
    <section className="card">
      <Asked of={asked} rows={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noRuns}>{t.noRunsText}</Empty>
          ) : (
            <ul className="list">
              {items.map((x) => (
                <RunRow key={x.n} run={x} />
              ))}
            </ul>
          )
        }
      </Asked>
    </section>
  )
}

/** In its own words where they say more than the code does. */
const failureText = (lang: Lang, { code, message }: Step): string | undefined =>
  lang === 'zh' && code !== undefined && code !== 'internal' && isErrorCode(code) ? errorText(lang, code) : message

function RunRow({ run: x }: { run: Run }) {
  const t = useRules()
  const lang = useLang()
  const trace = (x.trace ?? {}) as Trace
  return (
    <li>
      <Dot s={shapes[x.outcome] ?? 'info'} />
      <div className="grow stack tight">
        <div className="row">
          <b>{t.outcomes[x.outcome] ?? x.outcome}</b>
          {trace.device ? (
            <Link href={`/devices/${trace.device}`}>
              <DeviceName id={trace.device} />
            </Link>
          ) : null}
          <small className="push">
            {t.version(x.version)} · <At at={x.at} precise />
          </small>
        </div>
        {trace.steps?.map((s, i) => (
          <div key={i} className={s.outcome === 'ok' ? 't2' : 'bad'}>
            {t.do[s.do] ?? s.do} {s.device && <code>→ {s.device}</code>} {s.code && <code>{s.code}</code>} {failureText(lang, s)}
          </div>
        ))}
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
  )
}
