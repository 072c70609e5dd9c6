/** The model as tables: objects, commands, events; beside it what publishing it changes, and its octets. */
import { useEffect, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { api, forget, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { Asked, Unread } from '../../ui/feedback.tsx'
import { Card } from '../../ui/page.tsx'
import { Calls } from './calls.tsx'
import { Check } from './check.tsx'
import { itemsOf, type Kind, type Model, type Product, type Raw, SAVE_AFTER } from './raw.ts'
import { useProducts } from './texts.ts'
import { wantedIn } from './wanted.ts'
import { WholeJson } from './wholejson.tsx'
import { Wire } from './wire.tsx'

export function ModelPage({ product }: { product: Product }) {
  const can = useCan()
  const now = useGet('GET /products/{id}/models/{version}', { params: { id: product.id, version: product.model } })
  const draft = useGet('GET /products/{id}/draft', { params: { id: product.id } }, { enabled: can('products.read') })
  // once: that there is none is asked again when one is kept, and must not take the page away meanwhile
  if (can('products.read') && !draft.isFetched) return <Asked of={now}>{() => null}</Asked>
  // that there is none is an answer; without one, what is published would be edited over a draft that is kept
  if (draft.data === undefined && draft.error && draft.error.problem.status !== 404)
    return (
      <Card>
        <Unread of={draft} />
        <Unread of={now} />
      </Card>
    )
  return (
    <Asked of={now} rows={8}>
      {(m) => <Editor product={product} published={m.model as Model} draft={draft.data?.model as Model | undefined} />}
    </Asked>
  )
}

const put = (model: Model, kind: Kind, items: Raw[]): Model => ({ ...model, [kind]: items })

/** What is edited, saved as a draft when typing rests. */
function useDraft(product: Product, published: Model, draft: Model | undefined, first: Model, may: boolean) {
  const [model, setModel] = useState<Model>(first)
  const [kept, setKept] = useState(draft !== undefined)
  const [saved, setSaved] = useState(JSON.stringify(draft ?? published))
  const id = product.id
  const { mutate } = useAct((m: Model) => api('PUT /products/{id}/draft', { params: { id }, body: { model: m } }), {
    done: (_, m) => {
      setKept(true)
      setSaved(JSON.stringify(m))
      void refresh('GET /products/{id}/draft')
    },
  })
  useEffect(() => {
    if (!may || JSON.stringify(model) === saved) return
    const timer = setTimeout(() => mutate(model), SAVE_AFTER)
    return () => clearTimeout(timer)
  }, [model, saved, may, mutate])
  const discard = useAct(() => api('DELETE /products/{id}/draft', { params: { id } }), {
    done: () => {
      setModel(published)
      setSaved(JSON.stringify(published))
      setKept(false)
      forget('GET /products/{id}/draft')
    },
  })
  return { model, setModel, kept, saved, discard }
}

function Editor({ product, published, draft }: { product: Product; published: Model; draft: Model | undefined }) {
  const t = useProducts()
  const may = useCan()('products.write')
  const [params] = useSearchParams()
  const begun = draft ?? published
  const [wanted] = useState(() => (may ? wantedIn(begun, params.get('add')) : undefined))
  const first = wanted ? put(begun, wanted.kind, itemsOf(begun, wanted.kind).toSpliced(wanted.index, 1, wanted.item)) : begun
  const { model, setModel, kept, saved, discard } = useDraft(product, published, draft, first, may)
  const [json, showJson] = useState(false)
  const [object, setObject] = useState(wanted?.kind === 'objects' ? wanted.index : 0)
  const changed = useMemo(() => JSON.stringify(model) !== JSON.stringify(published), [model, published])
  const shared = { model, put: (kind: Kind, items: Raw[]) => setModel(put(model, kind, items)), may }
  const open = (kind: Kind) => (wanted?.kind === kind ? wanted.index : undefined)
  return (
    <div className="cols main-aside">
      <div>
        <Calls kind="objects" {...shared} first={open('objects')} looked={setObject} />
        <Calls kind="commands" {...shared} />
        <Calls kind="events" {...shared} first={open('events')} />
      </div>
      <div>
        <div className="row">
          {kept ? (
            <span className="badge" data-s="info">
              {t.draft}
            </span>
          ) : (
            !changed && <small>{t.unchanged}</small>
          )}
          <span className="push" />
          {may && kept && (
            <button type="button" className="btn s" data-k="quiet" onClick={() => discard.mutate(undefined)}>
              {t.discard}
            </button>
          )}
          <button type="button" className="btn s" onClick={() => showJson(true)}>
            {t.importJson}
          </button>
        </div>
        {kept && changed && <Check product={product} published={published} model={model} at={saved} />}
        <Wire object={itemsOf(model, 'objects')[object]} />
      </div>
      {json && <WholeJson model={model} may={may} take={setModel} close={() => showJson(false)} />}
    </div>
  )
}
