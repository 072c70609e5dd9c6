import { type ReactNode, useMemo } from 'react'
import { Link, useLocation } from 'wouter'
import { useKeys } from '../lib/keys.ts'

export interface Tab {
  name: string
  text: ReactNode
  n?: ReactNode
}

/** The first is the page itself. `1` … `9` go to them. */
export function Tabs({ base, tabs, at, label }: { base: string; tabs: readonly Tab[]; at: string; label: string }) {
  const [, go] = useLocation()
  const href = (t: Tab) => (t === tabs[0] ? base : `${base}/${t.name}`)
  const names = tabs.map((t) => t.name).join(' ')
  const keys = useMemo(
    () => Object.fromEntries(names.split(' ').map((name, i) => [String(i + 1), () => go(i === 0 ? base : `${base}/${name}`)])),
    [names, base, go],
  )
  useKeys(keys)
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((t) => (
        <Link key={t.name} href={href(t)} aria-current={t.name === at ? 'page' : undefined}>
          {t.text}
          {t.n !== undefined && <span className="n">{t.n}</span>}
        </Link>
      ))}
    </nav>
  )
}
