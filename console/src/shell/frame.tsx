/** What is around every page: side bar, top bar, and on a phone the bar at the bottom. */
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { api, queries, useGet } from '../lib/api.ts'
import { useFormat } from '../lib/format.ts'
import { useKeys } from '../lib/keys.ts'
import { lang, setLang } from '../lib/lang.ts'
import { signedOut, useCan, useSession } from '../lib/session.ts'
import { useStore } from '../lib/store.ts'
import { line, pauseLive, useLive } from '../lib/stream.ts'
import { isDark, setTheme, useTheme } from '../lib/theme.ts'
import { crumbs } from '../lib/title.ts'
import { useVendor, vendor } from '../lib/vendor.ts'
import { players } from '../pages/connect/players.ts'
import { useCommon } from '../text/common.ts'
import { Dot, I } from '../ui/basics.tsx'
import { Dialog, Toasts } from '../ui/feedback.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { KeysHelp } from './keyshelp.tsx'
import { Lost } from './lost.tsx'
import { Mark } from './mark.tsx'
import { Palette } from './palette.tsx'
import { type Place, places, usePlaces } from './places.ts'
import { SignInForm } from './signin.tsx'
import { useShell } from './texts.ts'

const isHere = (path: string, href: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)

export function Frame({ children }: { children: ReactNode }) {
  const [path, go] = useLocation()
  const [open, setOpen] = useState<'palette' | 'keys'>()
  const t = useShell()
  const list = usePlaces()
  const lost = useStore(line).at === 'lost'
  const keys = useMemo(
    () => ({
      '?': () => setOpen('keys'),
      '.': () => pauseLive(line.get().at === 'live'),
      ...Object.fromEntries(places.map((p) => [`g ${p.key}`, () => go(p.href)])),
    }),
    [go],
  )
  useKeys(keys)
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') {
        e.preventDefault()
        setOpen('palette')
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  useEffect(() => {
    void window.scrollTo(0, 0)
  }, [path])
  return (
    <>
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <div className="app" data-lost={lost || undefined}>
        <Side list={list} path={path} />
        <Bar palette={() => setOpen('palette')} keys={() => setOpen('keys')} />
        <main className="main" id="main" tabIndex={-1}>
          <Lost />
          {children}
        </main>
      </div>
      <TabBar list={list} path={path} />
      {open === 'palette' && <Palette close={() => setOpen(undefined)} keys={() => setOpen('keys')} />}
      {open === 'keys' && <KeysHelp close={() => setOpen(undefined)} />}
      <Toasts />
      <SessionOver />
    </>
  )
}

const groups = { automate: 'automate', integrate: 'integrate', operate: 'operate' } as const

function Side({ list, path }: { list: Place[]; path: string }) {
  const t = useShell()
  const counts = useCounts()
  return (
    <nav className="side" aria-label={t.main}>
      <Link className="brand" href="/">
        <Mark />
        Pando Cloud
      </Link>
      <VendorSwitch />
      {list.map((p) => (
        <PlaceLink
          key={p.name}
          place={p}
          here={isHere(path, p.href)}
          count={counts[p.name]}
          head={p.group && t[groups[p.group]]}
        />
      ))}
      <p className="foot">{t.version(__VERSION__)}</p>
    </nav>
  )
}

interface Count {
  text: string
  s?: 'bad' | 'warn'
}

function PlaceLink({ place, here, count, head }: { place: Place; here: boolean; count?: Count; head?: string }) {
  const t = useShell()
  return (
    <>
      {head && <h2>{head}</h2>}
      <Link className="nav" href={place.href} aria-current={here ? 'page' : undefined}>
        <I n={place.icon} />
        {t[place.name]}
        {count && (
          <span className="n" data-s={count.s}>
            {count.text}
          </span>
        )}
      </Link>
    </>
  )
}

/** How many of each, as the overview knows it. */
function useCounts(): Partial<Record<Place['name'], Count>> {
  const f = useFormat()
  const { data } = useLive('overview', useVendor())
  if (!data) return {}
  return {
    devices: { text: f.n(data.devices.total) },
    products: { text: f.n(data.products.length) },
    ...(data.alerts > 0 && { alerts: { text: f.n(data.alerts), s: 'bad' as const } }),
  }
}

function VendorSwitch() {
  const t = useShell()
  const can = useCan()
  const { data } = useGet('GET /vendors', { query: { limit: 1000 } }, { enabled: can('products.read') })
  const chosen = useStore(vendor)
  if (!data || data.items.length < 2) return null
  return (
    <div className="scope">
      <label className="vh" htmlFor="vendor">
        {t.vendor}
      </label>
      <select
        id="vendor"
        className="input s"
        value={chosen ?? ''}
        onChange={(e) => vendor.set(Number(e.target.value) || undefined)}
      >
        <option value="">{t.allVendors}</option>
        {data.items.map((v) => (
          <option key={v.id} value={v.id}>
            {v.name}
          </option>
        ))}
      </select>
    </div>
  )
}

function Bar({ palette, keys }: { palette: () => void; keys: () => void }) {
  const t = useShell()
  return (
    <header className="bar">
      <Crumbs />
      <button type="button" className="jump" title={t.palette} onClick={palette}>
        <I n="find" />
        <span>{t.search}</span>
        <kbd>Ctrl</kbd>
        <kbd>K</kbd>
      </button>
      <Playing />
      <LiveState />
      <button
        type="button"
        className="btn s wide-only"
        data-k="quiet"
        lang={lang.get() === 'zh' ? 'en' : 'zh'}
        aria-label={t.toOther}
        onClick={otherLang}
      >
        {t.otherLang}
      </button>
      <ThemeButton />
      <Account keys={keys} />
    </header>
  )
}

/** For the account too: it is the same elsewhere. */
function otherLang(): void {
  const to = lang.get() === 'zh' ? 'en' : 'zh'
  setLang(to)
  void api('PATCH /me', { body: { locale: to === 'zh' ? 'zh-CN' : 'en' } }).catch(() => undefined)
}

function Crumbs() {
  const t = useShell()
  const path = useStore(crumbs)
  return (
    <nav className="crumbs" aria-label={t.path}>
      {path.map((c, i) =>
        c.href && i < path.length - 1 ? (
          <Link key={c.href} href={c.href} className="wide-only">
            {c.text}
          </Link>
        ) : (
          <span key={c.text} className="cut" aria-current={i === path.length - 1 ? 'page' : undefined}>
            {c.text}
          </span>
        ),
      )}
    </nav>
  )
}

function LiveState() {
  const t = useShell()
  const f = useFormat()
  const l = useStore(line)
  const says = { off: t.connecting, live: t.live, paused: t.paused, lost: '' }
  const text = l.at === 'lost' ? t.lost(f.time(l.since)) : says[l.at]
  const can = l.at === 'live' || l.at === 'paused'
  return (
    <span className="live" role="status" data-at={l.at}>
      <Dot s={l.at === 'live' ? 'ok' : l.at === 'lost' ? 'warn' : 'new'} />
      <span>{text}</span>
      {can && (
        <button
          type="button"
          className="btn s icon wide-only"
          data-k="quiet"
          aria-label={l.at === 'live' ? t.pause : t.goOn}
          title={l.at === 'live' ? t.pause : t.goOn}
          onClick={() => pauseLive(l.at === 'live')}
        >
          <I n={l.at === 'live' ? 'pause' : 'play'} />
        </button>
      )}
    </span>
  )
}

/** Devices that this tab plays are not forgotten. */
function Playing() {
  const t = useShell()
  const [first, ...more] = useStore(players)
  if (!first) return null
  const n = more.length + 1
  return (
    <Link
      className="btn s"
      data-k="quiet"
      href={`/devices/connect?product=${first.product}`}
      title={t.playing(n)}
      aria-label={t.playing(n)}
    >
      <I n="play" />
      {n}
    </Link>
  )
}

function ThemeButton() {
  const t = useShell()
  const theme = useTheme()
  const dark = theme === 'system' ? isDark() : theme === 'dark'
  return (
    <button
      type="button"
      className="btn s icon"
      data-k="quiet"
      aria-label={`${t.theme}: ${dark ? t.themes.light : t.themes.dark}`}
      onClick={() => setTheme(dark ? 'light' : 'dark')}
    >
      <I n={dark ? 'sun' : 'moon'} />
    </button>
  )
}

function Account({ keys }: { keys: () => void }) {
  const t = useShell()
  const c = useCommon()
  const s = useSession()
  const [, go] = useLocation()
  const out = async () => {
    await api('DELETE /session').catch(() => undefined)
    queries.clear()
    signedOut()
    go('/')
  }
  return (
    <Menu label={t.account} icon="user">
      <MenuItem href="/access/account">{s.at === 'in' ? `${s.session.user.name} · ${c.roles[s.session.role]}` : ''}</MenuItem>
      <MenuItem act={otherLang}>
        <span lang={lang.get() === 'zh' ? 'en' : 'zh'}>{t.otherLang}</span>
      </MenuItem>
      <MenuItem act={() => setTheme('system')}>
        {t.theme}: {t.themes.system}
      </MenuItem>
      <MenuItem act={keys}>{t.keys}</MenuItem>
      <MenuItem href="/docs" outside>
        {t.reference}
      </MenuItem>
      <MenuItem act={() => void out()}>{t.signOut}</MenuItem>
    </Menu>
  )
}

const onPhone: readonly Place['name'][] = ['overview', 'devices', 'rules', 'alerts']

function TabBar({ list, path }: { list: Place[]; path: string }) {
  const t = useShell()
  const [more, setMore] = useState(false)
  const shown = list.filter((p) => onPhone.includes(p.name))
  return (
    <>
      <nav className="tabbar" aria-label={t.main}>
        {shown.map((p) => (
          <Link key={p.name} href={p.href} aria-current={isHere(path, p.href) ? 'page' : undefined}>
            <I n={p.icon} />
            {t[p.name]}
          </Link>
        ))}
        <button type="button" aria-expanded={more} onClick={() => setMore(true)}>
          <I n="menu" />
          {t.more}
        </button>
      </nav>
      {more && (
        <Dialog title={t.more} close={() => setMore(false)}>
          <nav className="more" aria-label={t.more}>
            {list.map((p) => (
              <Link key={p.name} href={p.href} className="nav" onClick={() => setMore(false)}>
                <I n={p.icon} />
                {t[p.name]}
              </Link>
            ))}
          </nav>
        </Dialog>
      )}
    </>
  )
}

/** On top of what somebody was at: it stays, and goes on when they are in again. */
function SessionOver() {
  const t = useShell()
  const s = useSession()
  if (s.at !== 'in' || !s.over) return null
  return (
    <Dialog title={t.sessionOver} close={signedOut} stays>
      <p>{t.sessionOverText}</p>
      <SignInForm name={s.session.user.name} done={() => void queries.invalidateQueries()} />
    </Dialog>
  )
}
