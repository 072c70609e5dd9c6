/** Everything by its name: devices, products, applications, places, and what can be done on the page that is shown. */
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { useGet } from '../lib/api.ts'
import { setLang } from '../lib/lang.ts'
import { useStore } from '../lib/store.ts'
import { verbs } from '../lib/verbs.ts'
import { I } from '../ui/basics.tsx'
import { usePlaces } from './places.ts'
import { useShell } from './texts.ts'

interface Hit {
  key: string
  group: string
  text: string
  small?: string
  icon: string
  act: () => void
}

const fits = (text: string, q: string): boolean => q === '' || text.toLowerCase().includes(q.toLowerCase())

export function Palette({ close, keys }: { close: () => void; keys: () => void }) {
  const t = useShell()
  const ref = useRef<HTMLDialogElement>(null)
  const [q, setQ] = useState('')
  const [at, setAt] = useState(0)
  useEffect(() => {
    const d = ref.current!
    d.showModal()
    return () => d.close()
  }, [])
  const hits = useHits(q.trim(), keys)
  const chosen = Math.min(at, hits.length - 1)
  const choose = (hit: Hit | undefined) => {
    if (!hit) return
    close()
    hit.act()
  }
  const onKey = (e: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (step) setAt((chosen + step + hits.length) % Math.max(1, hits.length))
    else if (e.key === 'Enter') choose(hits[chosen])
    else return
    e.preventDefault()
  }
  return (
    <dialog
      ref={ref}
      className="palette pop"
      aria-label={t.palette}
      onCancel={close}
      onClick={(e) => e.target === ref.current && close()}
    >
      <div className="ask">
        <I n="find" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="hits"
          aria-activedescendant={hits[chosen] && `hit-${chosen}`}
          aria-label={t.palette}
          placeholder={t.search}
          value={q}
          onChange={(e) => {
            setQ(e.target.value)
            setAt(0)
          }}
          onKeyDown={onKey}
        />
        <kbd>Esc</kbd>
      </div>
      <ul id="hits" role="listbox" aria-label={t.palette}>
        {hits.map((h, i) => (
          <HitRow
            key={h.key}
            hit={h}
            n={i}
            q={q.trim()}
            on={i === chosen}
            head={h.group !== hits[i - 1]?.group}
            choose={() => choose(h)}
          />
        ))}
      </ul>
      {hits.length === 0 && <p className="sect t2">{t.paletteNone}</p>}
      <footer>
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> {t.move}
        </span>
        <span>
          <kbd>Enter</kbd> {t.choose}
        </span>
        <span>
          <kbd>Esc</kbd> {t.leave}
        </span>
      </footer>
    </dialog>
  )
}

function HitRow({
  hit,
  n,
  q,
  on,
  head,
  choose,
}: {
  hit: Hit
  n: number
  q: string
  on: boolean
  head: boolean
  choose: () => void
}) {
  const ref = useRef<HTMLLIElement>(null)
  useEffect(() => {
    if (on) ref.current?.scrollIntoView({ block: 'nearest' })
  }, [on])
  return (
    <>
      {head && (
        <li className="head-row" role="presentation">
          {hit.group}
        </li>
      )}
      <li ref={ref} id={`hit-${n}`} role="option" tabIndex={-1} aria-selected={on} onClick={choose}>
        <I n={hit.icon} />
        <span className="cut">{marked(hit.text, q)}</span>
        {hit.small && <small>{hit.small}</small>}
      </li>
    </>
  )
}

function marked(text: string, q: string): ReactNode {
  const at = q === '' ? -1 : text.toLowerCase().indexOf(q.toLowerCase())
  if (at < 0) return text
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + q.length)}</mark>
      {text.slice(at + q.length)}
    </>
  )
}

function useHits(q: string, keys: () => void): Hit[] {
  const t = useShell()
  const [, go] = useLocation()
  const list = usePlaces()
  const here = useStore(verbs)
  const asked = useDeferredValue(q)
  const { data } = useGet('GET /search', { query: { q: asked, limit: 8 } }, { enabled: asked.length > 0, keep: true })
  const found = asked && data ? data : { devices: [], products: [], vendors: [], applications: [] }
  const to = (group: string, icon: string, path: string) => (x: { id: number; name: string; identifier?: string }) => ({
    key: `${path}${x.id}`,
    group,
    icon,
    text: x.name || (x.identifier ?? String(x.id)),
    ...(x.identifier && x.name && { small: x.identifier }),
    act: () => go(`${path}${x.id}`),
  })
  const all: Hit[] = [
    ...found.devices.map(to(t.devices, 'dev', '/devices/')),
    ...found.products.map(to(t.products, 'cube', '/products/')),
    ...found.applications.map(to(t.applications, 'app', '/applications/')),
    ...here
      .filter((v) => fits(v.text, q))
      .map((v) => ({ key: `verb ${v.text}`, group: t.verbs, icon: 'send', text: v.text, act: v.act })),
    ...list
      .filter((p) => fits(t[p.name], q))
      .map((p) => ({ key: p.href, group: t.pages, icon: p.icon, text: t[p.name], small: `g ${p.key}`, act: () => go(p.href) })),
    ...[
      { key: 'keys', group: t.pages, icon: 'key', text: t.keysTitle, small: '?', act: keys },
      {
        key: 'lang',
        group: t.pages,
        icon: 'globe',
        text: t.toOther,
        act: () => setLang(t.otherLang === 'English' ? 'en' : 'zh'),
      },
    ].filter((h) => fits(h.text, q)),
  ]
  return all
}
