/** What a rule would have done on the records of the last week: nothing is sent. */
import { useState } from 'react'
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { I } from '../../ui/basics.tsx'
import { Days } from '../../ui/days.tsx'
import { DeviceName } from '../../ui/devicename.tsx'
import { Note } from '../../ui/feedback.tsx'
import { Card, Table } from '../../ui/page.tsx'
import type { Rule, Said } from './said.ts'
import { useRules } from './texts.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY
/** Rows that are shown. */
const SHOWN = 200
type Run = AdminAnswer<'POST /rules/dry-runs'>
type Result = NonNullable<Run['result']>

export function Past({ rule, said, ready }: { rule: Rule | undefined; said: Said; ready: boolean }) {
  const t = useRules()
  const f = useFormat()
  const [run, setRun] = useState<{ now: Run; to: number }>()
  const start = useAct(
    async () => {
      const to = Date.now()
      return {
        now: await api('POST /rules/dry-runs', { body: { ...said, ...(rule && { rule: rule.id }), from: to - WEEK, to } }),
        to,
      }
    },
    { done: setRun },
  )
  const going = useGet(
    'GET /rules/dry-runs/{run}',
    { params: { run: run?.now.id ?? '-' } },
    { enabled: run?.now.state === 'running', every: 1000 },
  )
  const now = run?.now.state === 'running' && going.data?.id === run.now.id ? going.data : run?.now
  const r = now?.result
  return (
    <Card
      title={r ? t.ran(f.n(r.fired), f.n(r.devices)) : t.run}
      push={
        <button
          type="button"
          className="btn s"
          disabled={!ready || start.isPending || now?.state === 'running'}
          onClick={() => start.mutate(undefined)}
        >
          <I n="play" />
          {t.run}
        </button>
      }
    >
      {!now && <p className="sect flush t2">{t.runText}</p>}
      {now?.state === 'running' && <p className="sect t2">{t.running}</p>}
      {now?.state === 'failed' && (
        <div className="sect">
          <Note s="bad" title={t.failed}>
            <code>{now.error?.code}</code>
          </Note>
        </div>
      )}
      {r && <Found result={r} to={run!.to} />}
    </Card>
  )
}

function Found({ result: r, to }: { result: Result; to: number }) {
  const t = useRules()
  const f = useFormat()
  return (
    <>
      <div className="sect flush stack tight">
        <Strip bins={r.bins} to={to} />
        <div className="legend">
          <span>
            <i className="fire-key" />
            {t.fired} <b>{f.n(r.fired)}</b>
          </span>
          <span>
            <i className="near-key" />
            {t.near} <b>{f.n(r.near)}</b>
          </span>
          <span className="t3">{t.read(f.n(r.read), f.n(r.took_ms))}</span>
        </div>
        {r.compare && <small>{t.compare(f.n(r.compare.fired), f.n(r.compare.only_new), f.n(r.compare.only_old))}</small>}
        {r.cut && <small>{t.cut}</small>}
      </div>
      {r.items.length > 0 && (
        <Table heads={[t.whenItWas, t.deviceName, t.why, t.would]}>
          {r.items.slice(0, SHOWN).map((x, i) => (
            <tr key={`${x.at} ${x.device} ${i}`}>
              <td data-m="2">{f.moment(x.at)}</td>
              <td data-m="1">
                <Link href={`/devices/${x.device}`}>
                  <DeviceName id={x.device} />
                </Link>
              </td>
              <td data-m="3">{whyOf(x.why)}</td>
              <td>
                <code>{x.would.map(wouldOf).join(', ')}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  )
}

type Facts = Record<string, unknown>

/** `climate.temperature 9.1`: the values that it saw. */
function whyOf(json: string): string {
  const { event = {}, status = {} } = JSON.parse(json) as { event?: Facts; status?: Record<string, Facts> }
  const all = [
    ...Object.entries(event),
    ...Object.entries(status).flatMap(([label, of]) => Object.entries(of).map(([k, v]) => [`${label}.${k}`, v] as const)),
  ]
  return all.map(([k, v]) => `${k} ${typeof v === 'number' ? Number(v.toPrecision(6)) : String(v)}`).join(', ')
}

function wouldOf(json: string): string {
  const a = JSON.parse(json) as Said['then'][number]
  if (a.do === 'command') return `${a.name} ${a.params.map((p) => JSON.stringify(p)).join(' ')}`
  if (a.do === 'status') return JSON.stringify(a.values)
  return a.do === 'action' ? a.name : a.do
}

const BAR = 44

/** A bar for each part of the week in which it fired; a line where a day begins. */
function Strip({ bins, to }: { bins: readonly number[]; to: number }) {
  const t = useRules()
  const most = Math.max(1, ...bins)
  const width = 808
  const step = width / Math.max(1, bins.length)
  const x = (at: number) => ((at - (to - WEEK)) / WEEK) * width
  const first = new Date(to - WEEK)
  first.setHours(24, 0, 0, 0)
  const days = Array.from({ length: 7 }, (_, i) => first.getTime() + i * DAY)
  return (
    <figure className="plot">
      <svg
        viewBox={`0 0 ${width} ${BAR + 1}`}
        preserveAspectRatio="none"
        className="week"
        role="img"
        aria-label={t.firedEach(bins.filter((n) => n > 0).length)}
      >
        {days.map((at) => (
          <g key={at}>
            <line className="grid" x1={x(at)} x2={x(at)} y1={0} y2={BAR} />
          </g>
        ))}
        <line className="axis" x1={0} x2={width} y1={BAR} y2={BAR} />
        {bins.map((n, i) => {
          const height = Math.max(8, (n / most) * BAR)
          return n > 0 ? (
            <rect key={i} className="fire" x={i * step} width={Math.max(2, step - 1)} y={BAR - height} height={height} rx={1} />
          ) : null
        })}
      </svg>
      <Days days={days} share={(at) => x(at) / width} />
    </figure>
  )
}
