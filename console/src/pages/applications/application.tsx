import { useState } from 'react'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useRemove, useSave } from '../../lib/saved.ts'
import { useCan } from '../../lib/session.ts'
import { useLive } from '../../lib/stream.ts'
import { useCrumbs } from '../../lib/title.ts'
import { toast } from '../../lib/toast.ts'
import { tabs } from '../../shell/routes.ts'
import { useCommon } from '../../text/common.ts'
import { Code, Copy, Dot, I, Sentences } from '../../ui/basics.tsx'
import { Asked, Dialog, Note } from '../../ui/feedback.tsx'
import { Form, Sure } from '../../ui/form.tsx'
import { Card, Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Deliveries } from './deliveries.tsx'
import { type About, AboutFields } from './form.tsx'
import { type App, shapes } from './page.tsx'
import { CheckSignature } from './signature.tsx'
import { useApps } from './texts.ts'

export default function Page({ id, tab }: { id: number; tab: string }) {
  const first = useGet('GET /applications/{id}', { params: { id } })
  const { data } = useLive('application', { id })
  return (
    <Asked of={first} rows={8}>
      {(a) => <Body app={data ?? a} tab={tab} />}
    </Asked>
  )
}

function Body({ app: a, tab }: { app: App; tab: string }) {
  const c = useCommon()
  const t = useApps()
  const f = useFormat()
  const can = useCan()
  useCrumbs({ text: t.title, href: '/applications' }, { text: a.name })
  const test = useAct(() => api('POST /applications/{id}/test', { params: { id: a.id } }), {
    done: (o) =>
      toast(o.delivered ? t.tested(String(o.status ?? ''), f.n(o.took_ms)) : t.testFailed(o.error ?? String(o.status ?? ''))),
  })
  const hold = useAct(
    () => api(a.paused ? 'POST /applications/{id}/resume' : 'POST /applications/{id}/pause', { params: { id: a.id } }),
    {
      done: () => void refresh('GET /applications/{id}', 'GET /applications'),
    },
  )
  const retry = useAct(() => api('POST /applications/{id}/retry', { params: { id: a.id } }))
  const may = can('deliveries.write') && a.url !== ''
  return (
    <>
      <Head
        title={a.name}
        sub={
          <>
            <span className="state">
              <Dot s={shapes[a.state]} />
              {t.states[a.state]}
            </span>
            {a.scope === '*' ? c.everything : <code>{a.scope}</code>}
            {a.url && <code>{a.url}</code>}
          </>
        }
        acts={
          may && (
            <>
              <button type="button" className="btn" disabled={hold.isPending} onClick={() => hold.mutate(undefined)}>
                <I n={a.paused ? 'play' : 'pause'} />
                {a.paused ? t.resume : t.pause}
              </button>
              <button type="button" className="btn" disabled={test.isPending} onClick={() => test.mutate(undefined)}>
                <I n="send" />
                {t.test}
              </button>
            </>
          )
        }
      />
      <Tabs
        base={`/applications/${a.id}`}
        at={tab}
        label={t.tabsLabel}
        tabs={tabs.application.map((name) => ({ name, text: t.tabs[name] }))}
      />
      {a.state === 'failing' && (
        <div className="lost">
          <Note
            s="bad"
            title={t.failingTitle(a.url, a.failing_since ? f.when(a.failing_since) : '')}
            actions={
              may && (
                <button type="button" className="btn s" onClick={() => retry.mutate(undefined)}>
                  <I n="redo" />
                  {t.tryNow}
                </button>
              )
            }
          >
            <p>
              <Sentences of={[t.failingText(f.n(a.waiting)), c.lastAnswer(a.last_error ?? '')]} />
            </p>
          </Note>
        </div>
      )}
      {tab === 'settings' ? <Settings app={a} /> : <Deliveries app={a} />}
    </>
  )
}

function Settings({ app: a }: { app: App }) {
  const t = useApps()
  return (
    <div className="cols main-aside">
      <Edit app={a} />
      <div>
        <Card title={t.stream}>
          <div className="sect flush stack tight">
            <p className="t2">{t.streamText}</p>
            <Code title="curl" text={`curl -N -H "App-Key: $APP_KEY" ${location.origin}/application/v1/stream`} />
          </div>
        </Card>
        <CheckSignature app={a} />
      </div>
    </div>
  )
}

function Edit({ app: a }: { app: App }) {
  const t = useApps()
  const c = useCommon()
  const can = useCan()
  const [about, set] = useState<About>({ name: a.name, scope: a.scope, url: a.url, events: a.events })
  const save = useSave(
    () => api('PATCH /applications/{id}', { params: { id: a.id }, body: about, ifMatch: a.revision }),
    'GET /applications/{id}',
    'GET /applications',
  )
  const remove = useRemove(() => api('DELETE /applications/{id}', { params: { id: a.id } }), 'GET /applications', '/applications')
  const may = can('applications.write')
  return (
    <Card>
      <Form act={save} className="">
        <fieldset className="sect stack" disabled={!may}>
          <AboutFields about={about} set={set} />
          {may && (
            <div className="row">
              <button type="submit" className="btn" data-k="main" disabled={save.isPending}>
                {c.save}
              </button>
              <span className="push" />
              <Rotate app={a} what="key" text={t.rotateKey} />
              <Rotate app={a} what="signing-secret" text={t.rotateSecret} />
              <Sure text={c.remove} label={t.remove} k="bad" word={a.name} act={remove}>
                <p>{t.removeText}</p>
              </Sure>
            </div>
          )}
        </fieldset>
      </Form>
    </Card>
  )
}

/** A new one of what is shown once only. */
function Rotate({ app: a, what, text }: { app: App; what: 'key' | 'signing-secret'; text: string }) {
  const t = useApps()
  const [shown, show] = useState<string>()
  const rotate = useAct(
    async () => {
      const o = { params: { id: a.id }, idempotencyKey: crypto.randomUUID() }
      return what === 'key'
        ? (await api('POST /applications/{id}/key', o)).key
        : (await api('POST /applications/{id}/signing-secret', o)).signing_secret
    },
    { done: show },
  )
  return (
    <>
      <Sure text={text} act={rotate}>
        <p>{t.rotateText}</p>
      </Sure>
      {shown !== undefined && (
        <Dialog title={a.name} close={() => show(undefined)}>
          <p>{t.once}</p>
          <Copy text={shown} />
        </Dialog>
      )}
    </>
  )
}
