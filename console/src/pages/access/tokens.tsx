import { useState } from 'react'
import type { Permission } from '#contracts/registry/permissions.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useSession } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Ago, At, Copy, Field, I } from '../../ui/basics.tsx'
import { Asked, Dialog, Empty, ProblemNote } from '../../ui/feedback.tsx'
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
    <section className="card">
      <header>
        <button type="button" className="btn s" onClick={() => add(true)}>
          <I n="plus" />
          {t.newToken}
        </button>
      </header>
      <Asked of={asked} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t.noTokens}>{t.noTokensText}</Empty>
          ) : (
            <ul className="list">
              {items.map((k) => (
                <li key={k.id}>
                  <div className="grow">
                    <b>{k.name}</b> <code>{k.scope}</code>
                    <div className="t2">{k.can.join(', ')}</div>
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
      {adding && <NewToken close={() => add(false)} names={{ make: c.add }} />}
    </section>
  )
}

const DAY = 86_400_000

function NewToken({ close, names }: { close: () => void; names: { make: string } }) {
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
    <Dialog
      title={t.newToken}
      close={close}
      footer={
        <button type="submit" form="new-token" className="btn" data-k="main" disabled={make.isPending || may.length === 0}>
          {names.make}
        </button>
      }
    >
      <form
        id="new-token"
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          make.mutate(undefined)
        }}
      >
        <Field label={c.name}>
          {(p) => (
            <input {...p} className="input" required maxLength={128} value={name} onChange={(e) => setName(e.target.value)} />
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
        <Field label={t.expires}>
          {(p) => (
            <select {...p} className="input" value={days} onChange={(e) => setDays(e.target.value)}>
              {['30', '90', '365', '0'].map((d) => (
                <option key={d} value={d}>
                  {t.ends[d]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <fieldset className="permissions">
          <legend>{t.permissions}</legend>
          {mine?.can.map((p) => (
            <label className="check" key={p}>
              <input
                type="checkbox"
                className="box"
                checked={may.includes(p)}
                onChange={(e) => setMay(e.target.checked ? [...may, p] : may.filter((x) => x !== p))}
              />
              <code>{p}</code>
            </label>
          ))}
        </fieldset>
        {make.error && <ProblemNote problem={make.error} />}
      </form>
    </Dialog>
  )
}
