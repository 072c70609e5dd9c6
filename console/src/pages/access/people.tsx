import { useState } from 'react'
import type { Role } from '#contracts/registry/permissions.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Ago, Field, I } from '../../ui/basics.tsx'
import { Asked, Confirm, Dialog, ProblemNote } from '../../ui/feedback.tsx'
import { useAccess } from './texts.ts'

const roles: readonly Role[] = ['Viewer', 'Operator', 'Developer', 'Administrator']

export function People() {
  const t = useAccess()
  const c = useCommon()
  const can = useCan()
  const asked = useGet('GET /users', { query: { limit: 1000 } })
  const [adding, add] = useState(false)
  const [gone, setGone] = useState<{ id: number; name: string }>()
  const remove = useAct((id: number) => api('DELETE /users/{id}', { params: { id } }), {
    done: () => {
      setGone(undefined)
      void refresh('GET /users')
    },
  })
  return (
    <section className="card">
      {can('users.write') && (
        <header>
          <button type="button" className="btn s" onClick={() => add(true)}>
            <I n="plus" />
            {t.add}
          </button>
        </header>
      )}
      <Asked of={asked} rows={4}>
        {({ items }) => (
          <div className="scroll">
            <table className="table stackable">
              <thead>
                <tr>
                  <th>{c.name}</th>
                  <th>{t.role}</th>
                  <th>{c.scope}</th>
                  <th>{t.lastSeen}</th>
                  <th>
                    <span className="vh">{c.remove}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((u) => (
                  <tr key={u.id}>
                    <td data-m="1">
                      <b>{u.name}</b> {u.must_change && <small>{t.mustChange}</small>}
                    </td>
                    <td data-m="2">{u.role}</td>
                    <td>{u.scope === '*' ? c.everything : u.scope}</td>
                    <td data-m="3">
                      <Ago at={u.last_seen} />
                    </td>
                    <td className="num">
                      {can('users.write') && (
                        <button
                          type="button"
                          className="btn s"
                          data-k="quiet"
                          aria-label={`${c.remove} ${u.name}`}
                          onClick={() => setGone(u)}
                        >
                          {c.remove}
                        </button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Asked>
      {adding && <Add close={() => add(false)} />}
      {gone && (
        <Confirm
          title={`${c.remove}: ${gone.name}`}
          verb={c.remove}
          busy={remove.isPending}
          act={() => remove.mutate(gone.id)}
          close={() => setGone(undefined)}
        >
          <p>{t.removeText}</p>
        </Confirm>
      )}
    </section>
  )
}

function Add({ close }: { close: () => void }) {
  const t = useAccess()
  const c = useCommon()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<Role>('Viewer')
  const [scope, setScope] = useState('*')
  const add = useAct(() => api('POST /users', { body: { name, password, role, scope } }), {
    quiet: true,
    done: () => {
      void refresh('GET /users')
      close()
    },
  })
  return (
    <Dialog
      title={t.add}
      close={close}
      footer={
        <button type="submit" form="add-user" className="btn" data-k="main" disabled={add.isPending}>
          {c.add}
        </button>
      }
    >
      <form
        id="add-user"
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          add.mutate(undefined)
        }}
      >
        <Field label={c.name}>
          {(p) => (
            <input
              {...p}
              className="input"
              required
              maxLength={128}
              autoComplete="off"
              value={name}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.password} hint={t.passwordHint}>
          {(p) => (
            <input
              {...p}
              className="input"
              type="password"
              required
              minLength={12}
              maxLength={256}
              autoComplete="new-password"
              value={password}
              onChange={(e) => setPassword(e.target.value)}
            />
          )}
        </Field>
        <Field label={t.role}>
          {(p) => (
            <select {...p} className="input" value={role} onChange={(e) => setRole(e.target.value as Role)}>
              {roles.map((r) => (
                <option key={r}>{r}</option>
              ))}
            </select>
          )}
        </Field>
        <Field label={c.scope}>
          {(p) => (
            <input
              {...p}
              className="input mono"
              required
              pattern="\*|(vendor|product)/[1-9][0-9]*"
              value={scope}
              onChange={(e) => setScope(e.target.value)}
            />
          )}
        </Field>
        {add.error && <ProblemNote problem={add.error} />}
      </form>
    </Dialog>
  )
}

export function Roles() {
  const t = useAccess()
  const asked = useGet('GET /roles')
  return (
    <section className="card">
      <Asked of={asked} rows={8}>
        {({ items }) => {
          const all = items.at(-1)?.can ?? []
          return (
            <div className="scroll" tabIndex={0}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{t.may}</th>
                    {items.map((r) => (
                      <th key={r.role}>{r.role}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {all.map((p) => (
                    <tr key={p}>
                      <td>
                        <code>{p}</code>
                      </td>
                      {items.map((r) => (
                        <td key={r.role} className={r.can.includes(p) ? 'ok' : 't3'}>
                          {r.can.includes(p) ? '✓' : '–'}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }}
      </Asked>
    </section>
  )
}
