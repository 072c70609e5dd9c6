import { useState } from 'react'
import { api, useGet } from '../../lib/api.ts'
import { useRemove, useSave } from '../../lib/saved.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { At, Copy } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { ChoiceField, DescriptionField, Form, NameField, Sure } from '../../ui/form.tsx'
import { Card } from '../../ui/page.tsx'
import type { Product } from './raw.ts'
import { useProducts } from './texts.ts'

export const Settings = ({ product }: { product: Product }) => (
  <div className="cols main-aside">
    <Edit product={product} />
    <div>
      <Versions product={product} />
      <Pins product={product} />
    </div>
  </div>
)

function Edit({ product: p }: { product: Product }) {
  const t = useProducts()
  const c = useCommon()
  const can = useCan()
  const [name, setName] = useState(p.name)
  const [description, setDescription] = useState(p.description)
  const [registration, setRegistration] = useState(p.registration)
  const save = useSave(
    () => api('PATCH /products/{id}', { params: { id: p.id }, body: { name, description, registration }, ifMatch: p.revision }),
    'GET /products/{id}',
    'GET /products',
  )
  const remove = useRemove(() => api('DELETE /products/{id}', { params: { id: p.id } }), 'GET /products', '/products')
  const may = can('products.write')
  return (
    <Card>
      <div className="sect">
        <Form act={save}>
          {p.key && (
            <div className="field">
              <span className="label">{t.key}</span>
              <Copy text={p.key} />
              <span className="hint">{t.keyText}</span>
            </div>
          )}
          <NameField value={name} set={setName} disabled={!may} />
          <DescriptionField value={description} set={setDescription} disabled={!may} />
          <ChoiceField
            label={t.registration}
            disabled={!may}
            value={registration}
            set={setRegistration}
            of={(['open', 'once', 'closed'] as const).map((x) => [x, t.policies[x]])}
          />
          {may && (
            <div className="row">
              <button type="submit" className="btn" data-k="main" disabled={save.isPending}>
                {c.save}
              </button>
              <span className="push" />
              <Sure text={t.remove} verb={c.remove} k="bad" act={remove} disabled={p.devices > 0}>
                <p>{t.removeText}</p>
              </Sure>
            </div>
          )}
        </Form>
      </div>
    </Card>
  )
}

function Versions({ product }: { product: Product }) {
  const t = useProducts()
  const asked = useGet('GET /products/{id}/models', { params: { id: product.id } })
  return (
    <Card title={t.history}>
      <Asked of={asked}>
        {({ items }) => (
          <ul className="list tight">
            {items.map((m) => (
              <li key={m.version}>
                <b>v{m.version}</b>
                <span className="grow cut">{m.note}</span>
                <small>
                  <At at={m.published_at} />
                </small>
              </li>
            ))}
          </ul>
        )}
      </Asked>
    </Card>
  )
}

const Pins = ({ product: { pins } }: { product: Product }) => {
  const t = useProducts()
  return (
    <Card title={t.pins}>
      {pins.length === 0 ? (
        <p className="sect flush t2">{t.noPins}</p>
      ) : (
        <ul className="list tight">
          {pins.map((x) => (
            <li key={x.firmware}>
              <code className="grow">{x.firmware}</code> v{x.model}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
