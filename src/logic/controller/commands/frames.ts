/** Frames for devices. No two have the same time: a device names a command by it in event 65534. */
import type { Clock } from '#lib/service.ts'
import { encodeCommand, encodeStatus } from '#protocol/frames.ts'
import { commandFromJson, type Model, statusFromJson } from '#protocol/model.ts'
import { fitting } from '../down.ts'
import { commandFromText, statusFromText } from './values.ts'

export interface Frames {
  /** body as in `/application/v1` */
  status(model: Model, body: string): Uint8Array
  command(model: Model, body: string): Uint8Array
  /** as in values.ts */
  statusOf(model: Model, values: string): Uint8Array
  commandOf(model: Model, name: string, params: string, subDevice?: number): Uint8Array
}

export function frames(clock: Clock): Frames {
  let last = 0
  const timestamp = () => (last = Math.max(clock.now(), last + 1))
  return {
    status: (model, body) => fitting(() => encodeStatus({ properties: statusFromJson(model, body), timestamp: timestamp() })),
    command: (model, body) => fitting(() => encodeCommand({ ...commandFromJson(model, body), timestamp: timestamp() })),
    statusOf: (model, values) =>
      fitting(() => encodeStatus({ properties: statusFromText(model, values), timestamp: timestamp() })),
    commandOf: (model, name, params, subDevice) =>
      fitting(() => {
        const command = commandFromText(model, name, params)
        return encodeCommand({ ...command, subDevice: subDevice ?? command.subDevice, timestamp: timestamp() })
      }),
  }
}
