import { Link } from 'wouter'
import { useGet } from '../../lib/api.ts'
import { useChosen } from '../../lib/chosen.ts'
import { useFormat } from '../../lib/format.ts'
import { useCan } from '../../lib/session.ts'
import { useCrumbs } from '../../lib/title.ts'
import { tabs } from '../../shell/routes.ts'
import { Code, I, Seg } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { ModelPage } from './model.tsx'
import type { Product } from './raw.ts'
import { Settings } from './settings.tsx'
import { useProducts } from './texts.ts'

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
  const can = useCan()
  useCrumbs({ text: t.title, href: '/products' }, { text: p.name })
  return (
    <>
      <Head
        title={p.name}
        sub={
          <>
            <Link href={`/devices?q=product:${p.id}`}>{t.count(f.n(p.devices))}</Link>
            <span>{t.version(p.model)}</span>
            {p.description && <span>{p.description}</span>}
          </>
        }
        acts={
          can('devices.secret') && (
            <Link className="btn" href={`/devices/connect?product=${p.id}`}>
              <I n="plus" />
              {t.connect}
            </Link>
          )
        }
      />
      <Tabs
        base={`/products/${p.id}`}
        at={tab}
        label={t.tabsLabel}
        tabs={tabs.product.map((name) => ({ name, text: t.tabs[name] }))}
      />
      {tab === 'model' && <ModelPage key={p.model} product={p} />}
      {tab === 'code' && <Generated product={p} />}
      {tab === 'settings' && <Settings product={p} />}
    </>
  )
}

function Generated({ product: p }: { product: Product }) {
  const t = useProducts()
  const [lang, setLang] = useChosen('lang', ['typescript', 'c'])
  const asked = useGet('GET /products/{id}/code', { params: { id: p.id }, query: { lang } }, { keep: true })
  return (
    <div className="stack">
      <div>
        <Seg
          label={t.lang}
          value={lang}
          on={setLang}
          of={[
            ['typescript', 'TypeScript'],
            ['c', 'C'],
          ]}
        />
      </div>
      <Asked of={asked} rows={8}>
        {(c) => <Code title={t.version(c.version)} text={c.text} />}
      </Asked>
    </div>
  )
}
