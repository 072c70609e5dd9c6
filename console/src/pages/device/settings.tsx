import { useState } from 'react'
import { useLocation } from 'wouter'
import { api, useAct } from '../../lib/api.ts'
import { useSave } from '../../lib/saved.ts'
import { useCan } from '../../lib/session.ts'
import { toast } from '../../lib/toast.ts'
import { useCommon } from '../../text/common.ts'
import { At, Copy } from '../../ui/basics.tsx'
import { Dialog } from '../../ui/feedback.tsx'
import { DescriptionField, Form, Sure, TextField } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import type { Device } from './data.ts'
import { useDevice } from './texts.ts'

export function Settings({ device: d }: { device: Device }) {
  const can = useCan()
  return (
    <div className="cols main-aside">
      <div>
        <About device={d} />
        {can('devices.secret') && <Danger device={d} />}
      </div>
      <Identity device={d} />
    </div>
  )
}

function About({ device: d }: { device: Device }) {
  const t = useDevice()
  const c = useCommon()
  const [name, setName] = useState(d.name)
  const [description, setDescription] = useState(d.description)
  const [tags, setTags] = useState(d.tags.join(', '))
  const list = tags
    .split(/[,，]/)
    .map((x) => x.trim())
    .filter(Boolean)
  const save = useSave(
    () =>
      api('PATCH /devices/{id}', {
        params: { id: d.id },
        body: { ...(name && { name }), description, tags: list },
        ifMatch: d.revision,
      }),
    'GET /devices/{id}',
  )
  return (
    <Card title={t.tabs.settings}>
      <div className="sect flush">
        <Form act={save}>
          <TextField label={c.name} maxLength={128} value={name} set={setName} />
          <DescriptionField value={description} set={setDescription} />
          <TextField label={t.tags} hint={t.tagsHint} value={tags} set={setTags} />
          <div className="row">
            <button type="submit" className="btn" data-k="main" disabled={save.isPending}>
              {c.save}
            </button>
          </div>
        </Form>
      </div>
    </Card>
  )
}

function Identity({ device: d }: { device: Device }) {
  const t = useDevice()
  const pairs = [
    [t.serial, <Copy key="code" text={d.code} />],
    [t.identifier, <Copy key="identifier" text={d.identifier} />],
    [t.clientId, <Copy key="client" text={d.client_id} />],
    [t.created, <At key="at" at={d.created_at} />],
  ] as const
  return (
    <Card title={t.identity}>
      <div className="sect flush">
        <dl className="pairs">
          {pairs.map(([name, value]) => (
            <div className="pair" key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Card>
  )
}

function Danger({ device: d }: { device: Device }) {
  const t = useDevice()
  const c = useCommon()
  const [, go] = useLocation()
  const [secret, setSecret] = useState<string>()
  const rotate = useAct(() => api('POST /devices/{id}/secret', { params: { id: d.id }, idempotencyKey: crypto.randomUUID() }), {
    done: (got) => setSecret(got.secret),
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
          <Sure text={t.rotate} act={rotate}>
            <p>{t.rotateText}</p>
          </Sure>
        </li>
        <li>
          <div className="grow">
            <b>{t.remove}</b>
            <div className="t2">{t.removeText}</div>
          </div>
          <Sure text={c.remove} label={t.remove} k="bad" word={d.code} wordLabel={t.typeName(d.code)} act={remove}>
            <p>{t.removeText}</p>
          </Sure>
        </li>
      </ul>
      {secret !== undefined && (
        <Dialog title={t.rotate} close={() => setSecret(undefined)}>
          <p>{t.secretOnce}</p>
          <Copy text={secret} />
        </Dialog>
      )}
    </section>
  )
}
