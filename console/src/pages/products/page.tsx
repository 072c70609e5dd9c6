import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan, useEverything } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useVendor } from '../../lib/vendor.ts'
import { useCommon } from '../../text/common.ts'
import { Field, I } from '../../ui/basics.tsx'
import { Asked, Dialog, Empty, ProblemNote } from '../../ui/feedback.tsx'
import { examples } from './examples.ts'
import { parsed } from './parsed.ts'
import { useProducts } from './texts.ts'

export default function Page() {
  const t = useProducts()
  const c = useCommon()
  const f = useFormat()
  const can = useCan()
  const [params, setParams] = useSearchParams()
  useCrumbs({ text: t.title })
  const asked = useGet('GET /products', { query: { limit: 1000, ...useVendor() } })
  const add = can('products.write') && (
    <button type="button" className="btn" data-k="main" onClick={() => setParams({ new: '1' })}>
      <I n="plus" />
      {t.create}
    </button>
  )
  return (
    <>
      <div className="head">
        <div>
          <h1>{t.title}</h1>
          <p className="sub">{t.sub}</p>
        </div>
        <div className="acts">{add}</div>
      </div>
      <section className="card">
        <Asked of={asked} rows={6}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t.empty}>{t.emptyText}</Empty>
            ) : (
              <div className="scroll">
                <table className="table stackable">
                  <thead>
                    <tr>
                      <th>{c.name}</th>
                      <th className="num">{t.devices}</th>
                      <th className="num">{t.model}</th>
                      <th>{t.registration}</th>
                      <th>{c.description}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((p) => (
                      <tr key={p.id}>
                        <td data-m="1">
                          <Link href={`/products/${p.id}`}>{p.name}</Link>
                        </td>
                        <td data-m="2" className="num">
                          {f.n(p.devices)}
                        </td>
                        <td className="num">v{p.model}</td>
                        <td>{p.registration}</td>
                        <td data-m="3">{p.description}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )
          }
        </Asked>
      </section>
      {params.has('new') && can('products.write') && <NewProduct close={() => setParams({}, { replace: true })} />}
    </>
  )
}

type Begin = 'lamp' | 'sensor' | 'empty' | 'json'

function NewProduct({ close }: { close: () => void }) {
  const t = useProducts()
  const c = useCommon()
  const [, go] = useLocation()
  const everything = useEverything()
  const vendors = useGet('GET /vendors', { query: { limit: 1000 } })
  const [name, setName] = useState('')
  const [vendor, setVendor] = useState('')
  const [vendorName, setVendorName] = useState('')
  const [begin, setBegin] = useState<Begin>('lamp')
  const [json, setJson] = useState('')
  const list = vendors.data?.items ?? []
  const chosen = vendor || String(list[0]?.id ?? 'new')
  const model = begin === 'json' ? parsed(json) : examples[begin]
  const make = useAct(
    async () => {
      const id = chosen === 'new' ? (await api('POST /vendors', { body: { name: vendorName } })).id : Number(chosen)
      return api('POST /products', { body: { vendor: id, name, model } })
    },
    {
      quiet: true,
      done: (p) => {
        void refresh('GET /products', 'GET /vendors')
        go(`/products/${p.id}`)
      },
    },
  )
  return (
    <Dialog
      title={t.createTitle}
      close={close}
      footer={
        <button
          type="submit"
          form="new-product"
          className="btn"
          data-k="main"
          disabled={!name || model === undefined || make.isPending}
        >
          {t.make}
        </button>
      }
    >
      <form
        id="new-product"
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
        <Field label={t.vendor}>
          {(p) => (
            <select {...p} className="input" value={chosen} onChange={(e) => setVendor(e.target.value)}>
              {list.map((v) => (
                <option key={v.id} value={v.id}>
                  {v.name}
                </option>
              ))}
              {everything && <option value="new">{t.newVendor}</option>}
            </select>
          )}
        </Field>
        {chosen === 'new' && (
          <Field label={t.newVendor}>
            {(p) => (
              <input
                {...p}
                className="input"
                required
                maxLength={128}
                value={vendorName}
                onChange={(e) => setVendorName(e.target.value)}
              />
            )}
          </Field>
        )}
        <Field label={t.begin}>
          {(p) => (
            <select {...p} className="input" value={begin} onChange={(e) => setBegin(e.target.value as Begin)}>
              {(['lamp', 'sensor', 'empty', 'json'] as const).map((b) => (
                <option key={b} value={b}>
                  {t.examples[b]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {begin === 'json' && (
          <Field label={t.json} {...(json !== '' && model === undefined && { error: t.badJson })}>
            {(p) => (
              <textarea {...p} className="input mono" value={json} onChange={(e) => setJson(e.target.value)} spellCheck={false} />
            )}
          </Field>
        )}
        {make.error && <ProblemNote problem={make.error} />}
      </form>
    </Dialog>
  )
}
