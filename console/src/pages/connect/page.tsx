import { useRef, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { useStore } from '../../lib/store.ts'
import { useCrumbs } from '../../lib/title.ts'
import { Code, Field, I, Seg } from '../../ui/basics.tsx'
import { Allowed, Asked, Empty } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Browser } from './browser.tsx'
import { players } from './players.ts'
import { Steps } from './steps.tsx'
import { useConnect } from './texts.ts'

const tools = ['browser', 'curl', 'mosquitto', 'node', 'python', 'c', 'pando'] as const
type Tool = (typeof tools)[number]

export default function Page() {
  const t = useConnect()
  useCrumbs({ text: t.devices, href: '/devices' }, { text: t.title })
  const products = useGet('GET /products', { query: { limit: 1000 } })
  return (
    <Allowed to="products.write">
      <Head title={t.title} sub={t.sub} />
      <Asked of={products} rows={8}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="card">
              <Empty
                title={t.noProducts}
                actions={
                  <Link className="btn" data-k="main" href="/products?new=1">
                    <I n="plus" />
                    {t.makeProduct}
                  </Link>
                }
              >
                {t.noProductsText}
              </Empty>
            </div>
          ) : (
            <Body products={items} />
          )
        }
      </Asked>
    </Allowed>
  )
}

interface Listed {
  id: number
  name: string
  model: number
}

function Body({ products }: { products: readonly Listed[] }) {
  const t = useConnect()
  const [params, setParams] = useSearchParams()
  const product = products.find((p) => p.id === Number(params.get('product'))) ?? products[0]!
  const [serial, setSerial] = useState(params.get('serial') ?? 'my-device-1')
  const played = useStore(players).find((p) => p.product === product.id)
  // it is shown on when it was stopped
  const last = useRef({ product: 0, serial: '' })
  if (played) last.current = { product: product.id, serial: played.device.of.code }
  const virtual = last.current.product === product.id ? last.current.serial : ''
  const tool = (tools.find((x) => x === params.get('tool')) ??
    (params.has('virtual') || !params.has('serial') ? 'browser' : 'curl')) as Tool
  const put = (name: string, value: string) =>
    setParams(
      (now) => {
        const next = new URLSearchParams(now)
        next.set(name, value)
        next.delete('virtual')
        return next
      },
      { replace: true },
    )
  return (
    <div className="cols main-aside">
      <section className="card">
        <div className="sect">
          <div className="cols half">
            <Field label={t.product} hint={t.productHint}>
              {(p) => (
                <span className="row even">
                  <select {...p} className="input" value={product.id} onChange={(e) => put('product', e.target.value)}>
                    {products.map((x) => (
                      <option key={x.id} value={x.id}>
                        {x.name}
                      </option>
                    ))}
                  </select>
                  <Link className="btn" href="/products?new=1">
                    <I n="plus" />
                    {t.newProduct}
                  </Link>
                </span>
              )}
            </Field>
            {tool !== 'browser' && (
              <Field label={t.serial} hint={t.serialHint}>
                {(p) => (
                  <input
                    {...p}
                    className="input mono"
                    value={serial}
                    maxLength={255}
                    onChange={(e) => setSerial(e.target.value)}
                    onBlur={() => put('serial', serial)}
                  />
                )}
              </Field>
            )}
          </div>
        </div>
        <div className="sect stack">
          <Seg<Tool>
            label={t.toolsLabel}
            value={tool}
            on={(x) => put('tool', x)}
            of={tools.map((x) => [x, t.tools[x]] as const)}
          />
          {tool === 'browser' ? (
            <Browser key={product.id} product={product} auto={params.has('virtual')} />
          ) : (
            <Lines product={product.id} serial={serial} tool={tool} />
          )}
        </div>
      </section>
      <div>
        <Steps product={product.id} serial={tool === 'browser' ? virtual : serial} />
      </div>
    </div>
  )
}

function Lines({ product, serial, tool }: { product: number; serial: string; tool: Exclude<Tool, 'browser'> }) {
  const t = useConnect()
  const asked = useGet('GET /products/{id}/snippets', { params: { id: product }, query: { serial, tool } }, { keep: true })
  return (
    <Asked of={asked} rows={8}>
      {({ items }) => (
        <>
          {items.map((s) => (
            <Code key={s.title} title={t.titles[s.title] ?? s.title} text={s.text} />
          ))}
        </>
      )}
    </Asked>
  )
}
