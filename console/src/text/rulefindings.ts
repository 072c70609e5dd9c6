import type { AdminAnswer } from '#contracts/admin/client.ts'
import type { Lang } from '../lib/langs.ts'
import { reasonText } from './reasons.ts'

export type RuleFinding = AdminAnswer<'POST /rules/check'>['errors'][number]
type Params = RuleFinding['params']

const reasons: Record<string, string> = {
  two_watched: '设备与产品只能选其一',
  none_watched: '要观察哪台设备或哪个产品？',
  timer_of_product: '定时只能属于一台设备，或不属于任何设备',
  no_application: '通知应用时，规则须属于某个应用',
  webhook_of_none: '通知应用时须说明是哪台设备：此规则不观察任何设备',
  no_target: '发给哪台设备？',
  no_state: '只有状态才能持续',
  nothing_lasts: '什么须持续？请写条件',
  cron_fields: 'Cron 须有五个字段',
  never_ticks: '没有这样的日子：永远不会到时间',
}

/** The rest is a detail of a library or plugin, in its own words. */
const codes: Record<string, (p: Params, message: string) => string> = {
  form: (_, message) => `形式不对：${message}`,
  device_unknown: (p) => `没有设备 ${p['device']}`,
  scope_denied: (p) => (p['product'] === undefined ? '设备不在应用的范围之内' : `范围内没有产品 ${p['product']}`),
  name_unknown: (p) => `模型中没有“${p['name']}”`,
  cel: (_, message) => `条件有误：${message}`,
  cron: (_, message) => `Cron 有误：${message}`,
  zone: (p) => `没有时区 ${p['zone']}`,
  frame_invalid: (p, message) => {
    const reason = String(p['reason'] ?? '')
    const text = reasonText('zh', reason)
    return `数值不符合模型：${text === reason ? message : text}`
  },
  action_invalid: (_, message) => `插件的动作有误：${message}`,
  loop: (p) => `它会触发规则 ${String(p['through']).replaceAll(',', '、')}，而那些规则又会触发它`,
}

/** What is wrong with a rule. */
export function ruleFindingText(lang: Lang, { code, message, params }: RuleFinding): string {
  if (lang !== 'zh') return message
  return reasons[String(params['reason'])] ?? codes[code]?.(params, message) ?? message
}

interface Parts {
  whole: string
  actions: string
  action: (n: number) => string
  /** by their keys in the definition */
  parts: Record<string, string>
  /** of an action; what else stands in it is the action */
  inAction: Record<string, string>
  join: (part: string, inIt: string) => string
}

const parts: Record<Lang, Parts> = {
  en: {
    whole: 'The rule',
    actions: 'Actions',
    action: (n) => `Action ${n}`,
    parts: {
      device: 'Device watched',
      product: 'Product watched',
      on: 'When',
      'on/name': 'When, event',
      'on/label': 'When, object',
      'on/cron': 'When, time',
      'on/zone': 'When, time zone',
      when: 'Condition',
      for: 'How long',
      but: 'How often',
      'but/hysteresis': 'Condition to run again',
      application: 'Application',
    },
    inAction: {
      device: 'device',
      name: 'name',
      params: 'parameters',
      values: 'values',
      data: 'data',
      input: 'input',
      ttl: 'how long kept',
    },
    join: (part, inIt) => `${part}, ${inIt}`,
  },
  zh: {
    whole: '规则',
    actions: '动作',
    action: (n) => `动作 ${n}`,
    parts: {
      device: '观察的设备',
      product: '观察的产品',
      on: '触发',
      'on/name': '触发的事件',
      'on/label': '触发的对象',
      'on/cron': '触发的时间',
      'on/zone': '触发的时区',
      when: '条件',
      for: '持续时间',
      but: '次数限制',
      'but/hysteresis': '再次触发的条件',
      application: '应用',
    },
    inAction: { device: '设备', name: '名称', params: '参数', values: '数值', data: '数据', input: '输入', ttl: '保留时间' },
    join: (part, inIt) => `${part} 的${inIt}`,
  },
}

/** The part of a rule that a JSON pointer into its definition leads to, or the nearest around it that has a name. */
export function rulePartText(lang: Lang, pointer: string): string {
  const t = parts[lang]
  const [, first = '', second, third = ''] = pointer.split('/')
  if (first !== 'then') return t.parts[`${first}/${second}`] ?? t.parts[first] ?? t.whole
  if (second === undefined) return t.actions
  const [action, inIt] = [t.action(Number(second) + 1), t.inAction[third]]
  return inIt === undefined ? action : t.join(action, inIt)
}
