import type { AdminAnswer } from '#contracts/admin/client.ts'
import { type Format, useFormat } from '../lib/format.ts'
import { type Lang, useLang } from '../lib/lang.ts'
import { useCommon } from './common.ts'

type Alert = AdminAnswer<'GET /alerts'>['items'][number]
type Says = (a: Alert, f: Format) => { head: string; text: string; href: string }

const word = (v: unknown): string => (typeof v === 'string' || typeof v === 'number' ? String(v) : '')
const object = (a: Alert): string => a.object.split('/').slice(1).join('/')

const says: Record<Lang, Record<string, Says>> = {
  en: {
    engine: (a, f) => ({
      head: `The engine of ${object(a)} has not answered since ${f.when(a.since)}`,
      text: [word(a.params['error']), ...((a.params['affects'] as string[] | undefined) ?? [])].filter(Boolean).join(' · '),
      href: '/system',
    }),
    check: (a, f) => ({
      head: `The check ${object(a)} fails since ${f.when(a.since)}`,
      text: word(a.params['detail']),
      href: '/system',
    }),
    receiver: (a, f) => ({
      head: `The receiver of ${word(a.params['name']) || `application ${object(a)}`} has failed since ${f.when(a.since)}`,
      text: `${word(a.params['waiting'])} deliveries wait, in order. Nothing is lost. ${useCommon.of.en.lastAnswer(word(a.params['error']))}`,
      href: `/applications/${object(a)}`,
    }),
    disk: (a, f) => ({
      head: `The disk has ${f.bytes(Number(a.params['free']))} left`,
      text: `Of ${f.bytes(Number(a.params['size']))}. When it is full, devices keep what they can't deliver.`,
      href: '/system',
    }),
  },
  zh: {
    engine: (a, f) => ({
      head: `${object(a)} 的引擎自 ${f.when(a.since)} 起没有应答`,
      text: [word(a.params['error']), ...((a.params['affects'] as string[] | undefined) ?? [])].filter(Boolean).join(' · '),
      href: '/system',
    }),
    check: (a, f) => ({
      head: `检查 ${object(a)} 自 ${f.when(a.since)} 起失败`,
      text: word(a.params['detail']),
      href: '/system',
    }),
    receiver: (a, f) => ({
      head: `${word(a.params['name']) || `应用 ${object(a)}`} 的接收端自 ${f.when(a.since)} 起失败`,
      text: `${word(a.params['waiting'])} 条推送按顺序等待，不会丢失。${useCommon.of.zh.lastAnswer(word(a.params['error']))}`,
      href: `/applications/${object(a)}`,
    }),
    disk: (a, f) => ({
      head: `磁盘仅剩 ${f.bytes(Number(a.params['free']))}`,
      text: `共 ${f.bytes(Number(a.params['size']))}。写满后，设备会保留未能送达的数据。`,
      href: '/system',
    }),
  },
}

export function useAlertText(): (a: Alert) => { head: string; text: string; href: string } {
  const lang = useLang()
  const f = useFormat()
  return (a) => says[lang][a.code]?.(a, f) ?? { head: `${a.code} ${a.object}`, text: '', href: '/system' }
}
