/** Objects, commands or events of a model: a table each, of which one row at a time is a form. */
import { useState } from 'react'
import { tlvType, tlvTypes } from '#protocol/tlv.ts'
import { useCommon } from '../../text/common.ts'
import { I } from '../../ui/basics.tsx'
import { Choice, TextField } from '../../ui/form.tsx'
import { Card, Table } from '../../ui/page.tsx'
import { itemsOf, type Kind, listKey, type Model, nameKey, paramsOf, type Raw, text } from './raw.ts'
import { useProducts } from './texts.ts'

interface CallsProps {
  kind: Kind
  model: Model
  put: (kind: Kind, items: Raw[]) => void
  may: boolean
  /** which is open at first */
  first?: number | undefined
  looked?: (index: number) => void
}

const fresh = (kind: Kind, no: number): Raw =>
  kind === 'objects'
    ? { no, label: `object${no}`, part: 1, status: [] }
    : { no, name: `${kind.slice(0, -1)}${no}`, part: 1, priority: 0, params: [] }

export function Calls({ kind, model, put, may, first, looked }: CallsProps) {
  const t = useProducts()
  const items = itemsOf(model, kind)
  const [open, setOpen] = useState(first)
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
    put(kind, [...items, fresh(kind, Math.max(0, ...items.map((x) => Number(x['no']) || 0)) + 1)])
    show(items.length)
  }
  return (
    <Card
      title={head}
      note={note}
      push={
        may && (
          <button type="button" className="btn s" onClick={append}>
            <I n="plus" />
            {add}
          </button>
        )
      }
    >
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
                <Item kind={kind} item={item} {...(may && { edit: () => show(i) })} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function Item({ kind, item, edit }: { kind: Kind; item: Raw; edit?: () => void }) {
  const c = useCommon()
  const name = text(item[nameKey[kind]])
  return (
    <>
      <span className="num t3">{text(item['no'])}</span>
      <div className="grow">
        <b>{name}</b>{' '}
        {paramsOf(item, kind).map((p, i) => (
          <span key={i} className="param">
            <code>{text(p['name'])}</code>{' '}
            <span className="t2">{tlvType(Number(p['value_type']))?.name ?? text(p['value_type'])}</span> {text(p['unit'])}
          </span>
        ))}
      </div>
      {edit && (
        <button type="button" className="btn s" data-k="quiet" aria-label={`${c.edit} ${name}`} onClick={edit}>
          {c.edit}
        </button>
      )}
    </>
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
    <TextField
      label={label}
      className="num-field"
      type="number"
      min={0}
      max={65535}
      value={text(item[key])}
      set={(v) => set({ ...item, [key]: Number(v) })}
    />
  )
  return (
    <div className="stack grow">
      <div className="row even">
        {number('no', t.no)}
        <div className="grow">
          <TextField
            label={kind === 'objects' ? t.label : c.name}
            mono
            value={text(item[nameKey[kind]])}
            set={(v) => set({ ...item, [nameKey[kind]]: v })}
          />
        </div>
        {number('part', t.part)}
      </div>
      <Table plain heads={[t.value, t.type, t.unit, t.titleEn, t.titleZh, t.min, t.max, { text: c.remove, as: 'hidden' }]}>
        {params.map((p, i) => (
          <ParamRow key={i} param={p} set={(x) => put(params.with(i, x))} remove={() => put(params.toSpliced(i, 1))} />
        ))}
      </Table>
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

const types = tlvTypes.map((x) => [String(x.number), x.name] as const)

function ParamRow({ param: p, set, remove }: { param: Raw; set: (p: Raw) => void; remove: () => void }) {
  const t = useProducts()
  const c = useCommon()
  const titles = (p['title'] ?? {}) as Record<string, string>
  const cell = (label: string, value: string, put: (v: string) => void, type = 'text') => (
    <td>
      <input className="input s" type={type} aria-label={label} value={value} onChange={(e) => put(e.target.value)} />
    </td>
  )
  const title = (lang: 'en' | 'zh') => (v: string) => set({ ...p, title: { ...titles, [lang]: v } })
  const limit = (key: string) => (v: string) => set(dropped({ ...p, [key]: v === '' ? '' : Number(v) }, key))
  return (
    <tr>
      {cell(t.value, text(p['name']), (name) => set({ ...p, name }))}
      <td>
        <Choice
          label={t.type}
          className="input s"
          value={text(p['value_type'])}
          set={(v) => set({ ...p, value_type: Number(v) })}
          of={types}
        />
      </td>
      {cell(t.unit, text(p['unit']), (unit) => set(dropped({ ...p, unit }, 'unit')))}
      {cell(t.titleEn, titles['en'] ?? '', title('en'))}
      {cell(t.titleZh, titles['zh'] ?? '', title('zh'))}
      {cell(t.min, text(p['min']), limit('min'), 'number')}
      {cell(t.max, text(p['max']), limit('max'), 'number')}
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
