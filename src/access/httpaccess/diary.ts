/** The connection diary of this API: who registered, logged in, was refused. Never waited for: devices are answered first. */

import type { EnrolDiary } from '#access/shared/enrol.ts'
import { RefusalDiary } from '#access/shared/refusals.ts'
import { Uplink } from '#access/shared/uplink.ts'
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { Logger } from '#lib/log.ts'
import type { Metrics } from '#lib/metrics.ts'
import type { Clock } from '#lib/service.ts'

export interface Diary extends EnrolDiary {
  /** Writes what is left; gives up when the log doesn't take it. */
  stop(): Promise<void>
}

export interface DiaryParts {
  accept: Face<typeof controller>['accept']
  clock: Clock
  log: Logger
  metrics: Metrics
}

/** Entries wait while the log can't be written, up to this; more are dropped, devices go on. */
const MAX_WAITING = 4 << 20
const DRAIN_WITHIN = 2000

export function makeDiary({ accept, clock, log, metrics }: DiaryParts): Diary {
  const service = 'httpaccess'
  const uplink = new Uplink({
    accept,
    log,
    maxWaiting: MAX_WAITING,
    onBatch: (result) => metrics.pando_uplink_appends_total.inc({ service, result }),
  })
  const refusals = new RefusalDiary(uplink, clock)
  return {
    note(cause, { id: deviceId, productId, modelVersion }, params) {
      if (uplink.full) return
      uplink.note(recordKind.diary, cause, { deviceId, productId, modelVersion, epoch: 0 }, clock.now(), params)
    },
    refused(cause, deviceId, params) {
      if (!uplink.full) refusals.refused(deviceId, cause, params)
    },
    async stop() {
      refusals.stop()
      let cancel = () => {}
      const enough = new Promise<void>((done) => {
        cancel = clock.after(DRAIN_WITHIN, done)
      })
      await Promise.race([uplink.drained(), enough])
      cancel()
      uplink.stop()
    },
  }
}
