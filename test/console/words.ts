/** The console's own texts, so that a test finds a button by the words that people read, in either language. */
import type { Lang } from './browser.ts'

// The texts' module looks at what a browser has when it is loaded.
const browser = globalThis as Record<string, unknown>
browser['document'] ??= { documentElement: {} }
browser['localStorage'] ??= { getItem: () => null, setItem: () => {} }

interface Texts {
  readonly of: Record<Lang, Record<string, unknown>>
}

const pages = {
  access: ['pages/access/texts', 'useAccess'],
  apps: ['pages/applications/texts', 'useApps'],
  common: ['text/common', 'useCommon'],
  connect: ['pages/connect/texts', 'useConnect'],
  device: ['pages/device/texts', 'useDevice'],
  devices: ['pages/devices/texts', 'useDevices'],
  overview: ['pages/overview/texts', 'useOverview'],
  packets: ['pages/packets/texts', 'usePackets'],
  products: ['pages/products/texts', 'useProducts'],
  rules: ['pages/rules/texts', 'useRules'],
  shell: ['shell/texts', 'useShell'],
  system: ['pages/system/texts', 'useSystem'],
} as const

type Page = keyof typeof pages

const read = async ([file, name]: readonly [string, string]): Promise<Texts> => {
  const module = (await import(`../../console/src/${file}.ts`)) as Record<string, Texts>
  return module[name]!
}
const all = Object.fromEntries(
  await Promise.all(Object.entries(pages).map(async ([page, where]) => [page, await read(where)] as const)),
) as Record<Page, Texts>

/** `say('rules', 'save', 2)` → “Save as v2”; a path of names goes into groups: `tabs.runs`. */
export type Say = (page: Page, path: string, ...params: unknown[]) => string

export const wordsIn =
  (lang: Lang): Say =>
  (page, path, ...params) => {
    const found = path
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], all[page].of[lang])
    const text = typeof found === 'function' ? (found as (...of: unknown[]) => unknown)(...params) : found
    if (typeof text !== 'string') throw new Error(`the console has no text ${page}.${path}`)
    return text
  }
