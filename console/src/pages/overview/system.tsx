/** In a few lines what the page of the system has in full. */
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { Ago, Dot } from '../../ui/basics.tsx'
import { Asked, Unread } from '../../ui/feedback.tsx'
import { useOverview } from './texts.ts'

type System = AdminAnswer<'GET /system'>

const SLOW = 30_000

export function SystemCard({ state }: { state: System['state'] }) {
  const t = useOverview()
  const asked = useGet('GET /system', {}, { every: SLOW })
  const says = { ok: ['ok', t.healthy], degraded: ['warn', t.degraded], down: ['bad', t.down] } as const
  const [s, text] = says[state]
  return (
    <section className="card">
      <header>
        <h2>
          <Link href="/system">{t.system}</Link>
        </h2>
        <span className="push state">
          <Dot s={s} />
          {text}
        </span>
      </header>
      <Asked of={asked} rows={3}>
        {(system) => (
          <div className="sect flush stack">
            <Counts of={system} />
            <Disk disk={system.disk} />
          </div>
        )}
      </Asked>
    </section>
  )
}

function Counts({ of: system }: { of: System }) {
  const t = useOverview()
  const f = useFormat()
  const backups = useGet('GET /backups', {}, { every: SLOW })
  const last = backups.data?.items.find((b) => b.state === 'whole')
  const instances = system.services.flatMap((s) => s.instances)
  const good = (of: readonly { state: string }[]) => f.n(of.filter((x) => x.state === 'ok').length)
  return (
    <dl className="pairs">
      <div className="pair">
        <dt>{t.services}</dt>
        <dd>{t.running(good(instances), f.n(instances.length), system.nodes)}</dd>
      </div>
      <div className="pair">
        <dt>{t.engines}</dt>
        <dd>{t.reachable(good(system.engines), f.n(system.engines.length))}</dd>
      </div>
      <div className="pair">
        <dt>{t.lastBackup}</dt>
        <dd>
          {last ? (
            <>
              <Ago at={last.at} />, {f.bytes(last.bytes)}
            </>
          ) : (
            backups.data && <Link href="/system/backups">{t.noBackup}</Link>
          )}
          <Unread of={backups} className="" />
        </dd>
      </div>
    </dl>
  )
}

function Disk({ disk: d }: { disk: System['disk'] }) {
  const t = useOverview()
  const f = useFormat()
  const full = d.full_at && d.full_at > Date.now() ? t.full(f.span(d.full_at - Date.now())) : ''
  return (
    <div className="stack tight">
      <div className="row">
        <span className="t2">{t.disk}</span>
        <span className="push">{t.of(f.bytes(d.used), f.bytes(d.budget))}</span>
      </div>
      <meter aria-label={t.disk} min={0} max={Math.max(1, d.budget)} value={d.used} high={d.budget * 0.85} optimum={0} />
      {full && (
        <small>
          {full} {d.order[0] && t.first(d.order[0])}
        </small>
      )}
    </div>
  )
}
