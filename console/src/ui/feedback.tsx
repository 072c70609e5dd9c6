/** What is not there yet, not there at all, wrong, or not allowed. */
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Permission } from '#contracts/registry/permissions.ts'
import type { AdminProblem } from '../lib/api.ts'
import { useCan } from '../lib/session.ts'
import { useStore } from '../lib/store.ts'
import { dropToast, toasts } from '../lib/toast.ts'
import { useCommon } from '../text/common.ts'
import { useProblemText } from '../text/errors.ts'
import { CopyButton, Dot, I, Prose, type S } from './basics.tsx'

export function Note({ s, title, children, actions }: { s: S; title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="note" data-s={s}>
      <Dot s={s} />
      <div className="grow stack tight">
        <b>{title}</b>
        {children}
        {actions && <div className="acts">{actions}</div>}
      </div>
    </div>
  )
}

/** Nothing for a moment, then what has the height of what comes. */
export function Bones({ rows = 4 }: { rows?: number }) {
  const c = useCommon()
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200)
    return () => clearTimeout(timer)
  }, [])
  if (!late) return <div className="bones" data-rows={rows} />
  return (
    <div className="bones" role="status" aria-label={c.reading}>
      {Array.from({ length: rows }, (_, i) => (
        <div className="bone-row" key={i} data-w={i % 4}>
          <span className="bone" />
        </div>
      ))}
    </div>
  )
}

export function Empty({ title, children, actions }: { title: ReactNode; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <svg className="art" viewBox="0 0 72 48" aria-hidden="true">
        <path d="M16 38V20M36 40V6M56 38V14" />
        <path d="M8 39c12 7 44 7 56 0" />
      </svg>
      <b>{title}</b>
      {children && <p>{children}</p>}
      {actions && <div className="acts">{actions}</div>}
    </div>
  )
}

export function ProblemNote({ problem, again }: { problem: AdminProblem; again?: () => void }) {
  const c = useCommon()
  const text = useProblemText()
  const { code, type, request_id: id, status } = problem.problem
  return (
    <Note
      s="bad"
      title={<Prose text={text(problem.problem)} />}
      actions={
        again && (
          <button type="button" className="btn s" onClick={again}>
            <I n="redo" />
            {c.tryAgain}
          </button>
        )
      }
    >
      <small className="row">
        {status || ''} {type.startsWith('/docs/') ? <a href={type}>{code}</a> : code} {id && c.request(id)}
        {id && <CopyButton text={id} />}
      </small>
    </Note>
  )
}

/** What is looked at beside a list, before anything is picked in it. */
export const Unpicked = ({ title, children }: { title: ReactNode; children: ReactNode }) => (
  <section className="card unpicked">
    <Empty title={title}>{children}</Empty>
  </section>
)

/** What was asked for, or why it isn't there. */
export function Asked<T>({
  of,
  rows,
  children,
}: {
  of: UseQueryResult<T, AdminProblem>
  rows?: number
  children: (data: T) => ReactNode
}) {
  const c = useCommon()
  if (of.data !== undefined) return <>{children(of.data)}</>
  if (!of.error) return <Bones {...(rows && { rows })} />
  const { status } = of.error.problem
  if (status === 404) return <Empty title={c.notFound}>{c.notFoundText}</Empty>
  if (status === 403) return <Empty title={c.noPermission}>{of.error.problem.detail}</Empty>
  return (
    <div className="sect">
      <ProblemNote problem={of.error} again={() => void of.refetch()} />
    </div>
  )
}

/** Why what a page goes on without isn't there. That it may not be read, or is nowhere, is no trouble. */
export function Unread({ of, className = 'sect' }: { of: UseQueryResult<unknown, AdminProblem>; className?: string }) {
  if (of.data !== undefined || !of.error || [403, 404].includes(of.error.problem.status)) return null
  return (
    <div className={className}>
      <ProblemNote problem={of.error} again={() => void of.refetch()} />
    </div>
  )
}

/** A place for those only who may. */
export function Allowed({ to, children }: { to: Permission; children: ReactNode }) {
  const can = useCan()
  const c = useCommon()
  if (can(to)) return <>{children}</>
  return (
    <div className="card">
      <Empty title={c.noPermission}>{c.noPermissionText(to)}</Empty>
    </div>
  )
}

interface DialogProps {
  title: ReactNode
  close: () => void
  children: ReactNode
  footer?: ReactNode
  wide?: boolean
  /** it can't be left without an answer */
  stays?: boolean
}
/** The browser's own: top layer, focus and Escape are its work. */
export function Dialog({ title, close, children, footer, wide, stays }: DialogProps) {
  const c = useCommon()
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const d = ref.current!
    if (!d.open) d.showModal()
    return () => d.close()
  }, [])
  return (
    <dialog
      ref={ref}
      className="dialog pop"
      data-wide={wide || undefined}
      aria-labelledby="dialog-title"
      onCancel={(e) => {
        e.preventDefault()
        if (!stays) close()
      }}
    >
      <header>
        <span id="dialog-title">{title}</span>
        {!stays && (
          <button type="button" className="btn s icon push" data-k="quiet" aria-label={c.close} onClick={close}>
            <I n="x" />
          </button>
        )}
      </header>
      <div className="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  )
}

interface ConfirmProps {
  title: ReactNode
  children: ReactNode
  verb: ReactNode
  /** must be typed where there is no way back */
  word?: string
  wordLabel?: ReactNode
  busy?: boolean
  danger?: boolean
  act: () => void
  close: () => void
}
export function Confirm({ title, children, verb, word, wordLabel, busy, danger = true, act, close }: ConfirmProps) {
  const c = useCommon()
  const [typed, setTyped] = useState('')
  return (
    <Dialog
      title={title}
      close={close}
      footer={
        <>
          <button type="button" className="btn" onClick={close}>
            {c.cancel}
          </button>
          <button
            type="button"
            className="btn"
            data-k={danger ? 'danger' : 'main'}
            disabled={busy || (word !== undefined && typed !== word)}
            onClick={act}
          >
            {verb}
          </button>
        </>
      }
    >
      {children}
      {word !== undefined && (
        <label className="field">
          <span className="label">{wordLabel ?? word}</span>
          <input className="input mono" value={typed} onChange={(e) => setTyped(e.target.value)} autoComplete="off" />
        </label>
      )}
    </Dialog>
  )
}

export function Toasts() {
  const list = useStore(toasts)
  const c = useCommon()
  const text = useProblemText()
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map((t) => (
        <div className="toast" key={t.id}>
          <Dot s={t.s} />
          <div className="grow">
            {t.problem ? (
              <>
                <b>
                  <Prose text={text(t.problem.problem)} />
                </b>
                <p>
                  <small>{[t.problem.code, t.problem.problem.request_id].filter(Boolean).join(' · ')}</small>
                </p>
              </>
            ) : (
              t.text
            )}
          </div>
          <button type="button" className="btn s icon" data-k="quiet" aria-label={c.close} onClick={() => dropToast(t.id)}>
            <I n="x" />
          </button>
        </div>
      ))}
    </div>
  )
}
