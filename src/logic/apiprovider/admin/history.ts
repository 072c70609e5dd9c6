/** What a device said, by time. */
import type { historyRoutes, HistoryItem as Told } from '#contracts/admin/history.ts'
import type { HistoryItem } from '#contracts/controller.ts'
import { eventHead, eventLines, statusHead, statusLines } from '#contracts/historytext.ts'
import { isPandoError } from '#lib/errors.ts'
import { parseExact } from '#protocol/json.ts'
import type { Handlers, Parts } from './call.ts'
import { histogram } from './histogram.ts'
import { invalidAt } from './problem.ts'
import { reachOf } from './reach.ts'
import { streamed } from './streamed.ts'

const DAY = 86_400_000
/** Commands that a plot shows. */
const MARKS = 200
/** Records read for one piece of an export. */
const PIECE = 500

const told = ({ at, kind, deviceTime, version, values, params, ...rest }: HistoryItem): Told => ({
  kind,
  at,
  ...(deviceTime !== undefined && { device_time: deviceTime }),
  ...(version !== undefined && { model: version }),
  ...(values !== undefined && { values: textual(parseExact(values)) }),
  ...(params !== undefined && { params: textual(parseExact(params)) }),
  ...rest,
})

/** Integers that a double does not hold, as text. */
function textual(v: unknown): unknown {
  if (typeof v === 'bigint') return String(v)
  if (Array.isArray(v)) return v.map(textual)
  if (typeof v !== 'object' || v === null) return v
  const out: Record<string, unknown> = Object.create(null)
  for (const [key, x] of Object.entries(v)) out[key] = textual(x)
  return out
}

export function history(p: Parts): Handlers<typeof historyRoutes> {
  const { peers, clock } = p
  const reach = reachOf(peers)

  const marks = async (deviceId: number, from: number, to: number) => {
    const { items } = await peers.controller.commands({ deviceId, limit: MARKS })
    return items
      .filter((c) => c.at.accepted >= from && c.at.accepted < to)
      .map((c) => ({ at: c.at.accepted, code: c.kind, params: { id: c.id, name: c.name, state: c.state } }))
  }

  return {
    'GET /devices/{id}/series': async ({ params, query, scope }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      const { to = clock.now(), from = to - DAY, ...rest } = query
      if (to <= from) throw invalidAt('/query/to', 'not_after', { field: 'from' })
      if (rest.every !== undefined && rest.points !== undefined) throw invalidAt('/query/points', 'not_with', { field: 'every' })
      const [{ hoursUntil, ...found }, made] = await Promise.all([
        named(peers.controller.series({ deviceId, from, to, ...rest })),
        marks(deviceId, from, to),
      ])
      return { ...found, ...(hoursUntil !== undefined && { hours_until: hoursUntil }), marks: made }
    },
    'GET /devices/{id}/history': async ({ params, query, scope }) => {
      const { id: deviceId } = await reach.device(params.id, scope)
      const { order, ...rest } = query
      const found = await named(peers.controller.records({ deviceId, ...rest, newestFirst: order === 'desc' }))
      const { items, next, droppedUntil } = found
      return {
        items: items.map(told),
        ...(next !== undefined && { next }),
        ...(droppedUntil !== undefined && { dropped_until: droppedUntil }),
      }
    },
    'GET /devices/{id}/export.csv': async ({ params, query, scope, header }) => {
      const { id: deviceId, identifier } = await reach.device(params.id, scope)
      const { kind = 'status', order, ...rest } = query
      header('Content-Disposition', attachment(identifier, `-${kind}.csv`))
      const csv = kind === 'status' ? { head: statusHead, lines: statusLines } : { head: eventHead, lines: eventLines }
      const asked = { deviceId, kinds: [kind], ...rest, named: true, newestFirst: order === 'desc', limit: PIECE }
      return streamed(pieces(asked, csv))
    },
    'GET /devices/{id}/export.ndjson': async ({ params, query, scope, header }) => {
      const { id: deviceId, identifier } = await reach.device(params.id, scope)
      const { order, ...rest } = query
      header('Content-Disposition', attachment(identifier, '.ndjson'))
      const asked = { deviceId, ...rest, newestFirst: order === 'desc', limit: PIECE }
      return streamed(pieces(asked, { head: '', lines: (item) => `${JSON.stringify(told(item))}\n` }))
    },
    'GET /products/{id}/histogram': async ({ params, query, scope }) => {
      const { id } = await reach.product(params.id, scope)
      return histogram(peers, { productId: id, ...query })
    },
  }

  type Asked = Parameters<typeof peers.controller.records>[0]

  async function* pieces(asked: Asked, form: { head: string; lines(i: HistoryItem): string }): AsyncGenerator<string> {
    let cursor: string | undefined
    let { head } = form
    do {
      const page = await named(peers.controller.records({ ...asked, ...(cursor !== undefined && { cursor }) }))
      const text = head + page.items.map(form.lines).join('')
      if (text !== '') yield text
      head = ''
      cursor = page.next
    } while (cursor !== undefined)
  }
}

const attachment = (identifier: string, end: string): string =>
  `attachment; filename="${identifier.replaceAll(/[^\w.-]/g, '_').slice(0, 100)}${end}"`

/** The controller names the field that is wrong. */
async function named<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (e) {
    if (!isPandoError(e, 'invalid')) throw e
    const { field, reason = 'invalid', ...params } = e.params
    throw invalidAt(typeof field === 'string' ? `/query/${field}` : '/query', String(reason), { ...params, message: e.message })
  }
}
