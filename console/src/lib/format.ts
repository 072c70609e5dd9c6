/** Numbers, times and spans in the reader's language and zone. */
import { type Lang, useLang, zone } from './lang.ts'
import { useStore } from './store.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface Format {
  /** 103,482 */
  n(v: number, decimals?: number): string
  /** 4.0: as many decimals as there are to be */
  fixed(v: number, decimals: number): string
  /** 0.949 → 94.9 % */
  pct(share: number): string
  /** 14:02:11 */
  time(at: number): string
  /** 14:02:11.042 */
  precise(at: number): string
  /** 24 Nov 14:02 */
  moment(at: number): string
  /** 24 Nov */
  date(at: number): string
  /** Monday, 24 November */
  day(at: number): string
  /** 3 s, 14 min, 2 h, 5 d */
  span(ms: number): string
  /** 3 s ago */
  ago(at: number, now: number): string
  /** 4.1 GB */
  bytes(octets: number): string
  /** 14:02 today, else with the day */
  when(at: number): string
  iso(at: number): string
  zone: string
}

const units: Record<Lang, [s: string, min: string, h: string, d: string, ago: (x: string) => string, now: string]> = {
  en: ['s', 'min', 'h', 'd', (x) => `${x} ago`, 'now'],
  zh: ['秒', '分钟', '小时', '天', (x) => `${x}前`, '刚刚'],
}

function formatOf(lang: Lang, timeZone: string | undefined): Format {
  const tag = lang === 'zh' ? 'zh-CN' : 'en-GB'
  const z = timeZone ? { timeZone } : {}
  const numbers = new Map<string, Intl.NumberFormat>()
  const number = (decimals: number, least = 0) => {
    const key = `${least}-${decimals}`
    let f = numbers.get(key)
    if (!f) {
      const digits = { minimumFractionDigits: least, maximumFractionDigits: decimals }
      numbers.set(key, (f = new Intl.NumberFormat(lang === 'zh' ? 'zh-CN' : 'en-US', digits)))
    }
    return f
  }
  const time = new Intl.DateTimeFormat(tag, { ...z, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const short = new Intl.DateTimeFormat(tag, { ...z, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const date = new Intl.DateTimeFormat(tag, { ...z, day: 'numeric', month: 'short' })
  const day = new Intl.DateTimeFormat(tag, { ...z, weekday: 'long', day: 'numeric', month: 'long' })
  const [s, min, h, d, ago, just] = units[lang]
  const f: Format = {
    n: (v, decimals = 0) => number(decimals).format(v),
    fixed: (v, decimals) => number(decimals, decimals).format(v),
    pct: (share) => `${number(share > 0.9995 && share < 1 ? 2 : 1).format(share * 100)}${lang === 'zh' ? '' : ' '}%`,
    time: (at) => time.format(at),
    precise: (at) => `${time.format(at)}.${String(Math.floor(at % 1000)).padStart(3, '0')}`,
    moment: (at) => `${date.format(at)} ${short.format(at)}`,
    date: (at) => date.format(at),
    day: (at) => day.format(at),
    span(ms) {
      if (ms < 60_000) return `${Math.max(0, Math.round(ms / 1000))} ${s}`
      if (ms < 2 * HOUR) return `${Math.round(ms / 60_000)} ${min}`
      if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} ${h}`
      return `${Math.round(ms / DAY)} ${d}`
    },
    ago: (at, now) => (now - at < 1000 ? just : ago(f.span(now - at))),
    bytes(octets) {
      const steps = ['B', 'kB', 'MB', 'GB', 'TB']
      let i = 0
      for (; octets >= 1000 && i < steps.length - 1; i++) octets /= 1000
      return `${number(octets < 10 && i > 0 ? 1 : 0).format(octets)} ${steps[i]}`
    },
    when: (at) => (Date.now() - at < DAY && day.format(at) === day.format(Date.now()) ? short.format(at) : f.moment(at)),
    iso: (at) => new Date(at).toISOString(),
    zone: timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
  return f
}

/** One for each language and zone: what Intl needs to be made is too much for each cell of a table. */
const made = new Map<string, Format>()

export function useFormat(): Format {
  const lang = useLang()
  const z = useStore(zone)
  const key = `${lang} ${z}`
  let f = made.get(key)
  if (!f) made.set(key, (f = formatOf(lang, z || undefined)))
  return f
}
