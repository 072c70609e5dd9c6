/** Commands, and what becomes of them, as the tail tells them. */
import type { TailItem } from '#contracts/controller.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID, readCommand } from '#core/devicelog/command.ts'
import type { HistoryRecord } from '#core/history/port.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { commandOf, type Model, statusToJson } from '#protocol/model.ts'
import { stateName } from '../commands/life.ts'
import { plainValues } from '../commands/values.ts'

type Told = Omit<TailItem, 'deviceId' | 'productId'>

/** undefined: the record is none of these. */
export function commandItem(r: HistoryRecord, model: Model): Told | undefined {
  if (r.kind === recordKind.command) return accepted(r, model)
  if (r.kind !== recordKind.commandState) return undefined
  const data = Buffer.from(r.data)
  return {
    kind: 'commandState',
    at: r.time,
    command: data.toString('hex', 0, COMMAND_ID),
    state: stateName(r.reason),
    ...(data.length > COMMAND_ID && { why: data.toString('utf8', COMMAND_ID) }),
  }
}

function accepted(r: HistoryRecord, model: Model): Told {
  const { id, topic, frame } = readCommand(r.data, r.flags)
  const about = { kind: 'command' as const, at: r.time, version: r.version, command: Buffer.from(id).toString('hex') }
  try {
    if (topic === 's') return { ...about, values: stringifyExact(statusToJson(model, decodeStatus(frame)).data) }
    const { no, types, values } = decodeCommand(frame)
    return { ...about, no, name: commandOf(model, no)?.name ?? '', values: stringifyExact(plainValues(types, values)) }
  } catch (e) {
    if (!(e instanceof ProtocolError)) throw e
    return about
  }
}
