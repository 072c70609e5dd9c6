/** The model as tables: objects, commands, events; beside it what publishing it changes, and its octets. */
import { useEffect, useMemo, useState } from 'react'
import { tlvType, tlvTypes } from '#protocol/tlv.ts'
import { api, refresh, useAct, useGet } from '../../lib/api.ts'
import { useCan } from '../../lib/session.ts'
import { useCommon } from '../../text/common.ts'
import { Field, I } from '../../ui/basics.tsx'
import { Asked } from '../../ui/feedback.tsx'
import { Check, WholeJson, Wire } from './check.tsx'
import { itemsOf, type Kind, listKey, type Model, nameKey, type Product, paramsOf, type Raw, SAVE_AFTER, text } from './raw.ts'
import { useProducts } from './texts.ts'

export function ModelPage({ product }: { product: Product }) {
  const can = useCan()
  const now = useGet('GET /products/{id}/models/{version}', { params: { id: product.id, version: product.model } })
  const draft = useGet('GET /products/{id}/draft', { params: { id: product.id } }, { enabled: can('products.read') })
  if (draft.isPending) return <Asked of={now}>{() => null}</Asked>
  return (
    <Asked of={now} rows={8}>
      {(m) => <Editor product={product} published={m.model as Model} draft={draft.data?.model as Model | undefined} />}
    </Asked>
  )
}

function Editor({ product, published, draft }: { product: Product; published: Model; draft: Model | undefined }) {
  const t = useProducts()
  const can = useCan()
  const [model, setModel] = useState<Model>(draft ?? published)
  const [kept, setKept] = useState(draft !== undefined)
  const [json, showJson] = useState(false)
  const [object, setObject] = useState(0)
  const may = can('products.write')
  const changed = useMemo(() => JSON.stringify(model) !== JSON.stringify(published), [model, published])
  const save = useAct((m: Model) => api('PUT /products/{id}/draft', { params: { id: product.id }, body: { model: m } }), {
    done: () => {
      setKept(true)
      void refresh('GET /products/{id}/draft')
    },
  })
  const { mutate } = save
  const [saved, setSaved] = useState(JSON.stringify(draft ?? published))
  useEffect(() => {
    const said = JSON.stringify(model)
    if (!may || said === saved) return
    const timer = setTimeout(() => {
      setSaved(said)
      mutate(model)
    }, SAVE_AFTER)
    return () => clearTimeout(timer)
  }, [model, saved, may, mutate])
  const discard = useAct(() => api('DELETE /products/{id}/draft', { params: { id: product.id } }), {
    done: () => {
      setModel(published)
      setSaved(JSON.stringify(published))
      setKept(false)
      void refresh('GET /products/{id}/draft')
    },
  })
  const put = (kind: Kind, items: Raw[]) => setModel({ ...model, [kind]: items })
  return (
    <div className="cols main-aside">
      <div>
        <Calls kind="objects" model={model} put={put} may={may} looked={setObject} />
        <Calls kind="commands" model={model} put={put} may={may} />
        <Calls kind="events" model={model} put={put} may={may} />
      </div>
      <div>
        <div className="row">
          <button type="button" className="btn s" onClick={() => showJson(true)}>
            {t.importJson}
          </button>
          {may && kept && (
            <button type="button" className="btn s" data-k="quiet" onClick={() => discard.mutate(undefined)}>
              {t.discard}
            </button>
          )}
          {kept && (
            <span className="badge" data-s="info">
              {t.draft}
            </span>
          )}
        </div>
        {kept && changed ? <Check product={product} at={saved} /> : <p className="t2">{t.unchanged}</p>}
        <Wire object={itemsOf(model, 'objects')[object]} />
      </div>
      {json && <WholeJson model={model} may={may} take={setModel} close={() => showJson(false)} />}
    </div>
  )
}

interface CallsProps {
  kind: Kind
  model: Model
  put: (kind: Kind, items: Raw[]) => void
  may: boolean
  looked?: (index: number) => void
}

function Calls({ kind, model, put, may, looked }: CallsProps) {
  const t = useProducts()
  const c = useCommon()
  const items = itemsOf(model, kind)
  const [open, setOpen] = useState<number>()
  const heads = {
    objects: [t.objects, t.objectsNote, t.addObject],
    commands: [t.commands, t.commandsNote, t.addCommand],
    events: [t.events, t.eventsNote, t.addEvent],
  } as const
  const [head, note, add] = heads[kind]
  const show = (i: number | undefined) => {
    setOpen(i)
    if (i !== undefined) looked?.(i)
  }
  const append = () => {
    const no = Math.max(0, ...items.map((x) => Number(x['no']) || 0)) + 1
    const fresh =
      kind === 'objects'
        ? { no, label: `object${no}`, part: 1, status: [] }
        : { no, name: `${kind.slice(0, -1)}${no}`, part: 1, priority: 0, params: [] }
    put(kind, [...items, fresh])
    show(items.length)
  }
  return (
    <section className="card">
      <header>
        <h2>{head}</h2>
        <span className="t3">{note}</span>
        {may && (
          <button type="button" className="btn s push" onClick={append}>
            <I n="plus" />
            {add}
          </button>
        )}
      </header>
      {items.length > 0 && (
        <ul className="list">
          {items.map((item, i) => (
            <li key={i}>
              {open === i && may ? (
                <ItemForm
                  kind={kind}
                  item={item}
                  set={(x) => put(kind, items.with(i, x))}
                  done={() => show(undefined)}
                  remove={() => {
                    put(kind, items.toSpliced(i, 1))
                    show(undefined)
                  }}
                />
              ) : (
                <>
                  <span className="num t3">{text(item['no'])}</span>
                  <div className="grow">
                    <b>{text(item[nameKey[kind]])}</b>{' '}
                    <span className="t2">
                      {paramsOf(item, kind)
                        .map(
                          (p) =>
                            `${text(p['name'])} ${tlvType(Number(p['value_type']))?.name ?? text(p['value_type'])}${p['unit'] ? ` ${text(p['unit'])}` : ''}`,
                        )
                        .join(', ')}
                    </span>
                  </div>
                  {may && (
                    <button
                      type="button"
                      className="btn s"
                      aria-label={`${c.edit} ${text(item[nameKey[kind]])}`}
                      onClick={() => show(i)}
                    >
                      {c.edit}
                    </button>
                  )}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

interface ItemProps {
  kind: Kind
  item: Raw
  set: (item: Raw) => void
  done: () => void
  remove: () => void
}

function ItemForm({ kind, item, set, done, remove }: ItemProps) {
  const t = useProducts()
  const c = useCommon()
  const params = paramsOf(item, kind)
  const put = (list: Raw[]) => set({ ...item, [listKey[kind]]: list })
  const number = (key: string, label: string) => (
    <Field label={label}>
      {(p) => (
        <input
          {...p}
          className="input num-field"
          type="number"
          min={0}
          max={65535}
          value={text(item[key])}
          onChange={(e) => set({ ...item, [key]: Number(e.target.value) })}
        />
      )}
    </Field>
  )
  return (
    <div className="stack grow">
      <div className="row even">
        {number('no', t.no)}
        <div className="grow">
          <Field label={kind === 'objects' ? t.label : c.name}>
            {(p) => (
              <input
                {...p}
                className="input mono"
                value={text(item[nameKey[kind]])}
                onChange={(e) => set({ ...item, [nameKey[kind]]: e.target.value })}
              />
            )}
          </Field>
        </div>
        {number('part', t.part)}
      </div>
      <div className="scroll">
        <table className="table plain">
          <thead>
            <tr>
              {[t.value, t.type, t.unit, t.titleEn, t.titleZh, t.min, t.max].map((h) => (
                <th key={h}>{h}</th>
              ))}
              <th>
                <span className="vh">{c.remove}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {params.map((p, i) => (
              <ParamRow key={i} param={p} set={(x) => put(params.with(i, x))} remove={() => put(params.toSpliced(i, 1))} />
            ))}
          </tbody>
        </table>
      </div>
      <div className="row">
        <button
          type="button"
          className="btn s"
          onClick={() => put([...params, { name: `value${params.length + 1}`, value_type: 2 }])}
        >
          <I n="plus" />
          {t.addValue}
        </button>
        <button type="button" className="btn s push" data-k="quiet" onClick={remove}>
          {c.remove}
        </button>
        <button type="button" className="btn s" onClick={done}>
          {t.done}
        </button>
      </div>
    </div>
  )
}

function ParamRow({ param: p, set, remove }: { param: Raw; set: (p: Raw) => void; remove: () => void }) {
  const t = useProducts()
  const c = useCommon()
  const titles = (p['title'] ?? {}) as Record<string, string>
  const word = (key: string, label: string) => (
    <input
      className="input s"
      aria-label={label}
      value={text(p[key])}
      onChange={(e) => set(dropped({ ...p, [key]: e.target.value }, key))}
    />
  )
  const title = (lang: 'en' | 'zh', label: string) => (
    <input
      className="input s"
      aria-label={label}
      value={titles[lang] ?? ''}
      onChange={(e) => set({ ...p, title: { ...titles, [lang]: e.target.value } })}
    />
  )
  const limit = (key: string, label: string) => (
    <input
      className="input s"
      type="number"
      aria-label={label}
      value={text(p[key])}
      onChange={(e) => set(dropped({ ...p, [key]: e.target.value === '' ? '' : Number(e.target.value) }, key))}
    />
  )
  return (
    <tr>
      <td>
        <input
          className="input s mono"
          aria-label={t.value}
          value={text(p['name'])}
          onChange={(e) => set({ ...p, name: e.target.value })}
        />
      </td>
      <td>
        <select
          className="input s"
          aria-label={t.type}
          value={text(p['value_type'])}
          onChange={(e) => set({ ...p, value_type: Number(e.target.value) })}
        >
          {tlvTypes.map((x) => (
            <option key={x.number} value={x.number}>
              {x.name}
            </option>
          ))}
        </select>
      </td>
      <td>{word('unit', t.unit)}</td>
      <td>{title('en', t.titleEn)}</td>
      <td>{title('zh', t.titleZh)}</td>
      <td>{limit('min', t.min)}</td>
      <td>{limit('max', t.max)}</td>
      <td>
        <button
          type="button"
          className="btn s icon"
          data-k="quiet"
          aria-label={`${c.remove} ${text(p['name'])}`}
          onClick={remove}
        >
          <I n="x" />
        </button>
      </td>
    </tr>
  )
}

/** An empty hint is none. */
function dropped(p: Raw, key: string): Raw {
  if (p[key] !== '') return p
  const { [key]: _, ...rest } = p
  return rest
}
