import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { AdminAnswer } from '#contracts/admin/client.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { toast } from '../../lib/toast.ts'
import { useCommon } from '../../text/common.ts'
import { At, Code, Copy, Field, Seg } from '../../ui/basics.tsx'
import { Asked, Confirm, ProblemNote } from '../../ui/feedback.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { ModelPage } from './model.tsx'
import { useProducts } from './texts.ts'

type Product = AdminAnswer<'GET /products/{id}'>

export default function Page({ id, tab }: { id: number; tab: string }) {
  const asked = useGet('GET /products/{id}', { params: { id } })
  return (
    <Asked of={asked} rows={8}>
      {(p) => <Body product={p} tab={tab} />}
    </Asked>
  )
}

function Body({ product: p, tab }: { product: Product; tab: string }) {
  const t = useProducts()
  const f = useFormat()
  useCrumbs({ text: t.title, href: '/products' }, { text: p.name })
  return (
    <>
      <div className="head">
        <div>
          <h1>{p.name}</h1>
          <p className="sub">
            <Link href={`/devices?q=product:${p.id}`}>{t.count(f.n(p.devices))}</Link>
            <span>{t.version(p.model)}</span>
            {p.description && <span>{p.description}</span>}
          </p>
        </div>
      </div>
      <Tabs
        base={`/products/${p.id}`}
        at={tab}
        label={t.tabsLabel}
        tabs={(['model', 'code', 'settings'] as const).map((name) => ({ name, text: t.tabs[name] }))}
      />
      {tab === 'model' && <ModelPage key={p.model} product={p} />}
      {tab === 'code' && <Generated product={p} />}
      {tab === 'settings' && <Settings product={p} />}
    </>
  )
}

function Generated({ product: p }: { product: Product }) {
  const t = useProducts()
  const [lang, setLang] = useState<'typescript' | 'c'>('typescript')
  const asked = useGet('GET /products/{id}/code', { params: { id: p.id }, query: { lang } }, { keep: true })
  return (
    <div className="stack">
      <Seg
        label={t.lang}
        value={lang}
        on={setLang}
        of={[
          ['typescript', 'TypeScript'],
          ['c', 'C'],
        ]}
      />
      <Asked of={asked} rows={8}>
        {(c) => <Code title={t.version(c.version)} text={c.text} />}
      </Asked>
    </div>
  )
}

function Settings({ product: p }: { product: Product }) {
  const t = useProducts()
  const c = useCommon()
  const can = useCan()
  const [, go] = useLocation()
  const [name, setName] = useState(p.name)
  const [description, setDescription] = useState(p.description)
  const [registration, setRegistration] = useState(p.registration)
  const [asks, ask] = useState(false)
  const models = useGet('GET /products/{id}/models', { params: { id: p.id } })
  const save = useAct(
    () => api('PATCH /products/{id}', { params: { id: p.id }, body: { name, description, registration }, ifMatch: p.revision }),
    {
      quiet: true,
      done: () => {
        toast(c.saved)
        void refresh('GET /products/{id}', 'GET /products')
      },
    },
  )
  const remove = useAct(() => api('DELETE /products/{id}', { params: { id: p.id } }), {
    done: () => {
      void refresh('GET /products')
      go('/products')
    },
  })
  const may = can('products.write')
  return (
    <div className="cols main-aside">
      <form
        className="card"
        onSubmit={(e) => {
          e.preventDefault()
          save.mutate(undefined)
        }}
      >
        <div className="sect stack">
          {p.key && (
            <div className="field">
              <span className="label">{t.key}</span>
              <Copy text={p.key} />
              <span className="hint">{t.keyText}</span>
            </div>
          )}
          <Field label={c.name}>
            {(a) => (
              <input
                {...a}
                className="input"
                required
                maxLength={128}
                disabled={!may}
                value={name}
                onChange={(e) => setName(e.target.value)}
              />
            )}
          </Field>
          <Field label={c.description}>
            {(a) => (
              <input
                {...a}
                className="input"
                maxLength={1024}
                disabled={!may}
                value={description}
                onChange={(e) => setDescription(e.target.value)}
              />
            )}
          </Field>
          <Field label={t.registration}>
            {(a) => (
              <select
                {...a}
                className="input"
                disabled={!may}
                value={registration}
                onChange={(e) => setRegistration(e.target.value as Product['registration'])}
              >
                {Object.entries(t.policies).map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {save.error && <ProblemNote problem={save.error} />}
          {may && (
            <div className="row">
              <button type="submit" className="btn" data-k="main" disabled={save.isPending}>
                {c.save}
              </button>
              <button
                type="button"
                className="btn push"
                data-k="danger"
                disabled={p.devices > 0}
                title={t.removeText}
                onClick={() => ask(true)}
              >
                {t.remove}
              </button>
            </div>
          )}
        </div>
        {asks && (
          <Confirm
            title={t.remove}
            verb={c.remove}
            busy={remove.isPending}
            act={() => remove.mutate(undefined)}
            close={() => ask(false)}
          >
            <p>{t.removeText}</p>
          </Confirm>
        )}
      </form>
      <div>
        <section className="card">
          <header>
            <h2>{t.history}</h2>
          </header>
          <Asked of={models}>
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
        </section>
        <section className="card">
          <header>
            <h2>{t.pins}</h2>
          </header>
          <div className="sect flush">
            {p.pins.length === 0 ? (
              <p className="t2">{t.noPins}</p>
            ) : (
              p.pins.map((x) => (
                <p key={x.firmware}>
                  {x.firmware}: v{x.model}
                </p>
              ))
            )}
          </div>
        </section>
      </div>
    </div>
  )
}
