/** What a rule would have done on the records of the last week: nothing is sent. */
import { useState } from 'react'
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCommon } from '../../text/common.ts'
import { I } from '../../ui/basics.tsx'
import { Note } from '../../ui/feedback.tsx'
import type { Rule, Said } from './said.ts'
import { useRules } from './texts.ts'

const WEEK = 7 * 86_400_000
type Run = AdminAnswer<'POST /rules/dry-runs'>

export function Past({ rule, said, ready }: { rule: Rule | undefined; said: Said; ready: boolean }) {
  const t = useRules()
  const c = useCommon()
  const f = useFormat()
  const [run, setRun] = useState<Run>()
  const start = useAct(
    () => {
      const to = Date.now()
      return api('POST /rules/dry-runs', { body: { ...said, ...(rule && { rule: rule.id }), from: to - WEEK, to } })
    },
    { done: setRun },
  )
  const going = useGet(
    'GET /rules/dry-runs/{run}',
    { params: { run: run?.id ?? '-' } },
    { enabled: run?.state === 'running', every: 1000 },
  )
  const now = run?.state === 'running' && going.data?.id === run.id ? going.data : run
  const r = now?.result
  return (
    <section className="card">
      <header>
        <h2>{r ? t.ran(f.n(r.fired), f.n(r.devices)) : t.run}</h2>
        <button
          type="button"
          className="btn s push"
          disabled={!ready || start.isPending || now?.state === 'running'}
          onClick={() => start.mutate(undefined)}
        >
          <I n="play" />
          {t.run}
        </button>
      </header>
      {now?.state === 'running' && <p className="sect t2">{t.running}</p>}
      {now?.state === 'failed' && (
        <div className="sect">
          <Note s="bad" title={t.failed}>
            <code>{now.error?.code}</code>
          </Note>
        </div>
      )}
      {r && (
        <>
          <div className="sect flush stack tight">
            <Strip bins={r.bins} />
            <small>
              {t.read(f.n(r.read), f.n(r.took_ms))}
              {r.compare && ` · ${t.compare(f.n(r.compare.fired), f.n(r.compare.only_new), f.n(r.compare.only_old))}`}
              {r.cut && ` · ${t.cut}`}
            </small>
          </div>
          {r.items.length > 0 && (
            <div className="scroll frames" tabIndex={0}>
              <table className="table stackable">
                <thead>
                  <tr>
                    <th>{t.when}</th>
                    <th>{c.name}</th>
                    <th>{t.why}</th>
                    <th>{t.would}</th>
                  </tr>
                </thead>
                <tbody>
                  {r.items.slice(0, 200).map((x, i) => (
                    <tr key={`${x.at} ${x.device} ${i}`}>
                      <td data-m="1">{f.moment(x.at)}</td>
                      <td data-m="2">
                        <Link href={`/devices/${x.device}`}>#{x.device}</Link>
                      </td>
                      <td data-m="3">{x.why}</td>
                      <td>
                        <code>{x.would.join(', ')}</code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </>
      )}
    </section>
  )
}

function Strip({ bins }: { bins: readonly number[] }) {
  const most = Math.max(1, ...bins)
  return (
    <svg
      className="plot-strip"
      viewBox={`0 0 ${Math.max(1, bins.length)} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={bins.join(' ').slice(0, 300)}
    >
      {bins.map((n, i) =>
        n > 0 ? (
          <rect key={i} x={i + 0.1} width={0.8} y={40 - Math.max(4, (n / most) * 40)} height={Math.max(4, (n / most) * 40)} />
        ) : null,
      )}
    </svg>
  )
}
