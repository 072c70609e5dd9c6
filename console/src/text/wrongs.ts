/** What is wrong with a field, after its name and a colon. */
import type { FieldError } from '#contracts/admin/problem.ts'
import { errorText, isErrorCode } from '#contracts/errortext.ts'
import type { Lang } from '../lib/langs.ts'
import { fieldName } from './fields.ts'
import { reasonText } from './reasons.ts'
import { ruleFindingText } from './rulefindings.ts'

type Params = FieldError['params']
type Words = Record<string, (p: Params) => string>

const limit = (p: Params): number => Number(p['limit'] ?? p['max'] ?? p['min'] ?? 0)
const listed = (v: unknown): string[] => (Array.isArray(v) ? v : v === undefined ? [] : [v]).map(String)
const choices = (p: Params): string[] => listed(p['allowedValues'] ?? p['allowed'] ?? p['known'] ?? p['possible'])
const token = (p: Params): string => [p['field'], p['value']].filter((x) => x !== undefined && x !== '').join(':')

const named = (p: Params, after: string): string => (p['name'] === undefined ? '' : `“${p['name']}”${after}`)

const types: Record<string, readonly [en: string, zh: string]> = {
  string: ['text', '文本'],
  number: ['a number', '数字'],
  integer: ['a whole number', '整数'],
  boolean: ['yes or no', '是或否'],
  array: ['a list', '列表'],
  object: ['an object', '对象'],
  null: ['nothing', '空值'],
}
const typesOf = (p: Params, i: 0 | 1): string[] => listed(p['type']).map((x) => types[x]?.[i] ?? x)

/** What a product configuration must have at a place. */
const expectedZh = (expected: string): string =>
  expected
    .replace('an object', '对象')
    .replace('an array', '列表')
    .replace('a string', '文本')
    .replace(/an integer (\S+) to (\S+)/, ' $1 到 $2 的整数')

const en: Words = {
  required: () => 'must be given',
  unknown_field: () => 'is not known here',
  minLength: (p) => (limit(p) === 1 ? 'must not be empty' : `takes at least ${limit(p)} characters`),
  maxLength: (p) => `takes at most ${limit(p)} characters`,
  minimum: (p) => `must be at least ${limit(p)}`,
  maximum: (p) => `must be at most ${limit(p)}`,
  minItems: (p) => (limit(p) === 1 ? 'must not be empty' : `takes at least ${limit(p)} entries`),
  maxItems: (p) => `takes at most ${limit(p)} entries`,
  enum: (p) => `must be one of ${choices(p).join(', ')}`,
  type: (p) => `must be ${typesOf(p, 0).join(' or ')}`,
  pattern: (p) => (p['example'] === undefined ? 'has a wrong form' : `has a wrong form; right is ${p['example']}`),
  empty: () => 'must not be empty',
  not_text: () => 'holds characters that are no text',
  not_json: () => 'is not JSON',
  few_characters: (p) => `takes at least ${p['different']} different characters`,
  length: (p) => `takes ${p['min']} to ${p['max']} characters`,
  no_zone: () => 'is not known, as Europe/Berlin is',
  no_url: () => 'must begin with http:// or https://',
  no_version: (p) => `has no version ${p['version']}`,
  past: () => 'lies in the past',
  conflict: () => 'is taken already',
  unauthenticated: () => 'is wrong',
  not_after: (p) => `must be later than ${fieldName('en', String(p['field'] ?? 'from'))}`,
  not_with: (p) => `can’t go with ${fieldName('en', String(p['field']))}`,
  only_with: (p) => `goes with ${fieldName('en', String(p['field']))} only`,
  one_of: (p) =>
    `takes one of ${listed(p['fields'])
      .map((x) => fieldName('en', x))
      .join(', ')}, and only one`,
  cursor: () => 'is unknown; begin with the first page',
  outside_scope: () => 'goes beyond what you may see',
  too_many: () => 'makes too many values; ask for fewer at once',
  no_number: () => 'must be a number',
  name_unknown: (p) =>
    `${named(p, ' ')}is not in the model${choices(p).length > 0 ? `, which has ${choices(p).join(', ')}` : ''}`,
  hex_odd: () => 'takes pairs of hexadecimal digits',
  model_wrong_format: (p) => `${p['path']} must be ${p['expected']}, not ${p['got']}`,
  value_out_of_range: (p) => `must be ${p['min']} to ${p['max']}`,
  value_wrong_type: (p) => `must be of type ${p['expected']}`,
  operator: (p) => `${p['field']} takes a colon, as ${p['field']}:${p['value'] || '…'}`,
  span: (p) => `“${token(p)}” takes a time, as ${p['example']}`,
  unknown_filter_field: (p) => `“${token(p)}” is not understood. Did you mean ${p['nearest']}:?`,
  value: (p) =>
    choices(p).length > 0 ? `“${token(p)}” is not one of ${choices(p).join(', ')}` : `“${token(p)}” is not known here`,
}

const zh: Words = {
  required: () => '必填',
  unknown_field: () => '这里没有此项',
  minLength: (p) => (limit(p) === 1 ? '不能为空' : `至少 ${limit(p)} 个字符`),
  maxLength: (p) => `最多 ${limit(p)} 个字符`,
  minimum: (p) => `不能小于 ${limit(p)}`,
  maximum: (p) => `不能大于 ${limit(p)}`,
  minItems: (p) => (limit(p) === 1 ? '不能为空' : `至少 ${limit(p)} 项`),
  maxItems: (p) => `最多 ${limit(p)} 项`,
  enum: (p) => `只能是 ${choices(p).join('、')} 之一`,
  type: (p) => `必须是${typesOf(p, 1).join('或')}`,
  pattern: (p) => (p['example'] === undefined ? '格式不对' : `格式不对，正确的写法如 ${p['example']}`),
  empty: () => '不能为空',
  not_text: () => '含有不属于文本的字符',
  not_json: () => '不是 JSON',
  few_characters: (p) => `至少要有 ${p['different']} 个不同的字符`,
  length: (p) => `须有 ${p['min']} 到 ${p['max']} 个字符`,
  no_zone: () => '没有这个时区，正确的写法如 Asia/Shanghai',
  no_url: () => '必须以 http:// 或 https:// 开头',
  no_version: (p) => `没有版本 ${p['version']}`,
  past: () => '已经过去',
  conflict: () => '已被使用',
  unauthenticated: () => '有误',
  not_after: (p) => `必须晚于${fieldName('zh', String(p['field'] ?? 'from'))}`,
  not_with: (p) => `不能与${fieldName('zh', String(p['field']))}同时给出`,
  only_with: (p) => `只能与${fieldName('zh', String(p['field']))}同时给出`,
  one_of: (p) =>
    `${listed(p['fields'])
      .map((x) => fieldName('zh', x))
      .join('、')}须给出且只能给出其一`,
  cursor: () => '无法识别，请从第一页开始',
  outside_scope: () => '超出您的可见范围',
  too_many: () => '数值太多，请缩小范围',
  no_number: () => '不是数字',
  name_unknown: (p) => `模型中没有${named(p, '')}${choices(p).length > 0 ? `，可用的是 ${choices(p).join('、')}` : ''}`,
  hex_odd: () => '须为成对的十六进制数字',
  model_wrong_format: (p) => `${p['path']} 须为${expectedZh(String(p['expected']))}，而不是 ${p['got']}`,
  value_out_of_range: (p) => `须在 ${p['min']} 到 ${p['max']} 之间`,
  value_wrong_type: (p) => `类型须为 ${p['expected']}`,
  operator: (p) => `${p['field']} 后面用冒号，例如 ${p['field']}:${p['value'] || '…'}`,
  span: (p) => `“${token(p)}”须写时长，例如 ${p['example']}`,
  unknown_filter_field: (p) => `无法理解“${token(p)}”。是否想写 ${p['nearest']}:？`,
  value: (p) => (choices(p).length > 0 ? `“${token(p)}”不是 ${choices(p).join('、')} 之一` : `没有“${token(p)}”`),
}

const words = { en, zh }
/** What has a form that is told by its own word. */
const forms: Record<string, string> = { url: 'no_url', hex: 'hex_odd' }
/** What is right, where it can be shown. */
const examples: Record<string, string> = { scope: '*, vendor/1, product/7', 'If-Match': '"7"' }
const ofForm = (lang: Lang, pointer: string, params: Params): string => {
  const field = pointer.slice(pointer.lastIndexOf('/') + 1)
  return words[lang][forms[field] ?? 'pattern']!({ example: examples[field], ...params })
}
const form = { en: 'has a wrong form', zh: '格式不对' }
/** Codes that say nothing but that. */
const formless = new Set(['invalid', 'anyOf', 'const', 'form'])

/** Never a code alone: what nobody foresaw is told in the words of whoever found it. */
export function wrongText(lang: Lang, { pointer, code, params }: FieldError): string {
  const own = words[lang][code]
  if (own) return code === 'pattern' ? ofForm(lang, pointer, params) : own(params)
  const message = typeof params['detail'] === 'string' ? params['detail'] : String(params['message'] ?? '')
  const found = ruleFindingText(lang, { pointer, code, message, params })
  if (found !== '' && (lang === 'en' || found !== message)) return found
  const reason = reasonText(lang, code)
  if (reason !== code) return reason
  if (isErrorCode(code) && code !== 'invalid') return errorText(lang, code)
  return message || (formless.has(code) ? form[lang] : code.replaceAll('_', ' '))
}
