import type { DeliveryDetail, deliveryRoutes, Delivery as Told } from '#contracts/admin/deliveries.ts'
import type { Attempt, Delivery } from '#contracts/notifier.ts'
import type { Application, DeadLetter } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { outcomeOf } from './applications.ts'
import type { Handlers, Parts } from './call.ts'
import { makeDoing } from './deed.ts'
import { cursorOf, paged, pageOf, placeOf } from './page.ts'
import { onceBegun } from './problem.ts'
import { reachOf } from './reach.ts'
import { type Scope, unknown } from './scope.ts'

const PAGE = 100
/** Sent again in one call. */
const MOST = 1000

interface Body {
  tag?: unknown
  identifier?: unknown
  data?: unknown
}

function partsOf(body: string): { tag: string; identifier: string; name: string } {
  try {
    const { tag, identifier, data } = JSON.parse(body) as Body
    const text = (v: unknown) => (typeof v === 'string' ? v : '')
    return { tag: text(tag), identifier: text(identifier), name: Object.keys((data as object | null) ?? {}).join(', ') }
  } catch {
    return { tag: '', identifier: '', name: '' }
  }
}

const dead = (d: DeadLetter): Told => ({
  id: String(d.id),
  application: d.applicationId,
  device: d.deviceId,
  message: d.messageId,
  state: 'dead',
  ...partsOf(d.body),
  body: d.body,
  behind: 0,
  tries: d.tries,
  error: d.lastError,
  at: d.failedAt,
})

const inMemory = (d: Delivery): Told => ({
  id: `${d.applicationId}.${d.messageId}`,
  application: d.applicationId,
  device: d.deviceId,
  message: d.messageId,
  state: d.state,
  ...partsOf(d.body),
  body: d.body,
  behind: d.behind,
  tries: d.tries,
  ...(d.lastError !== undefined && { error: d.lastError }),
  at: d.time,
  ...(d.nextTry !== undefined && { next_at: d.nextTry }),
  ...(d.until !== undefined && { until: d.until }),
})

const attempt = ({ took, ...a }: Attempt): DeliveryDetail['attempts'][number] => ({ ...a, ms: took })

export function deliveries(p: Parts): Handlers<typeof deliveryRoutes> {
  const { peers } = p
  const doing = makeDoing(p)
  const reach = reachOf(peers)

  /** Of an application that the caller sees. */
  const application = (id: number, scope: Scope): Promise<Application> =>
    reach.application(id, scope).catch((e: unknown) => {
      throw isPandoError(e, 'application_unknown') ? unknown('not_found') : e
    })

  const letterOf = async (id: string, scope: Scope): Promise<{ letter: DeadLetter; app: Application }> => {
    const n = /^\d+$/.test(id) ? Number(id) : 0
    const { items } = await peers.notifier.deadLetters({ after: n - 1, limit: 1 })
    if (items[0]?.id !== n) throw unknown('not_found')
    return { letter: items[0], app: await application(items[0].applicationId, scope) }
  }

  const detail = async (id: string, scope: Scope): Promise<DeliveryDetail> => {
    const [, of, messageId] = /^(\d+)\.(.+)$/.exec(id) ?? []
    if (of === undefined || messageId === undefined) {
      const { letter, app } = await letterOf(id, scope)
      const { attempts } = await peers.notifier.delivery({ applicationId: app.id, messageId: letter.messageId })
      return { ...dead(letter), url: app.reportUrl, attempts: attempts.map(attempt) }
    }
    const app = await application(Number(of), scope)
    const { delivery, attempts } = await peers.notifier.delivery({ applicationId: app.id, messageId })
    if (!delivery) throw unknown('not_found')
    return { ...inMemory(delivery), url: app.reportUrl, attempts: attempts.map(attempt) }
  }

  return {
    'GET /applications/{id}/deliveries': async ({ params, query, scope }) => {
      const { id } = await reach.application(params.id, scope)
      const { state = 'dead', limit = PAGE, cursor } = query
      if (state === 'dead')
        return paged((await peers.notifier.deadLetters({ applicationId: id, ...pageOf(query) })).items, query, dead)
      const offset = cursor === undefined ? 0 : placeOf(cursor)
      const { items, total } = await peers.notifier.deliveries({ applicationId: id, which: state, offset, limit })
      return { items: items.map(inMemory), total, ...(offset + limit < total && { next: cursorOf(offset + limit) }) }
    },
    'GET /deliveries/{id}': ({ params, scope }) => detail(params.id, scope),
    'POST /applications/{id}/retry': async ({ params, scope, by }) => {
      const { id } = await reach.application(params.id, scope)
      return doing({
        ...{ by, action: 'delivery.retry', object: `application/${id}`, asked: {} },
        act: () => peers.notifier.retry({ applicationId: id }),
        after: (done) => done,
      })
    },
    'POST /deliveries/{id}/redeliver': async ({ params, scope, by }) => {
      const { letter } = await letterOf(params.id, scope)
      const message = letter.messageId
      return doing({
        ...{ by, action: 'delivery.redeliver', object: `application/${letter.applicationId}`, asked: { message } },
        act: async () => outcomeOf(await peers.notifier.redeliver({ id: letter.id })),
        after: ({ delivered }) => ({ message, delivered }),
      })
    },
    'POST /applications/{id}/redeliver': async ({ params, query, body, scope, by }) => {
      const { id } = await reach.application(params.id, scope)
      const { from = 0, to = Number.MAX_SAFE_INTEGER } = body
      const letters: DeadLetter[] = []
      let more = true
      for (let after = 0; more && letters.length < MOST; ) {
        const { items } = await peers.notifier.deadLetters({ applicationId: id, after, limit: MOST })
        letters.push(...items.filter((d) => d.failedAt >= from && d.failedAt < to))
        more = items.length === MOST
        after = items.at(-1)?.id ?? 0
      }
      const tried = letters.slice(0, MOST)
      const found = { found: letters.length, more: more || letters.length > MOST }
      if (query.dry_run) return { ...found, delivered: 0 }
      const act = async () => {
        let delivered = 0
        let last: ReturnType<typeof outcomeOf> | undefined
        for (const letter of tried) {
          const outcome = await peers.notifier.redeliver({ id: letter.id }).catch((e: unknown) => {
            // somebody else has sent it
            if (isPandoError(e, 'not_found')) return undefined
            throw delivered > 0 ? onceBegun(e) : e
          })
          if (outcome === undefined) continue
          last = outcomeOf(outcome)
          if (!last.delivered) break
          delivered++
        }
        return { ...found, delivered, ...(last && { last }) }
      }
      return doing({
        ...{ by, action: 'delivery.redeliver', object: `application/${id}`, asked: { found: letters.length }, act },
        after: ({ delivered }) => ({ found: letters.length, delivered }),
      })
    },
  }
}
