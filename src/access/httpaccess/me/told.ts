/** What a device is told, by the names of its model. */
import { decodeCommand, decodeStatus, frameTimestamp } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { commandOf, type Model, statusToJson } from '#protocol/model.ts'
import { valueToJson } from '#protocol/values.ts'

/** A frame on its way down. */
export interface Told {
  /** by which the device acknowledges it */
  id: number
  frame: Buffer
  topic: 'c' | 's'
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
  const timestamp = frameTimestamp(t.frame)
  const said =
    t.topic === 's' ? { status: statusToJson(model, decodeStatus(t.frame)).data } : { command: commandIn(t.frame, model) }
  return stringifyExact({ ...head, timestamp, ...said })
}

function commandIn(frame: Buffer, model: Model): object {
  const { no, types, values } = decodeCommand(frame)
  const name = commandOf(model, no)?.name ?? `${no}`
  return { [name]: values.map((v, i) => valueToJson(types[i]!, v)) }
}
