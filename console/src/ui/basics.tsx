/** The smallest parts: an icon, a state, how old something is, something to copy. */
import { type ReactNode, useEffect, useId, useState } from 'react'
import type { DeviceState } from '#contracts/admin/devices.ts'
import { useFormat } from '../lib/format.ts'
import { useLang } from '../lib/lang.ts'
import { useNow } from '../lib/now.ts'
import { useCommon } from '../text/common.ts'

export const I = ({ n }: { n: string }) => (
  <svg className="i" aria-hidden="true">
    <use href={`#${n}`} />
  </svg>
)

export type S = 'ok' | 'off' | 'bad' | 'warn' | 'new' | 'info' | 'sleep'
export const Dot = ({ s }: { s: S }) => <span className="dot" data-s={s} aria-hidden="true" />

const dots: Record<DeviceState, S> = { online: 'ok', offline: 'off', refused: 'bad', flapping: 'warn', never: 'new' }
export const dotOf = (state: DeviceState): S => dots[state]

export function State({ state }: { state: DeviceState }) {
  const c = useCommon()
  return (
    <span className="state">
      <Dot s={dots[state]} />
      {c.states[state]}
    </span>
  )
}

/** How long ago; the moment itself on hover. */
export function Ago({ at, bare = false }: { at: number; bare?: boolean }) {
  const f = useFormat()
  const c = useCommon()
  const now = useNow()
  if (!at) return <>{c.never}</>
  return (
    <time dateTime={f.iso(at)} title={f.iso(at)}>
      {bare ? f.span(now - at) : f.ago(at, now)}
    </time>
  )
}

export function At({ at, precise = false }: { at: number; precise?: boolean }) {
  const f = useFormat()
  const c = useCommon()
  if (!at) return <>{c.never}</>
  return (
    <time dateTime={f.iso(at)} title={f.iso(at)}>
      {precise ? f.precise(at) : f.when(at)}
    </time>
  )
}

/** `wide`: with its words beside the icon. */
export function CopyButton({ text, label, wide = false }: { text: string; label?: string; wide?: boolean }) {
  const c = useCommon()
  const [done, setDone] = useState(false)
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [done])
  const copy = () => void navigator.clipboard?.writeText(text).then(() => setDone(true))
  const says = done ? c.copied : (label ?? c.copy)
  return (
    <button
      type="button"
      className={wide ? 'btn s' : 'btn s icon'}
      data-k="quiet"
      aria-label={says}
      {...(!wide && { title: says })}
      onClick={copy}
    >
      <I n={done ? 'check' : 'copy'} />
      {wide && says}
    </button>
  )
}

export const Copy = ({ text }: { text: string }) => (
  <span className="copy">
    <code>{text}</code>
    <CopyButton text={text} />
  </span>
)

/** Lines to take away whole. */
export function Code({ title, text, children }: { title?: ReactNode; text: string; children?: ReactNode }) {
  return (
    <div className="code">
      <header>
        <span className="grow">{title}</span>
        <CopyButton text={text} />
      </header>
      <pre tabIndex={0}>{children ?? text}</pre>
    </div>
  )
}

interface FieldProps {
  label: ReactNode
  type?: ReactNode
  hint?: ReactNode
  error?: ReactNode
  /** where somebody else must find it */
  id?: string
  children: (p: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ReactNode
}
/** A label, what is typed, and what is wrong with it. */
export function Field({ label, type, hint, error, id: given, children }: FieldProps) {
  const own = useId()
  const id = given ?? own
  const told = error ?? hint
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {type && <span className="type">{type}</span>}
      </label>
      {children({
        id,
        ...(told !== undefined && { 'aria-describedby': `${id}-told` }),
        ...(error !== undefined && { 'aria-invalid': true }),
      })}
      {told !== undefined && (
        <span
          id={`${id}-told`}
          className={error === undefined ? 'hint' : 'error'}
          role={error === undefined ? undefined : 'alert'}
        >
          {told}
        </span>
      )}
    </div>
  )
}

export function Seg<T extends string>({
  of,
  value,
  on,
  label,
}: {
  of: readonly (readonly [T, ReactNode])[]
  value: T
  on: (v: T) => void
  label: string
}) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {of.map(([v, words]) => (
        <button key={v} type="button" aria-pressed={v === value} onClick={() => on(v)}>
          {words}
        </button>
      ))}
    </div>
  )
}

/** One after the other, as the language does it. */
export const Sentences = ({ of }: { of: readonly (string | undefined | false)[] }) => (
  <>{of.filter(Boolean).join(useLang() === 'zh' ? '' : ' ')}</>
)

/** A text whose names and values stand between backticks. */
export const Prose = ({ text }: { text: string }) => (
  <>{text.split('`').map((part, i) => (i % 2 === 0 ? part : <code key={i}>{part}</code>))}</>
)

/** JSON with its parts in colours; text, never markup. */
export function Json({ value }: { value: unknown }) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
  return <>{tinted(text)}</>
}

const PARTS = /("(?:\\.|[^"\\])*"\s*:)|("(?:\\.|[^"\\])*")|(-?\b\d[\d.eE+-]*\b|\btrue\b|\bfalse\b|\bnull\b)/g
function tinted(text: string): ReactNode[] {
  const out: ReactNode[] = []
  let at = 0
  for (const m of text.matchAll(PARTS)) {
    if (m.index > at) out.push(text.slice(at, m.index))
    const kind = m[1] ? 'k' : m[2] ? 's' : 'n'
    out.push(
      <span key={m.index} className={kind}>
        {m[0]}
      </span>,
    )
    at = m.index + m[0].length
  }
  out.push(text.slice(at))
  return out
}
