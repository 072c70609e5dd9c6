/** A record as those who look after the cloud see it: all that is in it. */
import type { LiveKind, LiveRecord } from '#contracts/admin/live.ts'
import { causeOf } from '#contracts/causes.ts'
import { at, commandState, desiredStep, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID, readCommand } from '#core/devicelog/command.ts'
import { decodeCommand } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { commandOf, type Model } from '#protocol/model.ts'
import { frameReasons } from '#protocol/reasons.ts'
import { valueToJson } from '#protocol/values.ts'
import type { Form, Seen } from './interest.ts'

const kinds: Readonly<Record<number, LiveKind>> = {
  [recordKind.status]: 'status',
  [recordKind.event]: 'event',
  [recordKind.undecodable]: 'undecodable',
  [recordKind.online]: 'online',
  [recordKind.offline]: 'offline',
  [recordKind.command]: 'command',
  [recordKind.commandState]: 'commandState',
  [recordKind.desired]: 'desired',
  [recordKind.diary]: 'diary',
}

/** bits `1 << kind` of these; of all when absent */
export const liveMask = (wanted?: readonly LiveKind[]): number =>
  Object.entries(kinds).reduce((mask, [no, kind]) => (wanted?.includes(kind) === false ? mask : mask | (1 << Number(no))), 0)

const nameIn = (steps: Readonly<Record<string, number>>, no: number): string =>
  Object.entries(steps).find(([, n]) => n === no)?.[0] ?? String(no)

export function liveRecord(r: Seen): LiveRecord {
  const { b, p, kind, device, known } = r
  return {
    id: r.id,
    at: b.readDoubleLE(p + at.time),
    kind: kinds[kind]!,
    device,
    identifier: known.identifier,
    product: b.readUInt32LE(p + at.product) || known.product,
    model: b.readUInt16LE(p + at.version) || known.modelVersion,
    ...more(r),
  }
}

type More = Pick<LiveRecord, 'values' | 'cause' | 'reason' | 'detail' | 'command' | 'frame'>

function more(r: Seen): More {
  const { b, p, size, kind } = r
  const data = b.subarray(p + RECORD_HEADER, p + size)
  const reason = b[p + at.reason]!
  switch (kind) {
    case recordKind.status:
    case recordKind.event: {
      const values = r.data()
      return { ...(values !== undefined && { values }), frame: data.toString('base64') }
    }
    case recordKind.undecodable:
      return { reason: frameReasons[reason] ?? String(reason), frame: data.toString('base64') }
    case recordKind.command:
      return commandParts(data, b.readUInt16LE(p + at.flags), r.model)
    case recordKind.commandState:
      return {
        command: data.toString('hex', 0, COMMAND_ID),
        reason: nameIn(commandState, reason),
        ...(data.length > COMMAND_ID && { detail: data.toString('utf8', COMMAND_ID) }),
      }
    case recordKind.desired:
      return { reason: nameIn(desiredStep, reason), detail: data.toString('utf8') }
    case recordKind.online:
      return { detail: data.toString('utf8') }
    default:
      return { cause: causeOf(reason), detail: data.length > 0 ? data.toString('utf8') : '{}' }
  }
}

function commandParts(data: Buffer, flags: number, model: Model | null): More {
  const { id, topic, frame } = readCommand(data, flags)
  const values = topic === 'c' ? calledBy(frame, model) : undefined
  return {
    command: Buffer.from(id).toString('hex'),
    ...(values !== undefined && { values }),
    frame: Buffer.from(frame).toString('base64'),
  }
}

/** `{name: [v, …]}`; undefined where the model does not name it. */
function calledBy(frame: Uint8Array, model: Model | null): string | undefined {
  const { no, types, values } = decodeCommand(frame)
  const name = model && commandOf(model, no)?.name
  return name ? stringifyExact({ [name]: values.map((v, i) => valueToJson(types[i]!, v)) }) : undefined
}

export const recordForm: Form = (r) => Buffer.from(JSON.stringify(liveRecord(r)))
