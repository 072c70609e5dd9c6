import { useState } from 'react'
import { Link } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useCommon } from '../../text/common.ts'
import { Ago, Copy, Dot, I, type S } from '../../ui/basics.tsx'
import { Dialog } from '../../ui/feedback.tsx'
import { FormDialog } from '../../ui/form.tsx'
import { ListCard } from '../../ui/list.tsx'
import { Head } from '../../ui/page.tsx'
import { type About, AboutFields } from './form.tsx'
import { useApps } from './texts.ts'

export type App = AdminAnswer<'GET /applications/{id}'>
export const shapes: Record<App['state'], S> = {
  ok: 'ok',
  failing: 'bad',
  behind: 'warn',
  paused: 'off',
  off: 'new',
  unknown: 'new',
}

export default function Page() {
  const t = useApps()
  const can = useCan()
  const [adding, add] = useState(false)
  useCrumbs({ text: t.title })
  const asked = useGet('GET /applications', { query: { limit: 1000 } }, { every: 10_000 })
  return (
    <>
      <Head
        title={t.title}
        sub={t.sub}
        acts={
          can('applications.write') && (
            <button type="button" className="btn" data-k="main" onClick={() => add(true)}>
              <I n="plus" />
              {t.create}
            </button>
          )
        }
      />
      <ListCard of={asked} empty={{ title: t.empty, text: t.emptyText }}>
        {(a) => <Row key={a.id} app={a} />}
      </ListCard>
      {adding && <NewApplication close={() => add(false)} />}
    </>
  )
}

function Row({ app: a }: { app: App }) {
  const t = useApps()
  const c = useCommon()
  const f = useFormat()
  return (
    <li>
      <Dot s={shapes[a.state]} />
      <div className="grow">
        <Link href={`/applications/${a.id}`}>{a.name}</Link>
        <div className="t2">
          {t.states[a.state]} · {a.scope === '*' ? c.everything : <code>{a.scope}</code>} {a.url && <code>{a.url}</code>}
        </div>
      </div>
      {a.waiting > 0 && (
        <small>
          {t.waiting} {f.n(a.waiting)}
          {a.oldest ? (
            <>
              {' '}
              · {t.oldest} <Ago at={a.oldest} />
            </>
          ) : null}
        </small>
      )}
    </li>
  )
}

function NewApplication({ close }: { close: () => void }) {
  const t = useApps()
  const [about, set] = useState<About>({ name: '', scope: '*', url: '', events: ['event', 'status', 'online', 'offline'] })
  const [made, setMade] = useState<AdminAnswer<'POST /applications'>>()
  const make = useAct(() => api('POST /applications', { body: about, idempotencyKey: crypto.randomUUID() }), {
    quiet: true,
    done: (got) => {
      setMade(got)
      void refresh('GET /applications')
    },
  })
  if (!made)
    return (
      <FormDialog title={t.createTitle} close={close} verb={t.create} act={make}>
        <AboutFields about={about} set={set} />
      </FormDialog>
    )
  const { application, key, signing_secret } = made
  return (
    <Dialog
      title={application.name}
      close={close}
      footer={
        <Link className="btn" data-k="main" href={`/applications/${application.id}`}>
          {t.openIt}
        </Link>
      }
    >
      <p>{t.once}</p>
      <b>{t.key}</b>
      <Copy text={key} />
      <b>{t.secret}</b>
      <Copy text={signing_secret} />
    </Dialog>
  )
}
