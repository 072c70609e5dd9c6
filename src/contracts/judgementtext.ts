/** A judgement (judgement.ts) in the words of people who look after devices: what is so, why, and what mends it. */
import { causeText, type Lang, todoText } from './causetext.ts'
import type { Judgement } from './judgement.ts'

/** How the reader writes times. */
export interface Times {
  when(at: number): string
  span(ms: number): string
}

export interface Words {
  /** what is so */
  head: string
  /** why */
  text: string
  /** what mends it */
  todo?: string
}

type Facts = Judgement['params']
type Said = Pick<Judgement, 'since' | 'params'> & { code: string }
type Says = (j: Said, f: Times) => Words

const text = (lang: Lang, { cause }: Facts): string => {
  const none = { en: 'No cause is known.', zh: '原因未知。' }
  return cause === undefined ? none[lang] : causeText(lang, cause)
}
const word = (v: unknown): string => String(v ?? '')

const sentences: Record<Lang, Record<string, Says>> = {
  en: {
    online: ({ since, params: p }, f) => ({
      head: `Online since ${f.when(since)}`,
      text: `By ${word(p['protocol'])} from ${word(p['address'])}, held by ${word(p['node'])}.`,
    }),
    flapping: ({ params: p }, f) => ({
      head: `It comes and goes: ${word(p['times'])} connections ended in ${f.span(Number(p['span']))}`,
      text: `The last: ${text('en', p)} It is ${p['online'] === true ? 'online' : 'offline'} at the moment.`,
    }),
    refused: ({ since, params: p }, f) => {
      const often = p['times'] === 1 ? `once, at ${f.when(since)}` : `${word(p['times'])} times since ${f.when(since)}`
      const rhythm = typeof p['every'] === 'number' ? `, every ${f.span(p['every'])}` : ''
      const ended = typeof p['ended'] === 'number' ? ` It has been offline since ${f.when(p['ended'])}.` : ''
      return { head: `Turned away ${often}${rhythm}`, text: `${text('en', p)}${ended}` }
    },
    offline: ({ since, params }, f) => ({ head: `Offline since ${f.when(since)}`, text: text('en', params) }),
    logged_in: ({ since }, f) => ({
      head: `It logged in at ${f.when(since)}, but has opened no connection since`,
      text: 'Can it reach the MQTT address that login told it, past its firewall?',
    }),
    registered: ({ since }, f) => ({
      head: `Registered at ${f.when(since)}, not logged in yet`,
      text: 'Its next step is to log in with its id and secret.',
    }),
    nothing: () => ({ head: 'Nothing is known of a connection of this device', text: 'It has not been seen yet.' }),
  },
  zh: {
    online: ({ since, params: p }, f) => ({
      head: `自 ${f.when(since)} 起在线`,
      text: `通过 ${word(p['protocol'])}，来自 ${word(p['address'])}，由 ${word(p['node'])} 保持。`,
    }),
    flapping: ({ params: p }, f) => ({
      head: `时断时续：${f.span(Number(p['span']))}内断开 ${word(p['times'])} 次`,
      text: `最近一次：${text('zh', p)}此刻${p['online'] === true ? '在线' : '离线'}。`,
    }),
    refused: ({ since, params: p }, f) => {
      const rhythm = typeof p['every'] === 'number' ? `，每 ${f.span(p['every'])} 一次` : ''
      const ended = typeof p['ended'] === 'number' ? `自 ${f.when(p['ended'])} 起离线。` : ''
      return { head: `自 ${f.when(since)} 起被拒绝 ${word(p['times'])} 次${rhythm}`, text: `${text('zh', p)}${ended}` }
    },
    offline: ({ since, params }, f) => ({ head: `自 ${f.when(since)} 起离线`, text: text('zh', params) }),
    logged_in: ({ since }, f) => ({
      head: `${f.when(since)} 登录，此后没有建立连接`,
      text: '它能穿过防火墙访问登录时告知的 MQTT 地址吗？',
    }),
    registered: ({ since }, f) => ({ head: `${f.when(since)} 注册，尚未登录`, text: '下一步是用编号和密钥登录。' }),
    nothing: () => ({ head: '没有这台设备的任何连接记录', text: '它还没有出现过。' }),
  },
}

export function judgementText(lang: Lang, j: Said, f: Times): Words {
  const says = sentences[lang][j.code] ?? sentences[lang]['nothing']!
  const todo = j.code === 'online' ? undefined : todoText(lang, j.params['cause'])
  return { ...says(j, f), ...(todo !== undefined && { todo }) }
}
