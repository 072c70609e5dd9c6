import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { api, refresh, useAct } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { useCommon } from '../../text/common.ts'
import { At, Copy, Field } from '../../ui/basics.tsx'
import { Confirm, Dialog, ProblemNote } from '../../ui/feedback.tsx'
import type { Device } from './data.ts'
import { useDevice } from './texts.ts'

export function Settings({ device: d }: { device: Device }) {
  const t = useDevice()
  const c = useCommon()
  const can = useCan()
  const [name, setName] = useState(d.name)
  const [description, setDescription] = useState(d.description)
  const [tags, setTags] = useState(d.tags.join(', '))
  const list = tags
    .split(/[,，]/)
    .map((x) => x.trim())
    .filter(Boolean)
  const save = useAct(
    () =>
      api('PATCH /devices/{id}', {
        params: { id: d.id },
        body: { ...(name && { name }), description, tags: list },
        ifMatch: d.revision,
      }),
    {
      quiet: true,
      done: () => {
        toast(c.saved)
        void refresh('GET /devices/{id}')
      },
    },
  )
  const submit = (e: FormEvent) => {
    e.preventDefault()
    save.mutate(undefined)
  }
  return (
    <div className="cols main-aside">
      <div>
        <form className="card" onSubmit={submit}>
          <header>
            <h2>{t.tabs.settings}</h2>
          </header>
          <div className="sect stack">
            <Field label={c.name}>
              {(p) => <input {...p} className="input" maxLength={128} value={name} onChange={(e) => setName(e.target.value)} />}
            </Field>
            <Field label={c.description}>
              {(p) => (
                <input
                  {...p}
                  className="input"
                  maxLength={1024}
                  value={description}
                  onChange={(e) => setDescription(e.target.value)}
                />
              )}
            </Field>
            <Field label={t.tags} hint={t.tagsHint}>
              {(p) => <input {...p} className="input" value={tags} onChange={(e) => setTags(e.target.value)} />}
            </Field>
            {save.error && <ProblemNote problem={save.error} />}
            <div className="row">
              <button type="submit" className="btn" data-k="main" disabled={save.isPending}>
                {c.save}
              </button>
            </div>
          </div>
        </form>
        {can('devices.secret') && <Danger device={d} />}
      </div>
      <section className="card">
        <header>
          <h2>{t.identity}</h2>
        </header>
        <div className="sect flush">
          <dl className="pairs">
            <dt>{t.serial}</dt>
            <dd>
              <Copy text={d.code} />
            </dd>
            <dt>{t.identifier}</dt>
            <dd>
              <Copy text={d.identifier} />
            </dd>
            <dt>{t.clientId}</dt>
            <dd>
              <Copy text={d.client_id} />
            </dd>
            <dt>{t.created}</dt>
            <dd>
              <At at={d.created_at} />
            </dd>
          </dl>
        </div>
      </section>
    </div>
  )
}

function Danger({ device: d }: { device: Device }) {
  const t = useDevice()
  const c = useCommon()
  const [, go] = useLocation()
  const [asks, ask] = useState<'rotate' | 'remove'>()
  const [secret, setSecret] = useState<string>()
  const rotate = useAct(() => api('POST /devices/{id}/secret', { params: { id: d.id }, idempotencyKey: crypto.randomUUID() }), {
    done: (got) => {
      ask(undefined)
      setSecret(got.secret)
    },
  })
  const remove = useAct(() => api('DELETE /devices/{id}', { params: { id: d.id } }), {
    done: () => {
      toast(c.removed)
      go('/devices')
    },
  })
  return (
    <section className="card">
      <ul className="list">
        <li>
          <div className="grow">
            <b>{t.rotate}</b>
            <div className="t2">{t.rotateText}</div>
          </div>
          <button type="button" className="btn" onClick={() => ask('rotate')}>
            {t.rotate}
          </button>
        </li>
        <li>
          <div className="grow">
            <b>{t.remove}</b>
            <div className="t2">{t.removeText}</div>
          </div>
          <button type="button" className="btn" data-k="danger" onClick={() => ask('remove')}>
            {c.remove}
          </button>
        </li>
      </ul>
      {asks === 'rotate' && (
        <Confirm
          title={t.rotate}
          verb={t.rotate}
          busy={rotate.isPending}
          act={() => rotate.mutate(undefined)}
          close={() => ask(undefined)}
        >
          <p>{t.rotateText}</p>
        </Confirm>
      )}
      {asks === 'remove' && (
        <Confirm
          title={t.remove}
          verb={c.remove}
          word={d.code}
          wordLabel={t.typeName(d.code)}
          busy={remove.isPending}
          act={() => remove.mutate(undefined)}
          close={() => ask(undefined)}
        >
          <p>{t.removeText}</p>
        </Confirm>
      )}
      {secret !== undefined && (
        <Dialog title={t.rotate} close={() => setSecret(undefined)}>
          <p>{t.secretOnce}</p>
          <Copy text={secret} />
        </Dialog>
      )}
    </section>
  )
}
