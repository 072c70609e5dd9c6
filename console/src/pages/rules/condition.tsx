import { useState } from 'react'
import { I } from '../../ui/basics.tsx'
import { Choice } from '../../ui/form.tsx'
import { type Comparison, canName, celOf, comparisonsOf, type Op, ops, shownValue } from './comparisons.ts'
import type { Said } from './said.ts'
import { useRules } from './texts.ts'

interface Props {
  said: Said
  change: (part: Partial<Said>) => void
  /** what it may name, with the types */
  names: Readonly<Record<string, string>>
  /** the comparison somebody is at */
  look: (c: Comparison | undefined) => void
}

/** *and …*: comparisons as slots of the sentence, or the expression itself. */
export function Condition({ said, change, names, look }: Props) {
  const t = useRules()
  const [list, setList] = useState(() => comparisonsOf(said.when ?? ''))
  const put = (next: Comparison[]) => {
    setList(next)
    change({ when: celOf(next, names) || undefined })
    look(next.at(-1))
  }
  const known = Object.keys(names).filter(canName)
  const first = known.find((n) => n.startsWith('status.') || n.startsWith('event.'))
  if (!list)
    return (
      <Expression
        when={said.when ?? ''}
        set={(text) => change({ when: text || undefined })}
        plain={() => {
          const read = comparisonsOf(said.when ?? '')
          if (read) setList(read)
        }}
      />
    )
  return (
    <>
      {list.map((c, i) => (
        <p className="words" key={i}>
          <span className="lead">{t.and}</span>
          <Compare
            of={c}
            known={known.includes(c.name) ? known : [c.name, ...known]}
            type={names[c.name]}
            set={(x) => put(list.with(i, x))}
            look={() => look(c)}
          />
          <button
            type="button"
            className="btn s icon"
            data-k="quiet"
            aria-label={t.dropCondition}
            onClick={() => put(list.toSpliced(i, 1))}
          >
            <I n="x" />
          </button>
        </p>
      ))}
      <p className="words">
        <span className="lead">{list.length === 0 && t.and}</span>
        <button
          type="button"
          className="btn s"
          disabled={first === undefined}
          onClick={() => put([...list, { name: first!, op: '>', value: '' }])}
        >
          <I n="plus" />
          {t.addCondition}
        </button>
        <button type="button" className="btn s" data-k="quiet" onClick={() => setList(undefined)}>
          {t.asCel}
        </button>
      </p>
    </>
  )
}

interface CompareProps {
  of: Comparison
  known: readonly string[]
  type: string | undefined
  set: (c: Comparison) => void
  look: () => void
}

function Compare({ of: c, known, type, set, look }: CompareProps) {
  const t = useRules()
  const some = type === 'double' || type === 'int' ? ops : (['==', '!='] as const)
  return (
    <>
      <Choice
        label={t.valueName}
        className="input mono"
        value={c.name}
        set={(name) => set({ ...c, name })}
        of={known.map((n) => [n, n.replace(/^(status|event)\./, '')])}
      />
      <Choice<Op>
        label={t.comparison}
        className="input"
        value={c.op}
        set={(op) => set({ ...c, op })}
        of={some.map((o) => [o, t.ops[o]])}
      />
      {type === 'bool' ? (
        <Choice
          label={t.limit}
          className="input"
          value={c.value || 'true'}
          set={(value) => set({ ...c, value })}
          of={[
            ['true', t.yes],
            ['false', t.no],
          ]}
        />
      ) : (
        <input
          className="input"
          aria-label={t.limit}
          placeholder={t.limit}
          inputMode={type === 'string' ? 'text' : 'decimal'}
          value={shownValue(c)}
          onFocus={look}
          onChange={(e) => set({ ...c, value: e.target.value })}
        />
      )}
    </>
  )
}

function Expression({ when, set, plain }: { when: string; set: (text: string) => void; plain: () => void }) {
  const t = useRules()
  return (
    <p className="words">
      <span className="lead">{t.and}</span>
      <input
        className="input mono grow"
        aria-label={t.condition}
        placeholder={t.condition}
        value={when}
        onChange={(e) => set(e.target.value)}
        spellCheck={false}
      />
      <button type="button" className="btn s" data-k="quiet" disabled={comparisonsOf(when) === undefined} onClick={plain}>
        {t.asWords}
      </button>
    </p>
  )
}
