/** pando history: what a device said, or one of its values by time. */
import type { Face } from '#contracts/contract.ts'
import { controller, type HistoryItem, type Series, type SeriesFn, seriesFns } from '#contracts/controller.ts'
import { eventLines, itemJson, seriesHead, seriesLines, statusHead, statusLines } from '#contracts/historytext.ts'
import { registry } from '#contracts/registry.ts'
import { csvLine } from '#lib/csv.ts'
import { lengthOf, momentOf } from '#lib/times.ts'
import { command } from './command.ts'
import { deviceNamed } from './devices.ts'
import { written } from './output.ts'
import { runningCloud } from './running.ts'
import { textOf } from './tail/lines.ts'
import { UsageError } from './usage.ts'

const NAME = 'pando history'
const DAY = 86_400_000

type Controller = Pick<Face<typeof controller>, 'records' | 'series'>

export const history = command({
  name: NAME,
  summary: 'What a device said, oldest first; with --object and --value (or --every) one of its values by time.',
  examples: [
    'pando history 1-1-lamp-7 --from 2026-01-02T08:00Z',
    'pando history 1-1-lamp-7 --object light --value level --every 5m --fn max --csv > level.csv',
    'pando history 1-1-lamp-7 --json | jq .values',
  ],
  args: {
    identifier: { type: 'positional', required: true, description: "The device's identifier: vendor-product-serial" },
    object: { type: 'string', description: 'Only this object, by its label' },
    value: { type: 'string', description: 'Of the object only this value, by its name or place from 0' },
    from: {
      type: 'string',
      description: 'A time (ISO 8601 with its zone, or ms since 1970) or how long ago (2h); a day before --to',
    },
    to: { type: 'string', description: 'The same; now' },
    every: { type: 'string', description: 'Buckets of so long: 30s, 5m, 1h, 1d' },
    fn: { type: 'string', description: `What of each bucket: ${seriesFns.join(', ')} (avg)` },
    csv: { type: 'boolean', description: 'Print CSV' },
    json: { type: 'boolean', description: 'Print a JSON object a line' },
  },
  async run(args, { env, out, err }) {
    if (args.csv && args.json) throw new UsageError('--csv and --json are two forms: choose one', NAME)
    const asked = askedFor(args, Date.now())
    const cloud = await runningCloud(env, 'to read its history')
    try {
      const c = cloud.face(controller)
      const deviceId = (await deviceNamed(cloud.face(registry), args.identifier)).id
      const form: Form = args.csv ? 'csv' : args.json ? 'json' : 'text'
      let nothing = true
      const dropped = (until: number) =>
        err.write(`What came before ${time(until)} has been dropped (PANDO_HISTORY_MAX_AGE, PANDO_HISTORY_MAX_BYTES).\n`)
      for await (const piece of pieces(c, { ...asked, deviceId }, form, dropped)) {
        nothing &&= piece === ''
        await written(out, piece)
      }
      if (nothing) err.write(nothingText(args.identifier, asked))
    } finally {
      await cloud.close()
    }
  },
})

/** Where nothing is printed, whoever asked wants to know whether the question was right. */
function nothingText(identifier: string, { object, value, from, to }: Asked): string {
  const of = [object, value].filter((t) => t !== undefined).join(' ')
  return `${identifier} said nothing${of === '' ? '' : ` of ${of}`} from ${time(from)} to ${time(to)}; --from and --to ask for other times\n`
}

type Form = 'csv' | 'json' | 'text'

export interface Asked {
  object?: string
  value?: string
  from: number
  to: number
  every?: number
  fn?: SeriesFn
}

type Flags = Partial<Record<'object' | 'value' | 'from' | 'to' | 'every' | 'fn', string | undefined>>

/** Flags → what is asked; UsageError. */
export function askedFor(flags: Flags, now: number): Asked {
  const refuse = (flag: string, takes: string): never => {
    throw new UsageError(`--${flag} ${flags[flag as keyof Flags] ?? ''} is not allowed: it takes ${takes}`, NAME)
  }
  const moment = (flag: 'from' | 'to', or: number): number => {
    const text = flags[flag]
    if (text === undefined) return or
    const ago = lengthOf(text)
    return ago !== undefined ? now - ago : (momentOf(text) ?? refuse(flag, 'a time, or how long ago'))
  }
  const to = moment('to', now)
  const from = moment('from', to - DAY)
  if (to <= from) throw new UsageError('--to must be later than --from', NAME)
  const every = flags.every === undefined ? undefined : (lengthOf(flags.every) ?? refuse('every', 'a length of time such as 5m'))
  const fn = flags.fn === undefined ? undefined : (seriesFns.find((f) => f === flags.fn) ?? refuse('fn', seriesFns.join(', ')))
  const { object, value } = flags
  if (object === undefined && (value !== undefined || every !== undefined))
    throw new UsageError('--value and --every are about one object: name it by --object', NAME)
  if (fn !== undefined && every === undefined)
    throw new UsageError('--fn is about buckets: say how long they are by --every', NAME)
  return {
    from,
    to,
    ...(object !== undefined && { object }),
    ...(value !== undefined && { value }),
    ...(every !== undefined && { every }),
    ...(fn !== undefined && { fn }),
  }
}

/** What is printed, page by page; `dropped`: what is older is not there any more. */
export async function* pieces(
  c: Controller,
  asked: Asked & { deviceId: number },
  form: Form,
  dropped: (until: number) => void = () => {},
): AsyncGenerator<string> {
  const series = asked.value !== undefined || asked.every !== undefined
  let cursor: string | undefined
  let first = true
  do {
    const more = cursor === undefined ? {} : { cursor }
    if (series) {
      const page = await c.series({ ...asked, object: asked.object!, ...more })
      if (first && page.hoursUntil !== undefined) dropped(page.hoursUntil)
      yield (first && form === 'csv' ? seriesHead(page) : '') + seriesText(page, form)
      cursor = page.next
    } else {
      const { every: _, fn: __, value: ___, ...q } = asked
      const kinds = asked.object === undefined ? {} : { kinds: ['status' as const] }
      const page = await c.records({ ...q, ...kinds, ...more, named: form === 'csv', limit: 500 })
      if (first && page.droppedUntil !== undefined) dropped(page.droppedUntil)
      yield (first && form === 'csv' ? statusHead : '') + page.items.map((item) => itemText(item, form)).join('')
      cursor = page.next
    }
    first = false
  } while (cursor !== undefined)
}

const time = (ms: number): string => new Date(ms).toISOString()

function seriesText(s: Series, form: Form): string {
  if (form === 'csv') return seriesLines(s)
  const wide = s.step > 0
  const row = (at: number, i: number): string =>
    form === 'json'
      ? JSON.stringify({ at, v: s.v[i], ...(wide && { min: s.min[i], max: s.max[i] }) })
      : [time(at), s.v[i] ?? 'null', s.unit ?? '', wide ? `(${s.min[i]} … ${s.max[i]})` : ''].filter((t) => t !== '').join(' ')
  return s.t.map((at, i) => `${row(at, i)}\n`).join('')
}

function itemText(item: HistoryItem, form: Form): string {
  if (form === 'json') return `${itemJson(item)}\n`
  if (form === 'csv') return csvOf(item)
  return `${time(item.at)} ${textOf(item)}\n`
}

/** All kinds under the head of statuses: what has no values has a line of its kind and cause. */
function csvOf(item: HistoryItem): string {
  if (item.kind === 'status') return statusLines(item)
  if (item.kind === 'event') return eventLines(item)
  return csvLine([time(item.at), '', item.kind, item.cause ?? item.reason])
}
