import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { toast } from '../../lib/toast.ts'
import { Ago, Field } from '../../ui/basics.tsx'
import { Asked, ProblemNote } from '../../ui/feedback.tsx'
import { useAccess } from './texts.ts'

export function Account() {
  const t = useAccess()
  const asked = useGet('GET /me/sessions')
  const again = { done: () => void refresh('GET /me/sessions') }
  const end = useAct((id: number) => api('DELETE /me/sessions/{id}', { params: { id } }), again)
  const others = useAct(() => api('DELETE /me/sessions'), again)
  return (
    <div className="cols half">
      <section className="card">
        <header>
          <h2>{t.sessions}</h2>
          <button type="button" className="btn s push" disabled={others.isPending} onClick={() => others.mutate(undefined)}>
            {t.endOthers}
          </button>
        </header>
        <Asked of={asked}>
          {({ items }) => (
            <ul className="list">
              {items.map((s) => (
                <li key={s.id}>
                  <div className="grow">
                    <b>{s.addr}</b> {s.current && <span className="badge">{t.current}</span>}
                    <div className="t2 cut">{s.user_agent}</div>
                    <small>
                      <Ago at={s.last_seen} />
                    </small>
                  </div>
                  {!s.current && (
                    <button type="button" className="btn s" onClick={() => end.mutate(s.id)}>
                      {t.end}
                    </button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Asked>
      </section>
      <Password />
    </div>
  )
}

function Password() {
  const t = useAccess()
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const change = useAct(() => api('PATCH /me', { body: { password, current_password: current } }), {
    quiet: true,
    done: () => {
      setCurrent('')
      setPassword('')
      toast(t.changed)
    },
  })
  return (
    <form
      className="card"
      onSubmit={(e) => {
        e.preventDefault()
        change.mutate(undefined)
      }}
    >
      <header>
        <h2>{t.change_password}</h2>
      </header>
      <div className="sect flush stack">
        <Field label={t.current_password}>
          {(p) => (
            <input
              {...p}
              className="input"
              type="password"
              autoComplete="current-password"
              required
              value={current}
              onChange={(e) => setCurrent(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.newPassword} hint={t.passwordHint}>
          {(p) => (
            <input
              {...p}
              className="input"
              type="password"
              autoComplete="new-password"
              required
              minLength={12}
              maxLength={256}
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
          )}
        </Field>
        {change.error && <ProblemNote problem={change.error} />}
        <div className="row">
          <button type="submit" className="btn" disabled={change.isPending}>
            {t.change_password}
          </button>
        </div>
      </div>
    </form>
  )
}
