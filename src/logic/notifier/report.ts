/** What is counted and said about deliveries; and what an application's receiver itself can ask for: 410 Gone pauses it. */
import type { Face } from '#contracts/contract.ts'
import type { Application, registry } from '#contracts/registry.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'
import type { OutboxOptions } from './outbox.ts'

export interface ReportOptions {
  metrics: Metrics
  log: Logger
  clock: Clock
  registry: Pick<Face<typeof registry>, 'editApplication'>
}

const GONE = 410

/** → for an application: what its outbox calls after a try, and when a delivery is finished. */
export function reporter({ metrics, log, clock, registry }: ReportOptions) {
  const confirmed = metrics.pando_webhook_attempts_total.labels('ok')
  const failed = metrics.pando_webhook_attempts_total.labels('failed')

  return (app: Application): Pick<OutboxOptions, 'tried' | 'done'> => {
    let failing = false
    let gone = false

    /** Standard Webhooks: a receiver that answers 410 wants no more. Nothing is dropped: it goes on where it was when it is resumed. */
    function pause(): void {
      if (gone) return
      gone = true
      log.warn({ applicationId: app.id }, 'the receiver answered 410 Gone: the application is paused')
      registry.editApplication({ id: app.id, paused: true }).catch((err: unknown) => {
        gone = false
        log.warn({ err, applicationId: app.id }, 'the application could not be paused')
      })
    }

    return {
      tried(d, outcome) {
        if (outcome.ok) {
          confirmed.inc()
          if (failing) log.info({ applicationId: app.id }, 'the webhook receiver confirms again')
          failing = false
          return
        }
        failed.inc()
        if (outcome.status === GONE) pause()
        if (!failing) log.warn({ applicationId: app.id, deviceId: d.device, error: outcome.error }, 'a webhook was not confirmed')
        failing = true
      },
      done(d, wasConfirmed) {
        if (wasConfirmed) metrics.pando_webhook_seconds.observe(Math.max(0, clock.now() - d.time) / 1000)
        else metrics.pando_webhook_dead_total.inc()
      },
    }
  }
}
