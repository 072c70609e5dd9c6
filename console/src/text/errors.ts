/** What an error means, in the reader's language. */

import type { Problem } from '#contracts/admin/problem.ts'
import { errorText, isErrorCode } from '#contracts/errortext.ts'
import { type Lang, useLang } from '../lib/lang.ts'

const UNREACHABLE = {
  en: 'The cloud does not answer. Devices keep what they could not deliver; this page tries again by itself.',
  zh: '云端没有应答。设备会保留未能送达的数据；本页会自动重试。',
}

const helpOf = (lang: Lang, code: string): string =>
  isErrorCode(code) ? errorText(lang, code) : code === 'unreachable' ? UNREACHABLE[lang] : code

/** What was wrong, and where: `/body/name: too short`. */
export function useProblemText(): (p: Problem) => string {
  const lang = useLang()
  return (p) => {
    const places = (p.errors ?? []).map((e) => `${e.pointer.replace(/^\/body/, '') || '/'}: ${said(e)}`)
    const detail = p.detail && p.code !== 'internal' ? ` ${p.detail}` : ''
    return `${helpOf(lang, p.code)}${places.length > 0 ? ` ${places.join('; ')}` : detail}`
  }
}

const said = ({ code, params }: { code: string; params: Record<string, unknown> }): string => {
  const facts = Object.values(params).filter((v) => ['string', 'number'].includes(typeof v))
  return facts.length > 0 ? `${code} (${facts.join(', ')})` : code
}
