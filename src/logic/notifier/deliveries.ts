/** What waits for an application and what was delivered of late, as people see it. */
import type { Face } from '#contracts/contract.ts'
import type { Delivery, notifier } from '#contracts/notifier.ts'
import { PandoError } from '#lib/errors.ts'
import type { Told } from './attempts.ts'
import type { Manager } from './manager.ts'
import type { Waiting } from './outbox.ts'
import type { Receiver } from './receiver.ts'

const LIMIT = 100

export function makeDeliveries(
  manager: Manager,
  retryFor: number,
): Pick<Face<typeof notifier>, 'deliveries' | 'delivery' | 'retry'> {
  const waiting = (r: Receiver, { delivery: d, behind, sending, nextTry }: Waiting): Delivery => ({
    applicationId: r.app.id,
    deviceId: d.device,
    messageId: d.id,
    state: sending ? 'sending' : 'waiting',
    time: d.time,
    body: d.body.toString(),
    behind,
    tries: d.tries,
    ...(d.lastError !== '' && { lastError: d.lastError }),
    ...(nextTry !== undefined && { nextTry }),
    ...(d.firstFailedAt !== undefined && { until: d.firstFailedAt + retryFor }),
  })
  const delivered = (r: Receiver, t: Told): Delivery => ({
    applicationId: r.app.id,
    deviceId: t.device,
    messageId: t.message,
    state: 'delivered',
    time: t.time,
    body: t.body.toString(),
    behind: 0,
    tries: t.attempts.length,
  })

  return {
    async deliveries({ applicationId, which, offset = 0, limit = LIMIT }) {
      const r = manager.receivers.get(applicationId)
      if (!r) return { items: [], total: 0 }
      const all = which === 'waiting' ? r.outbox.list() : r.attempts.delivered()
      const page = all.slice(offset, offset + limit)
      return { items: page.map((d) => ('delivery' in d ? waiting(r, d) : delivered(r, d))), total: all.length }
    },
    async delivery({ applicationId, messageId }) {
      const r = manager.receivers.get(applicationId)
      if (!r) return { attempts: [] }
      const waits = r.outbox.list().find((w) => w.delivery.id === messageId)
      const told = r.attempts.get(messageId)
      const found = waits ? waiting(r, waits) : told?.delivered ? delivered(r, told) : undefined
      return { ...(found && { delivery: found }), attempts: [...r.attempts.of(messageId)] }
    },
    async retry({ applicationId }) {
      if (!manager.apps.has(applicationId)) await manager.refresh()
      const r = manager.receivers.get(applicationId)
      if (!manager.apps.has(applicationId))
        throw new PandoError('application_unknown', `no application ${applicationId}`, { applicationId })
      return { devices: r?.outbox.retry() ?? 0 }
    },
  }
}
