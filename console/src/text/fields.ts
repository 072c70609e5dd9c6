/** What the fields of a request are called. */
import type { Lang } from '../lib/langs.ts'
import { rulePartText } from './rulefindings.ts'

const names: Record<string, readonly [en: string, zh: string]> = {
  action: ['Action', '操作'],
  actor: ['Who', '操作者'],
  application: ['Application', '应用'],
  bins: ['Number of bars', '柱数'],
  body: ['Body', '正文'],
  can: ['Permissions', '权限'],
  client_id: ['Client id', '客户端编号'],
  code: ['Serial', '序列号'],
  columns: ['Columns', '列'],
  command: ['Command', '命令'],
  config: ['Model', '模型'],
  count: ['Number', '数量'],
  current: ['Current password', '当前密码'],
  current_password: ['Current password', '当前密码'],
  cursor: ['Page of the list', '列表的页'],
  definition: ['Rule', '规则'],
  description: ['Description', '说明'],
  device: ['Device', '设备'],
  device_code: ['Serial', '序列号'],
  devicelog: ['Device log', '设备日志'],
  devices: ['Devices', '设备'],
  dir: ['Direction', '方向'],
  disabled: ['Blocked', '停用'],
  dry_run: ['Preview', '预览'],
  enabled: ['On or off', '启用'],
  events: ['Events', '事件'],
  every: ['Step', '间隔'],
  expiresAt: ['End', '到期时间'],
  expires_at: ['End', '到期时间'],
  filter: ['Filter', '筛选'],
  firmware: ['Firmware', '固件'],
  fn: ['Kind of figure', '统计方式'],
  for_s: ['How long', '时长'],
  from: ['From', '起始时间'],
  hex: ['Bytes', '字节'],
  history: ['History', '历史'],
  id: ['Id', '编号'],
  identifier: ['Identifier', '标识'],
  key: ['Key', '密钥'],
  kind: ['Kind', '类型'],
  kinds: ['Kinds', '类型'],
  label: ['Object', '对象'],
  lang: ['Language', '语言'],
  level: ['Level', '级别'],
  limit: ['Number of entries', '条数'],
  locale: ['Language', '语言'],
  max_age_ms: ['How long kept', '保留时间'],
  model: ['Model', '模型'],
  name: ['Name', '名称'],
  note: ['Note', '备注'],
  object: ['Object', '对象'],
  order: ['Order', '顺序'],
  params: ['Parameters', '参数'],
  password: ['Password', '密码'],
  pins: ['Firmware that keeps a version', '保持旧版本的固件'],
  points: ['Number of points', '点数'],
  product: ['Product', '产品'],
  productId: ['Product', '产品'],
  q: ['Search', '搜索'],
  quarantine: ['Quarantine', '隔离区'],
  registration: ['Registration', '注册'],
  reportToken: ['Token', '令牌'],
  reportUrl: ['Webhook address', 'Webhook 地址'],
  role: ['Role', '角色'],
  rule: ['Rule', '规则'],
  scope: ['Scope', '范围'],
  serial: ['Serial', '序列号'],
  service: ['Service', '服务'],
  set: ['Values', '数值'],
  signature: ['Signature', '签名'],
  sort: ['Order', '顺序'],
  state: ['State', '状态'],
  sub_device: ['Sub-device', '子设备'],
  tag: ['Tag', '标签'],
  tags: ['Tags', '标签'],
  timestamp: ['Timestamp', '时间戳'],
  to: ['Until', '结束时间'],
  token: ['Token', '令牌'],
  tool: ['Tool', '工具'],
  ttl_s: ['How long kept', '保留时间'],
  url: ['Webhook address', 'Webhook 地址'],
  value: ['Value', '数值'],
  vendor: ['Vendor', '厂商'],
  version: ['Version', '版本'],
  without_keys: ['Without keys', '不含密钥'],
  zone: ['Time zone', '时区'],
  'If-Match': ['Version that was read', '读取时的版本'],
}

const ofRules = new Set(['on', 'when', 'for', 'then', 'but'])
const places = new Set(['body', 'query', 'path', 'header', 'args'])
const whole = { en: 'The request', zh: '请求' }
const inside: Record<Lang, (part: string) => string> = {
  en: (part) => (/^\d+$/.test(part) ? `, no. ${Number(part) + 1}` : `, “${part}”`),
  zh: (part) => (/^\d+$/.test(part) ? `第 ${Number(part) + 1} 项` : `“${part}”`),
}

/** A field by its own name, and what has none by that which it came with. */
export const fieldName = (lang: Lang, field: string): string =>
  Object.hasOwn(names, field) ? names[field]![lang === 'en' ? 0 : 1] : `“${field}”`

/** The field that a JSON pointer into a request leads to: `/body/tags/2` → `Tags, no. 3`. */
export function fieldText(lang: Lang, pointer: string): string {
  const [first = '', ...rest] = pointer.split('/').slice(1).map(unescaped)
  const [field, ...parts] = places.has(first) ? rest : [first, ...rest]
  if (!field) return whole[lang]
  if (ofRules.has(field)) return rulePartText(lang, `/${[field, ...parts].join('/')}`)
  return fieldName(lang, field) + parts.map(inside[lang]).join('')
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~')
