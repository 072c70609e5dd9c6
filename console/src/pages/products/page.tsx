import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan, useEverything } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { useVendor } from '../../lib/vendor.ts'
import { useCommon } from '../../text/common.ts'
import { Field, I } from '../../ui/basics.tsx'
import { Asked, Empty, Unread } from '../../ui/feedback.tsx'
import { ChoiceField, FormDialog, NameField, TextField } from '../../ui/form.tsx'
import { Head, Table } from '../../ui/page.tsx'
import { examples } from './examples.ts'
import { parsed } from './parsed.ts'
import { useProducts } from './texts.ts'

export default function Page() {
  const t = useProducts()
  const c = useCommon()
  const f = useFormat()
  const may = useCan()('products.write')
  const [params, setParams] = useSearchParams()
  useCrumbs({ text: t.title })
  const asked = useGet('GET /products', { query: { limit: 1000, ...useVendor() } })
  const add = (
    <button type="button" className="btn" data-k="main" onClick={() => setParams({ new: '1' })}>
      <I n="plus" />
      {t.create}
    </button>
  )
  return (
    <>
      <Head title={t.title} sub={t.sub} acts={may && add} />
      <section className="card">
        <Asked of={asked} rows={6}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title={t.empty}>{t.emptyText}</Empty>
            ) : (
              <Table
                heads={[c.name, { text: t.devices, as: 'num' }, { text: t.model, as: 'num' }, t.registration, c.description]}
              >
                {items.map((p) => (
                  <tr key={p.id}>
                    <td data-m="1">
                      <Link href={`/products/${p.id}`}>{p.name}</Link>
                    </td>
                    <td data-m="2" className="num">
                      {f.n(p.devices)}
                    </td>
                    <td className="num">v{p.model}</td>
                    <td>{t.policyNames[p.registration]}</td>
                    <td data-m="3">{p.description}</td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Asked>
      </section>
      {params.has('new') && may && <NewProduct close={() => setParams({}, { replace: true })} />}
    </>
  )
}

const begins = ['lamp', 'sensor', 'empty', 'json'] as const
type Begin = (typeof begins)[number]

function NewProduct({ close }: { close: () => void }) {
  const t = useProducts()
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
    <FormDialog title={t.createTitle} close={close} verb={t.make} act={make} ready={name !== '' && model !== undefined}>
      <NameField value={name} set={setName} />
      <ChoiceField
        label={t.vendor}
        value={chosen}
        set={setVendor}
        of={[...list.map((v) => [String(v.id), v.name] as const), ...(everything ? [['new', t.newVendor] as const] : [])]}
      />
      <Unread of={vendors} className="" />
      {chosen === 'new' && <TextField label={t.newVendor} required maxLength={128} value={vendorName} set={setVendorName} />}
      <ChoiceField<Begin> label={t.begin} value={begin} set={setBegin} of={begins.map((b) => [b, t.examples[b]])} />
      {begin === 'json' && (
        <Field label={t.json} {...(json !== '' && model === undefined && { error: t.badJson })}>
          {(p) => (
            <textarea {...p} className="input mono" value={json} onChange={(e) => setJson(e.target.value)} spellCheck={false} />
          )}
        </Field>
      )}
    </FormDialog>
  )
}
