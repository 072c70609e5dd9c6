import { useState } from 'react'
import type { Permission } from '#contracts/registry/permissions.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useSession } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Ago, At, Copy, I } from '../../ui/basics.tsx'
import { Asked, Dialog, Empty } from '../../ui/feedback.tsx'
import { Checks, ChoiceField, FormDialog, NameField, ScopeField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import { useAccess } from './texts.ts'

export function Tokens() {
  const t = useAccess()
  const c = useCommon()
  const asked = useGet('GET /tokens', { query: { limit: 1000 } })
  const [adding, add] = useState(false)
  const revoke = useAct((id: number) => api('DELETE /tokens/{id}', { params: { id } }), {
    done: () => void refresh('GET /tokens'),
  })
  return (
    <Card
      title={t.tabs.tokens}
      push={
        <button type="button" className="btn s" onClick={() => add(true)}>
          <I n="plus" />
          {t.newToken}
        </button>
      }
    >
      <Asked of={asked} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noTokens}>{t.noTokensText}</Empty>
          ) : (
            <ul className="list">
              {items.map((k) => (
                <li key={k.id}>
                  <div className="grow">
                    <b>{k.name}</b> {k.scope === '*' ? c.everything : <code>{k.scope}</code>}
                    <div className="t2">{k.can.map((p) => t.what[p]).join(' · ')}</div>
                    <small>
                      {t.expires} {k.expires_at ? <At at={k.expires_at} /> : t.ends['0']} · {t.used} <Ago at={k.last_used} />
                    </small>
                  </div>
                  <button
                    type="button"
                    className="btn s"
                    aria-label={`${t.revoke} ${k.name}`}
                    disabled={revoke.isPending}
                    onClick={() => revoke.mutate(k.id)}
                  >
                    {t.revoke}
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
      {adding && <NewToken close={() => add(false)} />}
    </Card>
  )
}

const DAY = 86_400_000

function NewToken({ close }: { close: () => void }) {
  const t = useAccess()
  const c = useCommon()
  const s = useSession()
  const mine = s.at === 'in' ? s.session : undefined
  const [name, setName] = useState('')
  const [scope, setScope] = useState(mine?.scope ?? '*')
  const [days, setDays] = useState('90')
  const [may, setMay] = useState<readonly Permission[]>(['devices.read'])
  const [text, setText] = useState<string>()
  const make = useAct(
    () =>
      api('POST /tokens', {
        body: { name, can: [...may], scope, expires_at: days === '0' ? 0 : Date.now() + Number(days) * DAY },
      }),
    {
      quiet: true,
      done: (got) => {
        setText(got.text)
        void refresh('GET /tokens')
      },
    },
  )
  if (text !== undefined)
    return (
      <Dialog title={name} close={close}>
        <p>{t.tokenOnce}</p>
        <Copy text={text} />
      </Dialog>
    )
  return (
    <FormDialog title={t.newToken} close={close} verb={c.add} act={make} ready={may.length > 0}>
      <NameField value={name} set={setName} />
      <ScopeField value={scope} set={setScope} />
      <ChoiceField label={t.expires} value={days} set={setDays} of={['30', '90', '365', '0'].map((d) => [d, t.ends[d]])} />
      <Checks<Permission>
        legend={t.permissions}
        className="permissions"
        value={may}
        set={setMay}
        of={(mine?.can ?? []).map((p) => [
          p,
          <span key={p}>
            {t.what[p]} <code className="t3">{p}</code>
          </span>,
        ])}
      />
    </FormDialog>
  )
}
