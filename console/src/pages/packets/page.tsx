import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { useCrumbs } from '../../lib/title.ts'
import { Field } from '../../ui/basics.tsx'
import { Allowed, Dialog } from '../../ui/feedback.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { type FrameAsked, FrameView, useProducts } from './frame.tsx'
import { LiveFrames } from './live.tsx'
import { Quarantine } from './quarantine.tsx'
import { usePackets } from './texts.ts'

export default function Page({ tab }: { tab: string }) {
  const t = usePackets()
  const [params] = useSearchParams()
  const [pasting, paste] = useState(false)
  useCrumbs({ text: t.title })
  const id = (name: string) => {
    const n = Number(params.get(name))
    return n > 0 ? { [name]: n } : {}
  }
  return (
    <Allowed to="frames.read">
      <div className="head">
        <div>
          <h1>{t.title}</h1>
          <p className="sub">{t.sub}</p>
        </div>
        <div className="acts">
          <button type="button" className="btn" onClick={() => paste(true)}>
            {t.paste}
          </button>
        </div>
      </div>
      <Tabs
        base="/packets"
        at={tab}
        label={t.tabsLabel}
        tabs={[
          { name: 'live', text: t.tabs.live },
          { name: 'quarantine', text: t.tabs.quarantine },
        ]}
      />
      {tab === 'quarantine' ? <Quarantine /> : <LiveFrames args={{ ...id('device'), ...id('product') }} />}
      {pasting && <Paste close={() => paste(false)} />}
    </Allowed>
  )
}

function Paste({ close }: { close: () => void }) {
  const t = usePackets()
  const products = useProducts()
  const [hex, setHex] = useState('')
  const [kind, setKind] = useState('')
  const [product, setProduct] = useState('')
  const [asked, ask] = useState<FrameAsked>()
  const clean = hex.replaceAll(/0x|[\s:,]/gi, '')
  const ready = clean.length > 0 && /^([0-9a-f]{2})+$/i.test(clean)
  return (
    <Dialog title={t.paste} close={close} wide>
      <p>{t.pasteText}</p>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault()
          ask({ hex: clean, ...(kind && { kind: kind as 'status' }), ...(product && { product: Number(product) }) })
        }}
      >
        <Field label={t.hex}>
          {(p) => (
            <textarea
              {...p}
              className="input mono"
              required
              value={hex}
              onChange={(e) => setHex(e.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
        <div className="row even">
          <select className="input" aria-label={t.kind} value={kind} onChange={(e) => setKind(e.target.value)}>
            <option value="">{t.guess}</option>
            {(['status', 'event', 'command'] as const).map((k) => (
              <option key={k} value={k}>
                {t.kinds[k]}
              </option>
            ))}
          </select>
          <select className="input" aria-label={t.product} value={product} onChange={(e) => setProduct(e.target.value)}>
            <option value="">{t.noProduct}</option>
            {products.data?.items.map((x) => (
              <option key={x.id} value={x.id}>
                {x.name}
              </option>
            ))}
          </select>
          <button type="submit" className="btn" data-k="main" disabled={!ready}>
            {t.decode}
          </button>
        </div>
      </form>
      {asked && <FrameView of={asked} />}
    </Dialog>
  )
}
