import { useState } from 'react'
import { useSearchParams } from 'wouter'
import { useCrumbs } from '../../lib/title.ts'
import { tabs } from '../../shell/routes.ts'
import { Field } from '../../ui/basics.tsx'
import { Allowed, Dialog } from '../../ui/feedback.tsx'
import { Choice } from '../../ui/form.tsx'
import { Head } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { type FrameAsked, FrameView, useProducts } from './frame.tsx'
import { type Of, PastFrames } from './kept.tsx'
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
  const of: Of = { ...id('device'), ...id('product') }
  return (
    <Allowed to="frames.read">
      <Head
        title={t.title}
        sub={t.sub}
        acts={
          <button type="button" className="btn" onClick={() => paste(true)}>
            {t.paste}
          </button>
        }
      />
      <Tabs base="/packets" at={tab} label={t.tabsLabel} tabs={tabs.packets.map((name) => ({ name, text: t.tabs[name] }))} />
      {tab === 'quarantine' && <Quarantine />}
      {tab === 'past' && <PastFrames of={of} />}
      {tab === 'live' && <LiveFrames args={of} />}
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
          <Choice
            label={t.kind}
            className="input"
            value={kind}
            set={setKind}
            of={[['', t.guess], ...(['status', 'event', 'command'] as const).map((k) => [k as string, t.kinds[k]] as const)]}
          />
          <Choice
            label={t.product}
            className="input"
            value={product}
            set={setProduct}
            of={[['', t.noProduct], ...(products.data?.items ?? []).map((x) => [String(x.id), x.name] as const)]}
          />
          <button type="submit" className="btn" data-k="main" disabled={!ready}>
            {t.decode}
          </button>
        </div>
      </form>
      {asked && <FrameView of={asked} />}
    </Dialog>
  )
}
