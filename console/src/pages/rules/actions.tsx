/** What a rule does, and how often at most. */
import { useState } from 'react'
import type { Action, Said } from './said.ts'
import { useRules } from './texts.ts'

export function ActionFields({
  action: a,
  set,
  commands,
}: {
  action: Action
  set: (a: Action) => void
  commands: readonly string[]
}) {
  const t = useRules()
  const fresh = (kind: string): Action =>
    kind === 'command'
      ? { do: 'command', name: commands[0] ?? '', params: [] }
      : kind === 'status'
        ? { do: 'status', values: {} }
        : { do: 'webhook' }
  return (
    <>
      <select className="input" aria-label={t.then} value={a.do} onChange={(e) => set(fresh(e.target.value))}>
        {Object.entries(t.do).map(([k, words]) => (
          <option key={k} value={k}>
            {words}
          </option>
        ))}
        {a.do === 'action' && <option value="action">{a.name}</option>}
      </select>
      {a.do === 'command' && (
        <>
          <input
            className="input mono"
            aria-label={t.do['command']}
            list="commands"
            value={a.name}
            onChange={(e) => set({ ...a, name: e.target.value })}
          />
          <datalist id="commands">
            {commands.map((x) => (
              <option key={x}>{x}</option>
            ))}
          </datalist>
          <JsonInput label={t.params} value={a.params} set={(v) => set({ ...a, params: v as unknown[] })} fits={Array.isArray} />
        </>
      )}
      {a.do === 'status' && (
        <JsonInput
          label={t.values}
          value={a.values}
          set={(v) => set({ ...a, values: v as Record<string, unknown[]> })}
          fits={(v) => typeof v === 'object' && v !== null && !Array.isArray(v)}
        />
      )}
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

function JsonInput({
  label,
  value,
  set,
  fits,
}: {
  label: string
  value: unknown
  set: (v: unknown) => void
  fits: (v: unknown) => boolean
}) {
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
  return (
    <>
      <select
        className="input"
        aria-label={t.but}
        value={limit ? 'some' : ''}
        onChange={(e) => put(e.target.value ? { n: 1, per: 1_800_000 } : undefined)}
      >
        <option value="">{t.unlimited}</option>
        <option value="some">{t.atMost}</option>
      </select>
      {limit && (
        <>
          <input
            className="input num-field"
            type="number"
            min={1}
            max={1000}
            aria-label={t.atMost}
            value={limit.n}
            onChange={(e) => put({ ...limit, n: Math.max(1, Number(e.target.value)) })}
          />
          <span>{t.times}</span>
          <input
            className="input num-field wide"
            type="number"
            min={1}
            aria-label={t.seconds}
            value={limit.per / 1000}
            onChange={(e) => put({ ...limit, per: Math.max(1000, Number(e.target.value) * 1000) })}
          />
          <span>{t.seconds}</span>
        </>
      )}
    </>
  )
}
