import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { browserOf } from '../../lib/browsers.ts'
import { toast } from '../../lib/toast.ts'
import { Ago } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Form, NewPasswordField, PasswordField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import { useAccess } from './texts.ts'

export function Account() {
  const t = useAccess()
  const asked = useGet('GET /me/sessions')
  const again = { done: () => void refresh('GET /me/sessions') }
  const end = useAct((id: number) => api('DELETE /me/sessions/{id}', { params: { id } }), again)
  const others = useAct(() => api('DELETE /me/sessions'), again)
  return (
    <div className="cols half">
      <Card
        title={t.sessions}
        push={
          <button type="button" className="btn s" disabled={others.isPending} onClick={() => others.mutate(undefined)}>
            {t.endOthers}
          </button>
        }
      >
        <Asked of={asked}>
          {({ items }) => (
            <ul className="list">
              {items.map((s) => (
                <li key={s.id}>
                  <div className="grow">
                    <b>{s.addr}</b> {s.current && <span className="badge">{t.current}</span>}
                    <div className="t2 cut" title={s.user_agent}>
                      {browserOf(s.user_agent)}
                    </div>
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
      </Card>
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
    <Card title={t.change_password}>
      <div className="sect flush">
        <Form act={change}>
          <PasswordField label={t.current_password} value={current} set={setCurrent} />
          <NewPasswordField label={t.newPassword} value={password} set={setPassword} />
          <div className="row">
            <button type="submit" className="btn" disabled={change.isPending}>
              {t.change_password}
            </button>
          </div>
        </Form>
      </div>
    </Card>
  )
}
