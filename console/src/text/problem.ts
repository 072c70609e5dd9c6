/** What an error means, in the reader's language. */
import type { FieldError, Problem } from '#contracts/admin/problem.ts'
import { errorText, isErrorCode } from '#contracts/errortext.ts'
import type { Lang } from '../lib/langs.ts'
import { fieldText } from './fields.ts'
import { wrongText } from './wrongs.ts'

const UNREACHABLE = {
  en: 'The cloud does not answer. Devices keep what they could not deliver; this page tries again by itself.',
  zh: '云端没有应答。设备会保留未能送达的数据；本页会自动重试。',
}

const helpOf = (lang: Lang, code: string): string =>
  isErrorCode(code) ? errorText(lang, code) : code === 'unreachable' ? UNREACHABLE[lang] : code

/** Of many the first are told. */
const TOLD = 5

const joined: Record<Lang, (told: readonly string[], more: number) => string> = {
  en: (told, more) => `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  zh: (told, more) => `${told.join('；')}${more > 0 ? `；另有 ${more} 处` : ''}`,
}
const ended: Record<Lang, (text: string) => string> = {
  en: (text) => (/[.?!]$/.test(text) ? text : `${text}.`),
  zh: (text) => (/[。？！]$/.test(text) ? text : `${text}。`),
}
const at: Record<Lang, (field: string, wrong: string) => string> = {
  en: (field, wrong) => `${field}: ${wrong}`,
  zh: (field, wrong) => `${field}：${wrong}`,
}

/** What is wrong, and with which field: `Name: must not be empty.` */
export function problemText(lang: Lang, p: Problem): string {
  const fields = fieldsOf(p)
  if (fields.length === 0) return `${helpOf(lang, p.code)}${p.detail && p.code !== 'internal' ? ` ${p.detail}` : ''}`
  const told = fields.slice(0, TOLD).map((e) => at[lang](fieldText(lang, e.pointer), wrongText(lang, e)))
  return ended[lang](joined[lang](told, fields.length - told.length))
}

/** Where the request is refused as a whole for one of its fields, that is named among the facts. */
function fieldsOf({ errors, params, code, detail }: Problem): readonly FieldError[] {
  const { field, reason } = params
  if (errors && errors.length > 0) return errors
  if (code === 'model_invalid' && params['path'] !== undefined)
    return [{ pointer: '/body/model', code: 'model_wrong_format', params }]
  if (typeof field !== 'string') return []
  const message = detail?.startsWith(field) ? detail.slice(field.length).replace(/^:? /, '') : detail
  return [{ pointer: `/body/${field}`, code: typeof reason === 'string' ? reason : code, params: { ...params, message } }]
}
