/** What a rule does, and how often at most. */
import { useState } from 'react'
import { useLang } from '../../lib/lang.ts'
import { type Known, type Param, titleIn } from '../../lib/model.ts'
import { shownAs, typed } from '../../lib/value.ts'
import { Choice } from '../../ui/form.tsx'
import { useValueError } from '../../ui/valuefield.tsx'
import type { Action, Said } from './said.ts'
import { useRules } from './texts.ts'

interface Props {
  action: Action
  set: (a: Action) => void
  model: Known | undefined
}

const kinds = ['command', 'status', 'webhook'] as const

export function ActionFields({ action: a, set, model }: Props) {
  const t = useRules()
  const fresh = (kind: string): Action => {
    const [command, object] = [model?.commands[0], model?.objects[0]]
    if (kind === 'command') return { do: 'command', name: command?.name ?? '', params: blanks(command?.params) }
    if (kind === 'status') return { do: 'status', values: object ? { [object.label]: blanks(object.values) } : {} }
    return { do: 'webhook' }
  }
  return (
    <>
      <Choice
        label={t.then}
        className="input"
        value={a.do}
        set={(kind) => set(fresh(kind))}
        of={[...kinds.map((k) => [k as string, t.do[k]] as const), ...(a.do === 'action' ? [[a.do, a.name] as const] : [])]}
      />
      {a.do === 'command' && <Command of={a} set={set} model={model} />}
      {a.do === 'status' && <Values of={a} set={set} model={model} />}
      {(a.do === 'command' || a.do === 'status') && (
        <input
          className="input mono"
          aria-label={t.target}
          placeholder={t.target}
          value={a.device ?? ''}
          onChange={(e) => {
            const { device: _, ...rest } = a
            set((e.target.value ? { ...rest, device: e.target.value } : rest) as Action)
          }}
        />
      )}
    </>
  )
}

const blanks = (params: readonly Param[] | undefined): unknown[] =>
  (params ?? []).map((p) => {
    const zero = typed(p.type, p.typeName === 'bool' ? 'false' : p.typeName === 'string' || p.typeName === 'bytes' ? '' : '0')
    return zero.ok ? zero.json : null
  })

function Command({ of: a, set, model }: { of: Action & { do: 'command' }; set: (a: Action) => void; model: Known | undefined }) {
  const t = useRules()
  const known = model?.commands.find((c) => c.name === a.name)
  if (!model || (!known && a.name !== ''))
    return (
      <>
        <input
          className="input mono"
          aria-label={t.do['command']}
          value={a.name}
          onChange={(e) => set({ ...a, name: e.target.value })}
        />
        <JsonInput label={t.params} value={a.params} set={(v) => set({ ...a, params: v as unknown[] })} fits={Array.isArray} />
      </>
    )
  return (
    <>
      <Choice
        label={t.do['command']!}
        className="input mono"
        value={a.name}
        set={(name) => set({ ...a, name, params: blanks(model.commands.find((c) => c.name === name)?.params) })}
        of={model.commands.map((c) => [c.name, c.name])}
      />
      <Slots params={known?.params ?? []} values={a.params} set={(params) => set({ ...a, params })} />
    </>
  )
}

function Values({ of: a, set, model }: { of: Action & { do: 'status' }; set: (a: Action) => void; model: Known | undefined }) {
  const t = useRules()
  const [[label, values] = ['', []], ...more] = Object.entries(a.values)
  const known = model?.objects.find((o) => o.label === label)
  if (!model || !known || more.length > 0)
    return (
      <JsonInput
        label={t.values}
        value={a.values}
        set={(v) => set({ ...a, values: v as Record<string, unknown[]> })}
        fits={(v) => typeof v === 'object' && v !== null && !Array.isArray(v)}
      />
    )
  return (
    <>
      <Choice
        label={t.label}
        className="input mono"
        value={label}
        set={(next) => set({ ...a, values: { [next]: blanks(model.objects.find((o) => o.label === next)?.values) } })}
        of={model.objects.map((o) => [o.label, o.label])}
      />
      <Slots params={known.values} values={values} set={(now) => set({ ...a, values: { [label]: now } })} />
    </>
  )
}

interface SlotsProps {
  params: readonly Param[]
  values: readonly unknown[]
  set: (values: unknown[]) => void
}
const Slots = ({ params, values, set }: SlotsProps) =>
  params.map((p, i) => (
    <Slot
      key={`${p.name} ${i}`}
      param={p}
      value={values[i]}
      set={(v) => set(params.map((_, j) => (j === i ? v : (values[j] ?? null))))}
    />
  ))

/** `speed = 2400 rpm`: what does not fit the type stays in the field and is marked. */
function Slot({ param: p, value, set }: { param: Param; value: unknown; set: (v: unknown) => void }) {
  const lang = useLang()
  const t = useRules()
  const error = useValueError()
  const [text, setText] = useState(() => shownAs(p.type, value))
  const name = titleIn(lang, p, p.name)
  const wrong = error(p, text)
  const put = (now: string) => {
    setText(now)
    const got = typed(p.type, now)
    if (got.ok) set(got.json)
  }
  return (
    <span className="nowrap">
      {name} ={' '}
      {p.typeName === 'bool' ? (
        <Choice
          label={name}
          className="input"
          value={text || 'false'}
          set={put}
          of={[
            ['true', t.yes],
            ['false', t.no],
          ]}
        />
      ) : (
        <input
          className="input mono"
          aria-label={name}
          aria-invalid={wrong !== undefined}
          title={wrong}
          value={text}
          onChange={(e) => put(e.target.value)}
        />
      )}{' '}
      {p.unit}
    </span>
  )
}

interface JsonProps {
  label: string
  value: unknown
  set: (v: unknown) => void
  fits: (v: unknown) => boolean
}

function JsonInput({ label, value, set, fits }: JsonProps) {
  const t = useRules()
  const [text, setText] = useState(JSON.stringify(value))
  const [wrong, setWrong] = useState(false)
  const change = (now: string) => {
    setText(now)
    try {
      const v = JSON.parse(now) as unknown
      setWrong(!fits(v))
      if (fits(v)) set(v)
    } catch {
      setWrong(true)
    }
  }
  return (
    <input
      className="input mono"
      aria-label={label}
      title={wrong ? t.badJson : label}
      aria-invalid={wrong}
      value={text}
      onChange={(e) => change(e.target.value)}
      spellCheck={false}
    />
  )
}

export function AtMost({ but, set }: { but: Said['but']; set: (but: Said['but']) => void }) {
  const t = useRules()
  const limit = but?.atMost
  const put = (atMost: { n: number; per: number } | undefined) => {
    const { atMost: _, ...rest } = but ?? {}
    const next = { ...rest, ...(atMost && { atMost }) }
    set(Object.keys(next).length > 0 ? next : undefined)
  }
  const number = (label: string, value: number, change: (v: number) => void) => (
    <input
      className="input"
      type="number"
      min={1}
      aria-label={label}
      value={value}
      onChange={(e) => change(Math.max(1, Number(e.target.value)))}
    />
  )
  return (
    <>
      <Choice
        label={t.but}
        className="input"
        value={limit ? 'some' : ''}
        set={(v) => put(v ? { n: 1, per: 1_800_000 } : undefined)}
        of={[
          ['', t.unlimited],
          ['some', t.atMost],
        ]}
      />
      {limit && (
        <>
          {number(t.atMost, limit.n, (n) => put({ ...limit, n: Math.min(1000, n) }))}
          <span>{t.times}</span>
          {number(t.minutes, limit.per / 60_000, (minutes) => put({ ...limit, per: minutes * 60_000 }))}
          <span>{t.minutes}</span>
        </>
      )}
    </>
  )
}
