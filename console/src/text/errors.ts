/** What an error means. English is the table of the cloud itself. */

import type { Problem } from '#contracts/admin/problem.ts'
import { type ErrorCode, errorTable } from '#lib/errors.ts'
import { type Lang, useLang } from '../lib/lang.ts'

const zh: Partial<Record<ErrorCode, string>> = {
  internal: '云端自身的故障；日志中以同一请求号记有原因。',
  unavailable: '云的某个部分或引擎此刻没有应答，请稍后重试。',
  timeout: '未能按时得到应答。',
  invalid: '请求的格式有误。',
  too_large: '请求、帧或数据包超过了限制。',
  rate_limited: '失败或请求过多，请稍候再试。',
  not_found: '没有这个对象，或它不属于您。',
  conflict: '已存在，或被他人修改。',
  precondition_failed: '读取之后它已被修改。',
  gone: '它曾在此处，但已不再保留，请重新生成。',
  forbidden: '您无权这样做。',
  unauthenticated: '凭据缺失、有误或已过期。',
  plugin_refused: '被本云的插件拒绝。',
  vendor_unknown: '没有此厂商。',
  product_unknown: '没有此产品。',
  device_unknown: '没有此设备。',
  application_unknown: '没有此应用。',
  model_invalid: '产品配置有误。',
  device_offline: '设备当前没有连接。',
  device_timeout: '设备没有按时确认。',
  frame_invalid: '这些值与产品模型不符。',
  frame_too_large: '该帧超过了此设备能接收的大小。',
  log_unavailable: '设备日志暂时无法写入；在恢复之前不会确认任何数据。',
  disk_full: '数据目录所在磁盘已满。',
  scope_denied: '应用的范围不包含此设备。',
  scope_invalid: '范围的写法是 *、vendor/<编号> 或 product/<编号>。',
}
const UNREACHABLE = {
  en: 'The cloud does not answer. Devices keep what they could not deliver; this page tries again by itself.',
  zh: '云端没有应答。设备会保留未能送达的数据；本页会自动重试。',
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code)

export function errorText(lang: Lang, code: string): string {
  if (!isCode(code)) return code === 'unreachable' ? UNREACHABLE[lang] : code
  return (lang === 'zh' && zh[code]) || errorTable[code].help
}

/** What was wrong, and where: `/body/name: too short`. */
export function useProblemText(): (p: Problem) => string {
  const lang = useLang()
  return (p) => {
    const places = (p.errors ?? []).map((e) => `${e.pointer.replace(/^\/body/, '') || '/'}: ${said(e)}`)
    const detail = p.detail && p.code !== 'internal' ? ` ${p.detail}` : ''
    return `${errorText(lang, p.code)}${places.length > 0 ? ` ${places.join('; ')}` : detail}`
  }
}

const said = ({ code, params }: { code: string; params: Record<string, unknown> }): string => {
  const facts = Object.values(params).filter((v) => ['string', 'number'].includes(typeof v))
  return facts.length > 0 ? `${code} (${facts.join(', ')})` : code
}
