import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { useGet } from '../../lib/api.ts'
import { I } from '../../ui/basics.tsx'
import { useDevices } from './texts.ts'
import { partsOf, tokensOf, without } from './tokens.ts'

/** What has been typed acts after this, without Enter. */
const CALM = 180

interface Props {
  filter: string
  set: (filter: string) => void
  wrong?: string
}

export function FilterBox({ filter, set, wrong }: Props) {
  const t = useDevices()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  // words that stand; the last one is still being typed: it stands in the field
  const [base, setBase] = useState(filter)
  const [typed, setTyped] = useState('')
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const put = useRef(set)
  put.current = set
  const whole = (text: string) => [base, text.trim()].filter(Boolean).join(' ')
  const now = whole(typed)
  const said = useRef(filter)
  // somebody else changed it: a tab, a link, the way back
  if (filter !== said.current) {
    said.current = filter
    if (filter !== now) {
      setBase(filter)
      setTyped('')
    }
  }
  const tell = (text: string) => {
    said.current = text
    put.current(text)
  }
  const shown = tokensOf(base)
  const products = useGet('GET /products', { query: { limit: 1000 } }, { enabled: /\bproduct:\d/.test(base) })
  const names = new Map(products.data?.items.map((p) => [String(p.id), p.name]))
  useEffect(() => {
    if (typed === '' || /[:<>]$/.test(typed) || now === filter) return
    const timer = setTimeout(() => tell(now), CALM)
    return () => clearTimeout(timer)
  }, [typed, now, filter])
  const { data } = useGet(
    'GET /filter/complete',
    { query: { q: typed, limit: 8 } },
    { enabled: open && typed !== '', keep: true },
  )
  const offers = open && typed !== '' ? (data?.items ?? []).filter((o) => o.text !== typed) : []
  const stand = (text: string) => {
    setBase(text)
    setTyped('')
    tell(text)
  }
  const take = (text: string) => {
    if (/[:<>]$/.test(text)) setTyped(text)
    else stand(whole(text))
    setAt(-1)
    input.current?.focus()
  }
  const onKey = (e: KeyboardEvent<HTMLInputElement>) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      if (offers.length === 0) return
      setAt((at + (e.key === 'ArrowDown' ? 1 : -1) + offers.length) % offers.length)
    } else if (e.key === 'Enter') take(offers[at]?.text ?? typed)
    else if (e.key === 'Tab' && at < 0 && offers[0] && typed.length > 1 && !e.shiftKey) take(offers[0].text)
    else if (e.key === 'Backspace' && typed === '' && shown.length > 0) stand(without(base, shown.length - 1))
    else if (e.key === 'Escape') typed === '' ? input.current?.blur() : clear()
    else return
    if (e.key !== 'Escape') e.preventDefault()
  }
  /** A blank outside of quotes ends a word. */
  const type = (text: string) => {
    const words = tokensOf(text)
    const last = /\s$/.test(text) && (text.split('"').length - 1) % 2 === 0 ? '' : (words.pop() ?? '')
    if (words.length > 0) {
      const stands = [base, ...words].filter(Boolean).join(' ')
      setBase(stands)
      tell(stands)
    }
    setTyped(words.length > 0 ? last : text)
    setOpen(true)
    setAt(-1)
    if (text === '') tell(base)
  }
  const clear = () => {
    stand(base)
    setOpen(false)
  }
  return (
    <div className="finder">
      <div className="find" data-wrong={wrong !== undefined || undefined}>
        <I n="find" />
        {shown.map((token, i) => {
          const { field, rest } = partsOf(token)
          return (
            <span className="tok" key={`${i} ${token}`}>
              {field && <b>{field}</b>}
              {field === 'product' ? (names.get(rest) ?? rest) : rest.replaceAll('"', '')}
              <button type="button" aria-label={t.drop(token)} onClick={() => stand(without(base, i))}>
                ×
              </button>
            </span>
          )
        })}
        <input
          ref={input}
          id="filter"
          role="combobox"
          aria-label={t.filter}
          aria-expanded={offers.length > 0}
          aria-controls={`${id}-offers`}
          aria-invalid={wrong !== undefined}
          {...(at >= 0 && { 'aria-activedescendant': `${id}-${at}` })}
          placeholder={shown.length === 0 ? t.hint : ''}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onFocus={() => setOpen(true)}
          onBlur={() => setTimeout(() => setOpen(false), 150)}
          onChange={(e) => type(e.target.value)}
          onKeyDown={onKey}
        />
      </div>
      {offers.length > 0 && (
        <ul id={`${id}-offers`} className="offers" role="listbox" aria-label={t.filter}>
          {offers.map((o, i) => (
            <li key={o.text} id={`${id}-${i}`} role="option" tabIndex={-1} aria-selected={i === at} onClick={() => take(o.text)}>
              <code>{o.text}</code>
              {o.label && <span className="t2">{o.label}</span>}
              {o.count !== undefined && <small>{o.count}</small>}
            </li>
          ))}
        </ul>
      )}
      {wrong !== undefined && (
        <p className="bad wrong" role="alert">
          {wrong}
        </p>
      )}
    </div>
  )
}
