import { Fragment } from 'react'
import { useFormat } from '../../lib/format.ts'
import { useLang } from '../../lib/lang.ts'
import { causeText, isRefusal } from '../../text/causes.ts'
import { Dot, type S } from '../../ui/basics.tsx'
import type { DiaryItem } from './data.ts'
import { useDevice } from './texts.ts'

/** Entries newest first, a line before each day. */
export function Diary({ items }: { items: readonly DiaryItem[] }) {
  const t = useDevice()
  const f = useFormat()
  if (items.length === 0) return <p className="t2">{t.noDiary}</p>
  return (
    <ol className="timeline">
      {items.map((item, i) => {
        const day = f.day(item.at)
        const before = items[i - 1]
        return (
          <Fragment key={`${item.at} ${item.kind} ${item.code ?? ''}`}>
            {(!before || f.day(before.at) !== day) && <li className="day">{day}</li>}
            <Entry item={item} />
          </Fragment>
        )
      })}
    </ol>
  )
}

const shapeOf = ({ kind, code }: DiaryItem): S =>
  kind === 'online' ? 'ok' : kind === 'offline' ? 'off' : isRefusal(code) ? 'bad' : 'info'

/** Facts that have words of their own in the sentence. */
const said = new Set(['cause', 'count'])

function Entry({ item }: { item: DiaryItem }) {
  const t = useDevice()
  const f = useFormat()
  const lang = useLang()
  const why = item.kind === 'online' ? '' : causeText(lang, item.code)
  const facts = Object.entries(item.params).filter(
    ([k, v]) => !said.has(k) && ['string', 'number', 'boolean'].includes(typeof v) && v !== '',
  )
  const head = t.turns[item.kind]
  return (
    <li>
      <time dateTime={f.iso(item.at)} title={f.iso(item.at)}>
        {item.until !== undefined && item.until !== item.at
          ? `${f.time(item.until).slice(0, 5)} – ${f.time(item.at).slice(0, 5)}`
          : f.time(item.at)}
      </time>
      <Dot s={shapeOf(item)} />
      <div>
        {head && (
          <>
            <b>{head}</b> {item.kind === 'offline' && item.side && <span className="t3">{t.side[item.side]}</span>}
          </>
        )}
        {!head && <b>{why}</b>} {item.count > 1 && <span>× {f.n(item.count)}</span>}
        {head && why && <p>{why}</p>}
        {facts.length > 0 && (
          <p className="facts">
            {facts.map(([k, v]) => (
              <span key={k}>{t.facts[k]?.(String(v)) ?? `${k.replaceAll('_', ' ')} ${String(v)}`}</span>
            ))}
          </p>
        )}
      </div>
    </li>
  )
}
