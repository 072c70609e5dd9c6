import { useState } from 'react'
import type { Role } from '#contracts/registry/permissions.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan, useSession } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Ago, I } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { ChoiceField, FormDialog, NameField, NewPasswordField, ScopeField, Sure } from '../../ui/form.tsx'
import { Card, Table } from '../../ui/page.tsx'
import { useAccess } from './texts.ts'

const roles: readonly Role[] = ['Viewer', 'Operator', 'Developer', 'Administrator']

export function People() {
  const t = useAccess()
  const c = useCommon()
  const may = useCan()('users.write')
  const asked = useGet('GET /users', { query: { limit: 1000 } })
  const s = useSession()
  const me = s.at === 'in' ? s.session.user.name : ''
  const [adding, add] = useState(false)
  return (
    <Card
      title={t.tabs.people}
      push={
        may && (
          <button type="button" className="btn s" onClick={() => add(true)}>
            <I n="plus" />
            {t.add}
          </button>
        )
      }
    >
      <Asked of={asked} rows={4}>
        {({ items }) => (
          <Table heads={[c.name, t.role, c.scope, t.lastSeen, { text: c.remove, as: 'hidden' }]}>
            {items.map((u) => (
              <tr key={u.id}>
                <td data-m="1">
                  <b>{u.name}</b> {u.must_change && <small>{t.mustChange}</small>}
                </td>
                <td data-m="2">{c.roles[u.role]}</td>
                <td>{u.scope === '*' ? c.everything : u.scope}</td>
                <td data-m="3">
                  <Ago at={u.last_seen} />
                </td>
                <td className="num" data-m="2">
                  {may && u.name !== me && <Remove user={u} />}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Asked>
      {adding && <Add close={() => add(false)} />}
    </Card>
  )
}

function Remove({ user }: { user: { id: number; name: string } }) {
  const t = useAccess()
  const c = useCommon()
  const remove = useAct(() => api('DELETE /users/{id}', { params: { id: user.id } }), { done: () => void refresh('GET /users') })
  return (
    <Sure text={c.remove} label={`${c.remove} ${user.name}`} className="btn s" k="quiet" act={remove}>
      <p>{t.removeText}</p>
    </Sure>
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
    <FormDialog title={t.add} close={close} verb={c.add} act={add}>
      <NameField value={name} set={setName} />
      <NewPasswordField label={t.password} value={password} set={setPassword} />
      <p>{t.passwordText}</p>
      <ChoiceField<Role> label={t.role} value={role} set={setRole} of={roles.map((r) => [r, c.roles[r]])} />
      <ScopeField value={scope} set={setScope} />
    </FormDialog>
  )
}

export function Roles() {
  const t = useAccess()
  const c = useCommon()
  const asked = useGet('GET /roles')
  return (
    <section className="card">
      <Asked of={asked} rows={8}>
        {({ items }) => {
          const all = items.at(-1)?.can ?? []
          return (
            <div className="scroll" tabIndex={0}>
              <table className="table roles">
                <thead>
                  <tr>
                    <th>{t.may}</th>
                    {items.map((r) => (
                      <th key={r.role}>{c.roles[r.role]}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {all.map((p) => (
                    <tr key={p}>
                      <td>
                        {t.what[p]} <code className="t3">{p}</code>
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
