/** What a device is told, by the names of its model. */
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { commandOf, type JsonValue, type Model, statusToJson } from '#protocol/model.ts'
import { valueToJson } from '#protocol/values.ts'

export type Topic = 'c' | 's'
type Named = Record<string, JsonValue[]>

/** `{"status": {label: [v, …]}}` to set, or `{"command": {name: [v, …]}}`; a command that the model does not name goes by its number. */
export function toldByName(model: Model, frame: Uint8Array, topic: Topic): { status: Named } | { command: Named } {
  if (topic === 's') return { status: statusToJson(model, decodeStatus(frame)).data }
  const { no, values, types } = decodeCommand(frame)
  return { command: { [commandOf(model, no)?.name ?? String(no)]: values.map((v, i) => valueToJson(types[i]!, v)) } }
}
