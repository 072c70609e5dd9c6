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
