/**
 * Refusals of known devices in the connection diary. A device that is refused tries again every few seconds for ever: the first refusal
 * of a kind is recorded at once, those that follow are folded into one entry a minute with their number.
 */
import type { Cause } from '#contracts/causes.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { Clock } from '#lib/service.ts'
import type { Uplink } from './uplink.ts'

interface Folded {
  deviceId: number
  cause: Cause
  params: object
  count: number
}

const FOLD_MS = 60_000
const MOST = 100_000

export class RefusalDiary {
  private folded = new Map<string, Folded>()
  private readonly uplink: Uplink
  private readonly clock: Clock
  private readonly cancel: () => void

  constructor(uplink: Uplink, clock: Clock) {
    this.uplink = uplink
    this.clock = clock
    this.cancel = clock.every(FOLD_MS, () => this.write())
  }

  /** `params`: protocol, address and what else explains it; no secret. */
  refused(deviceId: number, cause: Cause, params: object): void {
    const key = `${deviceId}/${cause}`
    const found = this.folded.get(key)
    if (found) {
      found.count++
      found.params = params
      return
    }
    if (this.folded.size >= MOST) return
    this.folded.set(key, { deviceId, cause, params, count: 0 })
    this.note(deviceId, cause, { ...params, count: 1 })
  }

  stop(): void {
    this.cancel()
    this.write()
  }

  private write(): void {
    const before = this.folded
    this.folded = new Map()
    for (const [key, f] of before) {
      if (f.count === 0) continue
      this.note(f.deviceId, f.cause, { ...f.params, count: f.count })
      this.folded.set(key, { ...f, count: 0 })
    }
  }

  private note(deviceId: number, cause: Cause, params: object): void {
    const origin = { deviceId, productId: 0, modelVersion: 0, epoch: 0 }
    this.uplink.note(recordKind.diary, cause, origin, this.clock.now(), params)
  }
}
