/** What a device is told, by the names of its model. */
import { type Topic, toldByName } from '#access/shared/told.ts'
import { frameTimestamp } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import type { Model } from '#protocol/model.ts'

/** A frame on its way down. */
export interface Told {
  /** by which the device acknowledges it */
  id: number
  frame: Buffer
  topic: Topic
  /** it may have been sent before */
  again: boolean
}

export interface Listener {
  /** frames that it takes at once */
  readonly window: number
  /** the wheel's seconds until `due` is called */
  readonly seconds: number
  take(t: Told): void
  /** Its time is over; false: and so is it. */
  due(): boolean
  /** The session has ended. */
  over(cause: string): void
}

/** `model` undefined: the frame is a codec's, which only the device can read. */
export function toldText(t: Told, model: Model | undefined): string {
  const head = { id: t.id, ...(t.again && { again: true }) }
  if (!model) return stringifyExact({ ...head, frame: t.frame.toString('base64') })
  return stringifyExact({ ...head, timestamp: frameTimestamp(t.frame), ...toldByName(model, t.frame, t.topic) })
}
