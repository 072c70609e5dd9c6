/** Commands whose caller waits for the device (`/application/v1`). */
import type { DeliveryResult } from '#contracts/access.ts'
import { PandoError, toPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import type { Model } from '#protocol/model.ts'
import { refusal, type Target, type WayDown } from '../down.ts'
import type { Lanes } from './lanes.ts'
import type { Topic } from './log.ts'
import type { Recording } from './recording.ts'
import type { Going, Sending } from './sending.ts'

/** → the state that the device has confirmed; an error for anything else. */
export type Waiting = (
  deviceId: number,
  topic: Topic,
  make: (model: Model) => Uint8Array,
  timeout: number,
) => Promise<{ id: string; state: string }>

type Parts = { down: WayDown; record: Recording; sending: Sending; lanes: Lanes; clock: Clock }

export function waiting({ down, record, sending, lanes, clock }: Parts): Waiting {
  async function delivered(g: Going, to: Target, frame: Uint8Array, deadline: number): Promise<DeliveryResult> {
    // behind what was kept for the device and is on its way
    if (lanes.running(to.device.id) && !(await lanes.turn(to.device.id, deadline)))
      return { delivered: false, error: 'device_timeout' }
    return sending.once(g, to, frame, Math.max(clock.now() + 1, deadline), { patient: true })
  }

  return async (deviceId, topic, make, timeout) => {
    const found = await down.find(deviceId)
    const frame = make(found.model)
    down.expressible(found, topic, frame)
    const deadline = clock.now() + timeout
    const to = await down.locate(found, timeout)
    const g = await record({ origin: to.origin, topic, frame }, timeout)
    let result: DeliveryResult
    try {
      result = await delivered(g, to, frame, deadline)
    } catch (e) {
      void sending.end(g, 'failed', e instanceof PandoError ? e.code : 'internal')
      throw toPandoError(e)
    }
    if (result.delivered) return { id: g.id.text, state: 'delivered' }
    void sending.end(g, result.error === 'device_timeout' ? 'timedOut' : 'failed', result.error)
    throw refusal(result, to.device.id)
  }
}
