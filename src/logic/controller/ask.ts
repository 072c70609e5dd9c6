/** "Report your status now" (command 65528). One question in flight for a device serves all who wait (hard case F-16). */
import type { Device } from '#contracts/registry.ts'
import { at as field, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { PandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { decodeStatus, encodeCommand } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { statusToJson } from '#protocol/model.ts'
import { reasonError } from '#protocol/reasons.ts'
import { ALL_SUB_DEVICES, UNIVERSAL_PRIORITY, universalCommand } from '#protocol/universal.ts'
import { frameError, type WayDown } from './down.ts'
import type { Models } from './models.ts'
import type { Watchers } from './watch.ts'

export type Ask = (deviceId: number, timeout: number) => Promise<string>

export function asker(down: WayDown, models: Models, watchers: Watchers, clock: Clock): Ask {
  const flights = new Map<number, Promise<string>>()

  async function fly(deviceId: number, timeout: number): Promise<string> {
    const until = clock.now() + timeout
    const target = await down.reach(deviceId, timeout)
    const left = Math.max(1, until - clock.now())
    const answer = nextStatus(watchers, clock, target.device, models, left)
    const question = encodeCommand({
      timestamp: clock.now(),
      subDevice: ALL_SUB_DEVICES,
      no: universalCommand.reportStatus,
      priority: UNIVERSAL_PRIORITY,
      values: [],
      types: [],
    })
    // An unconfirmed question may still be answered: only a device that is gone ends the waiting early.
    const sent = down.deliver(target, 'c', question, left).then(
      () => answer.promise,
      (e: unknown) => {
        if (e instanceof PandoError && e.code === 'device_timeout') return answer.promise
        throw e
      },
    )
    try {
      return await Promise.race([answer.promise, sent])
    } finally {
      answer.stop()
    }
  }

  return (deviceId, timeout) => {
    const found = flights.get(deviceId)
    if (found !== undefined) return found
    const flight = fly(deviceId, timeout).finally(() => flights.delete(deviceId))
    flights.set(deviceId, flight)
    return flight
  }
}

function nextStatus(
  watchers: Watchers,
  clock: Clock,
  { id: device, productId, modelVersion }: Device,
  models: Models,
  timeout: number,
): { promise: Promise<string>; stop: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  promise.catch(() => {})
  const unwatch = watchers.add(device, (b, p, size) => {
    const kind = b[p + field.kind]
    if (b.readUInt16LE(p + field.flags) & recordFlag.redecoded) return
    if (kind === recordKind.undecodable) reject(frameError(reasonError(b[p + field.reason]!)))
    if (kind !== recordKind.status) return
    // the batch is not ours to keep, and the model of the record may have to be fetched
    const frame = decodeStatus(b, p + RECORD_HEADER, p + size)
    models
      .get(b.readUInt32LE(p + field.product) || productId, b.readUInt16LE(p + field.version) || modelVersion)
      .then((model) => resolve(stringifyExact(statusToJson(model, frame).data)))
      .catch((e: unknown) => reject(frameError(e)))
  })
  const cancel = clock.after(timeout, () => reject(new PandoError('device_timeout', 'get status timeout.', { device })))
  return {
    promise,
    stop: () => {
      unwatch()
      cancel()
    },
  }
}
