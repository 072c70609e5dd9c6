/** A rule as a sentence: when, and, then, but. Its slots are filled from the models of what it watches. */
import type { AdminAnswer } from '#contracts/admin/client.ts'
import type { Known } from '../../lib/model.ts'
import { I } from '../../ui/basics.tsx'
import { Choice } from '../../ui/form.tsx'
import { ActionFields, AtMost } from './actions.tsx'
import type { Comparison } from './comparisons.ts'
import { Condition } from './condition.tsx'
import type { Said } from './said.ts'
import { useRules } from './texts.ts'

type Kind = Said['on']['kind']

interface Props {
  said: Said
  /** what is undefined in it is not said any more */
  change: (part: { [K in keyof Said]?: Said[K] | undefined }) => void
  products: AdminAnswer<'GET /products'>['items']
  model: Known | undefined
  names: Readonly<Record<string, string>>
  look: (c: Comparison | undefined) => void
}

export function Sentence({ said, change, products, model, names, look }: Props) {
  const t = useRules()
  const put = (i: number, a: Said['then'][number]) => change({ then: said.then.with(i, a) })
  return (
    <div className="sentence-form">
      <p className="words">
        <span className="lead">{t.when}</span>
        <Watched said={said} change={change} products={products} />
        <Trigger on={said.on} set={(on) => change({ on })} model={model} />
        <Lasting said={said} change={change} />
      </p>
      <Condition key={String(said.product)} said={said} change={change} names={names} look={look} />
      {said.then.map((a, i) => (
        <p className="words" key={i}>
          <span className="lead">{i === 0 ? t.then : t.and}</span>
          <ActionFields action={a} set={(x) => put(i, x)} model={model} />
          {said.then.length > 1 && (
            <button
              type="button"
              className="btn s icon"
              data-k="quiet"
              aria-label={t.dropAction}
              onClick={() => change({ then: said.then.toSpliced(i, 1) })}
            >
              <I n="x" />
            </button>
          )}
        </p>
      ))}
      <p className="words">
        <span className="lead" />
        <button type="button" className="btn s" onClick={() => change({ then: [...said.then, { do: 'webhook' }] })}>
          <I n="plus" />
          {t.addAction}
        </button>
      </p>
      <p className="words">
        <span className="lead">{t.but}</span>
        <AtMost but={said.but} set={(but) => change({ but })} />
      </p>
    </div>
  )
}

const ONE = 'one'

function Watched({ said, change, products }: Of<'said' | 'change' | 'products'>) {
  const t = useRules()
  const choose = (v: string) =>
    change(v === ONE ? { device: '', product: undefined } : { device: undefined, product: Number(v) || undefined })
  return (
    <>
      <Choice
        label={t.product}
        className="input"
        value={said.device !== undefined ? ONE : String(said.product ?? '')}
        set={choose}
        of={[['', t.any], ...products.map((p) => [String(p.id), `${t.any} ${p.name}`] as const), [ONE, t.one]]}
      />
      {said.device !== undefined && (
        <input
          className="input mono"
          aria-label={t.identifier}
          placeholder={t.identifier}
          value={said.device}
          onChange={(e) => change({ device: e.target.value })}
        />
      )}
    </>
  )
}
type Of<K extends keyof Props> = { [P in K]: Props[P] }

function triggerOf(kind: Kind, model: Known | undefined): Said['on'] {
  if (kind === 'event') return { kind, name: model?.events[0]?.name ?? '' }
  if (kind === 'timer') return { kind, cron: '0 8 * * *', zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
  return { kind }
}

function Trigger({ on, set, model }: { on: Said['on']; set: (on: Said['on']) => void; model: Known | undefined }) {
  const t = useRules()
  const of = Object.entries(t.kinds) as [Kind, string][]
  return (
    <>
      <Choice<Kind> label={t.when} className="input" value={on.kind} set={(k) => set(triggerOf(k, model))} of={of} />
      {on.kind === 'status' && (
        <Choice
          label={t.label}
          className="input mono"
          value={on.label ?? ''}
          set={(label) => set(label ? { kind: 'status', label } : { kind: 'status' })}
          of={[
            ['', t.anything],
            ...known(
              model?.objects.map((o) => o.label),
              on.label,
            ),
          ]}
        />
      )}
      {on.kind === 'event' &&
        (model ? (
          <Choice
            label={t.eventName}
            className="input mono"
            value={on.name}
            set={(name) => set({ kind: 'event', name })}
            of={known(
              model.events.map((e) => e.name),
              on.name,
            )}
          />
        ) : (
          <input
            className="input mono"
            aria-label={t.eventName}
            placeholder={t.eventName}
            value={on.name}
            onChange={(e) => set({ kind: 'event', name: e.target.value })}
          />
        ))}
      {on.kind === 'timer' && (
        <>
          <input
            className="input mono"
            aria-label={t.cron}
            placeholder="0 8 * * *"
            value={on.cron}
            onChange={(e) => set({ ...on, cron: e.target.value })}
          />
          <span className="t3">{on.zone ?? 'UTC'}</span>
        </>
      )}
    </>
  )
}

/** What is said stays a choice, also where the model has it no more. */
const known = (names: readonly string[] | undefined, said: string | undefined): (readonly [string, string])[] =>
  [...new Set([...(names ?? []), ...(said ? [said] : [])])].map((n) => [n, n])

const MINUTE = 60_000

function Lasting({ said, change }: Of<'said' | 'change'>) {
  const t = useRules()
  const { kind } = said.on
  if (kind !== 'status' && kind !== 'online' && kind !== 'offline') return null
  return (
    <>
      <Choice
        label={t.lasting}
        className="input"
        value={said.for === undefined ? '' : 'for'}
        set={(v) => change({ for: v ? 5 * MINUTE : undefined })}
        of={[
          ['', t.atOnce],
          ['for', t.lasting],
        ]}
      />
      {said.for !== undefined && (
        <>
          <input
            className="input"
            type="number"
            min={0.1}
            step="any"
            aria-label={t.minutesLong}
            value={said.for / MINUTE}
            onChange={(e) => change({ for: Math.max(1, Math.round(Number(e.target.value) * MINUTE)) })}
          />
          <span>{t.minutesLong}</span>
        </>
      )}
    </>
  )
}
