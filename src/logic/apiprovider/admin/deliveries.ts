import type { deliveryRoutes, Delivery as Told } from '#contracts/admin/deliveries.ts'
import type { DeadLetter } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { outcomeOf } from './applications.ts'
import type { Handlers, Parts } from './call.ts'
import { paged, pageOf } from './page.ts'
import { reachOf } from './reach.ts'
import { type Scope, unknown } from './scope.ts'

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

const told = (d: DeadLetter): Told => ({
  id: d.id,
  application: d.applicationId,
  device: d.deviceId,
  message: d.messageId,
  state: 'dead',
  ...partsOf(d.body),
  body: d.body,
  tries: d.tries,
  error: d.lastError,
  at: d.failedAt,
})

export function deliveries({ peers }: Parts): Handlers<typeof deliveryRoutes> {
  const reach = reachOf(peers)

  const one = async (id: number, scope: Scope): Promise<DeadLetter> => {
    const { items } = await peers.notifier.deadLetters({ after: id - 1, limit: 1 })
    if (items[0]?.id !== id) throw unknown('not_found')
    await reach.application(items[0].applicationId, scope).catch((e: unknown) => {
      throw isPandoError(e, 'application_unknown') ? unknown('not_found') : e
    })
    return items[0]
  }

  return {
    'GET /applications/{id}/deliveries': async ({ params, query, scope }) => {
      const { id } = await reach.application(params.id, scope)
      return paged((await peers.notifier.deadLetters({ applicationId: id, ...pageOf(query) })).items, query, told)
    },
    'GET /deliveries/{id}': async ({ params, scope }) => told(await one(params.id, scope)),
    'POST /deliveries/{id}/redeliver': async ({ params, scope, by }) => {
      const letter = await one(params.id, scope)
      const outcome = outcomeOf(await peers.notifier.redeliver({ id: letter.id }))
      const after = { message: letter.messageId, delivered: outcome.delivered }
      const object = `application/${letter.applicationId}`
      await peers.registry.auditAppend({ audit: by, action: 'delivery.redeliver', object, after })
      return outcome
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
      let delivered = 0
      let last: ReturnType<typeof outcomeOf> | undefined
      for (const letter of tried) {
        last = outcomeOf(await peers.notifier.redeliver({ id: letter.id }))
        if (!last.delivered) break
        delivered++
      }
      const after = { found: letters.length, delivered }
      await peers.registry.auditAppend({ audit: by, action: 'delivery.redeliver', object: `application/${id}`, after })
      return { ...found, delivered, ...(last && { last }) }
    },
  }
}
