/** Two languages. A page's texts are one value of each; what one of them lacks does not compile. */
import type { Lang } from './langs.ts'
import { store, useStore } from './store.ts'

export type { Lang } from './langs.ts'

const KEPT = 'pando.lang'
const isLang = (text: unknown): text is Lang => text === 'en' || text === 'zh'
const ofBrowser = (): Lang => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')
const kept = (): string | null => localStorage.getItem(KEPT)

const first = kept()
export const lang = store<Lang>(isLang(first) ? first : ofBrowser())
/** Of the account; '' = as the browser says. */
export const zone = store<string>('')

function show(): void {
  document.documentElement.lang = lang.get() === 'zh' ? 'zh-CN' : 'en'
}
lang.subscribe(show)
show()

export function setLang(to: Lang): void {
  localStorage.setItem(KEPT, to)
  lang.set(to)
}

/** What the account says goes before what this browser did. */
export function langOfAccount(locale: string): void {
  const said = locale.slice(0, 2).toLowerCase()
  if (isLang(said)) setLang(said)
}

export const useLang = (): Lang => useStore(lang)

/** → a hook that answers with the texts of the language that is shown; `of`: those of both */
export function texts<T>(of: { en: T; zh: NoInfer<T> }): (() => T) & { of: { en: T; zh: T } } {
  return Object.assign(() => of[useLang()], { of })
}
