import { type ReactNode, useMemo, useState } from 'react'
import { Link } from 'wouter'
import { api, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { type Known, type Param, titleIn } from '../../lib/model.ts'
import { useNow } from '../../lib/now.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { useJudgement } from '../../text/causes.ts'
import { Ago, I, Sentences } from '../../ui/basics.tsx'
import { Asked, Bones, Empty, Note } from '../../ui/feedback.tsx'
import { Choice } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import { Spark } from '../../ui/spark.tsx'
import { CommandCard } from './commandcard.tsx'
import type { Device, DeviceNow, Values } from './data.ts'
import { Desired } from './desired.tsx'
import { Diary } from './diary.tsx'
import { SeriesPlot } from './series.tsx'
import { useDevice } from './texts.ts'
import { ValueText } from './valuetext.tsx'

type Now = DeviceNow & { device: Device }

export function Live({ now, model }: { now: Now; model: Known | undefined }) {
  const t = useDevice()
  const can = useCan()
  const { device } = now
  return (
    <div className="cols main-aside">
      <div>
        <Judged now={now} />
        <Facts device={device} />
        <ValuesCard device={device} values={now.values} model={model} />
        <Chart device={device} values={now.values} model={model} />
        <section className="card">
          <header>
            <h2>{t.diary}</h2>
            <Link className="push" href={`/devices/${device.id}/connection`}>
              {t.whole}
            </Link>
          </header>
          <div className="sect flush">{now.diary ? <Diary items={now.diary.slice(0, 6)} /> : <Bones />}</div>
        </section>
      </div>
      <div>
        {can('devices.command') && model && <CommandCard now={now} model={model} />}
        {model && <Desired device={device} model={model} />}
      </div>
    </div>
  )
}

/** Said first where it is not as it should be. */
function Judged({ now }: { now: Now }) {
  const t = useDevice()
  const say = useJudgement()
  if (!now.answer || now.answer.code === 'online') return null
  const { head, text, todo, s } = say(now.answer)
  return (
    <Note
      s={s}
      title={head}
      actions={
        <Link
          className="btn s"
          href={
            now.answer.code === 'registered' || now.answer.code === 'nothing'
              ? `/devices/connect?product=${now.device.product}&serial=${encodeURIComponent(now.device.code)}`
              : `/devices/${now.device.id}/connection`
          }
        >
          {now.answer.code === 'registered' || now.answer.code === 'nothing' ? t.showConnect : t.why}
        </Link>
      }
    >
      <p>
        <Sentences of={[text, todo]} />
      </p>
    </Note>
  )
}

function Facts({ device: d }: { device: Device }) {
  const t = useDevice()
  const f = useFormat()
  const c = d.connection
  const facts: [name: string, value: ReactNode][] = [
    ...(d.since > 0
      ? [[d.state === 'online' ? t.onlineFor : t.offlineFor, <Ago key="since" at={d.since} bare />] as [string, ReactNode]]
      : []),
    [t.lastReport, <Ago key="report" at={d.last_report} />],
  ]
  if (c?.rtt_ms !== undefined) facts.push([t.roundTrip, `${f.n(c.rtt_ms)} ms`])
  if (c) {
    facts.push([
      t.connection,
      [c.protocol.toUpperCase(), c.keepalive !== undefined && t.keepalive(c.keepalive)].filter(Boolean).join(' · '),
    ])
    if (c.paced) facts.push([t.pace, t.paced])
    facts.push([t.from, c.addr], [t.through, <code key="node">{c.node}</code>])
  }
  facts.push([t.model, `v${d.model}`])
  return (
    <section className="card">
      <div className="sect">
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  )
}

interface OfDevice {
  device: Device
  values: Values | undefined
  model: Known | undefined
}

interface Shown {
  object: string
  name: string
  title: string
  param?: Param
  v: unknown
  at: number
}

function useShown({ values, model }: Omit<OfDevice, 'device'>): Shown[] {
  const lang = useLang()
  return useMemo(
    () =>
      Object.entries(values ?? {}).flatMap(([object, of]) => {
        const known = model?.objects.find((o) => o.label === object)
        return Object.entries(of).map(([name, { v, at }]) => {
          const param = known?.values.find((p) => p.name === name)
          return { object, name, title: param ? titleIn(lang, param, name) : name, ...(param && { param }), v, at }
        })
      }),
    [values, model, lang],
  )
}

function ValuesCard({ device, values, model }: OfDevice) {
  const t = useDevice()
  const can = useCan()
  const first = useGet('GET /devices/{id}/values', { params: { id: device.id } }, { enabled: values === undefined })
  const known = values ?? first.data
  const shown = useShown({ values: known, model })
  const ask = useAct(() => api('POST /devices/{id}/values/ask', { params: { id: device.id } }), { done: () => toast(t.asked) })
  return (
    <Card
      title={t.values}
      push={
        <>
          <span className="t3">{t.asReported}</span>
          {can('devices.command') && device.state === 'online' && (
            <button type="button" className="btn s" disabled={ask.isPending} onClick={() => ask.mutate(undefined)}>
              <I n="redo" />
              {t.askNow}
            </button>
          )}
        </>
      }
    >
      {known === undefined ? (
        <Asked of={first}>{() => null}</Asked>
      ) : shown.length === 0 ? (
        <Empty title={t.noValues}>{t.noValuesText}</Empty>
      ) : (
        <div className="values">
          {shown.map((s) => (
            <ValueCell key={`${s.object}.${s.name}`} device={device} shown={s} />
          ))}
        </div>
      )}
    </Card>
  )
}

const OLD = 5 * 60_000

function ValueCell({ device, shown: s }: { device: Device; shown: Shown }) {
  const f = useFormat()
  const now = useNow()
  const numeric = typeof s.v === 'number'
  return (
    <div data-old={now - s.at > OLD || undefined}>
      <div className="k">
        <span className="cut" title={`${s.object}.${s.name}`}>
          {s.title}
        </span>
        <span className="nowrap">{f.span(now - s.at)}</span>
      </div>
      <div className="v cut">
        <ValueText v={s.v} param={s.param} />
        {s.param?.unit && <small>{s.param.unit}</small>}
      </div>
      {numeric && <ValueSpark device={device} object={s.object} name={s.name} />}
    </div>
  )
}

/** The last hour that the device has been there, read again each minute: a line that shows the way, not each point. */
function ValueSpark({ device, object, name }: { device: OfDevice['device']; object: string; name: string }) {
  const { data } = useGet(
    'GET /devices/{id}/series',
    { params: { id: device.id }, query: { object, value: name, points: 60, from: Math.max(hourAgo(), device.created_at) } },
    { every: 60_000, keep: true },
  )
  return <Spark v={(data?.v ?? []).map((v) => (typeof v === 'number' ? v : null))} />
}
const hourAgo = (): number => Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000

function Chart({ device, values, model }: OfDevice) {
  const t = useDevice()
  const numeric = useShown({ values, model }).filter((s) => typeof s.v === 'number')
  const [chosen, choose] = useState<string>()
  const of = numeric.find((s) => `${s.object}.${s.name}` === chosen) ?? numeric[0]
  if (!of) return null
  return (
    <SeriesPlot
      device={device.id}
      object={of.object}
      name={of.name}
      title={of.title}
      {...(of.param?.unit && { unit: of.param.unit })}
      {...(of.param?.decimals !== undefined && { decimals: of.param.decimals })}
      since={device.created_at}
      picker={
        numeric.length > 1 && (
          <Choice
            label={t.plot}
            value={`${of.object}.${of.name}`}
            set={choose}
            of={numeric.map((s) => [`${s.object}.${s.name}`, s.title])}
          />
        )
      }
    />
  )
}
