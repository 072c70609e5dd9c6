/**
 * Commands that are not over, in the current state of their device: made of log records alone, so that a restart finds them as they
 * were. A value is
 *
 *   state u8 | topic u8 | model version u16 | product u32 | id 8 octets | desired u32 | until f64 | then the frame, or what the device said
 */
import { at as field, RECORD_HEADER } from '#core/devicelog/batch.ts'
import { COMMAND_ID, readCommand } from '#core/devicelog/command.ts'
import type { Current, CurrentValue } from '#core/history/port.ts'
import { frameTimestamp } from '#protocol/frames.ts'
import { COMMANDS, isCommand, TELLS } from '../slots.ts'
import { isFinal, rank, stateOf } from './life.ts'

const HEADER = 28
const ID_AT = 8
const DESIRED_AT = 16
const UNTIL_AT = 20

/** Delivered commands whose result is remembered to be possible; of devices that never told a result. */
const MOST_DELIVERED = 16
const MOST_UNTOLD = 4

export interface OpenCommand {
  id: Buffer
  device: number
  state: number
  topic: 'c' | 's'
  version: number
  product: number
  desired: number
  /** ms since 1970; 0 = it was for one session only */
  until: number
  acceptedAt: number
  /** the frame; of a state that the device told: code i32 and UTF-8 text */
  rest: Buffer
}

export const slotOf = (id: Uint8Array): number => slotAt(id, 0)

/** The slot of the command whose id begins at b[p]: commands are seen with each record, so nothing is made for it. */
const slotAt = (b: Uint8Array, p: number): number =>
  COMMANDS + ((b[p]! << 8) | b[p + 1]!) * 2 ** 32 + (((b[p + 2]! << 24) | (b[p + 3]! << 16) | (b[p + 4]! << 8) | b[p + 5]!) >>> 0)

/** Whether a value is of the command whose id begins at b[p]. */
function isOf(value: Uint8Array, b: Uint8Array, p: number): boolean {
  for (let i = 0; i < COMMAND_ID; i++) if (value[ID_AT + i] !== b[p + i]) return false
  return true
}

export function openCommand(current: Current, device: number, id: Uint8Array): OpenCommand | undefined {
  const value = current.get(device, slotOf(id))
  const found = value && opened(device, value)
  return found?.id.equals(id) ? found : undefined
}

/** In the order of acceptance. */
export function openCommands(current: Current, device: number): OpenCommand[] {
  const found: OpenCommand[] = []
  current.each(device, (slot, value) => {
    if (isCommand(slot)) found.push(opened(device, value))
  })
  return found.sort((a, b) => a.acceptedAt - b.acceptedAt)
}

export const tells = (current: Current, device: number): boolean => current.get(device, TELLS) !== undefined

function opened(device: number, { time, bytes }: CurrentValue): OpenCommand {
  const b = Buffer.from(bytes)
  return {
    id: b.subarray(ID_AT, ID_AT + COMMAND_ID),
    device,
    state: b[0]!,
    topic: b[1] === 0x73 ? 's' : 'c',
    version: b.readUInt16LE(2),
    product: b.readUInt32LE(4),
    desired: b.readUInt32LE(DESIRED_AT),
    until: b.readDoubleLE(UNTIL_AT),
    acceptedAt: time,
    rest: b.subarray(HEADER),
  }
}

/** A `command` record. */
export function applyCommand(current: Current, b: Buffer, p: number, size: number): { desired: number } {
  const { id, topic, terms, frame } = readCommand(b.subarray(p + RECORD_HEADER, p + size), b.readUInt16LE(p + field.flags))
  const desired = terms?.desired ?? 0
  const value = Buffer.allocUnsafe(HEADER + frame.length)
  value[0] = stateOf.accepted
  value[1] = topic.charCodeAt(0)
  value.writeUInt16LE(b.readUInt16LE(p + field.version), 2)
  value.writeUInt32LE(b.readUInt32LE(p + field.product), 4)
  value.set(id, ID_AT)
  value.writeUInt32LE(desired, DESIRED_AT)
  value.writeDoubleLE(terms?.until ?? 0, UNTIL_AT)
  value.set(frame, HEADER)
  put(current, b.readDoubleLE(p + field.device), slotOf(id), b.readDoubleLE(p + field.time), value)
  return { desired }
}

/** A `commandState` record of a command that was open and goes on → the version of the desired state that it carries; 0: of none. */
export function applyStep(current: Current, b: Buffer, p: number): number {
  const device = b.readDoubleLE(p + field.device)
  const id = p + RECORD_HEADER
  const slot = slotAt(b, id)
  const found = current.get(device, slot)
  if (!found || !isOf(found.bytes, b, id)) return 0
  const value = Buffer.from(found.bytes)
  const state = b[p + field.reason]!
  if (isFinal(state)) current.remove(device, slot)
  else if (rank(state) <= rank(value[0]!)) return 0
  else {
    value[0] = state
    put(current, device, slot, found.time, value)
    if (state === stateOf.delivered) forgetOldest(current, device)
  }
  return value.readUInt32LE(DESIRED_AT)
}

/** The command whose frame had this time, if nothing was told of it yet. */
export const underSequence = (current: Current, device: number, sequence: bigint): OpenCommand | undefined =>
  openCommands(current, device).findLast((c) => !isFinal(c.state) && BigInt(frameTimestamp(c.rest)) === sequence)

/**
 * What the device said of a command, which it names by the time in the command's frame: kept with the command until the step is
 * recorded, so that a crash between the two loses nothing. → the command.
 */
export function applyResult(
  current: Current,
  device: number,
  sequence: bigint,
  code: number,
  text: string,
): OpenCommand | undefined {
  if (!tells(current, device)) put(current, device, TELLS, 0, Buffer.of(1))
  const found = underSequence(current, device, sequence)
  if (!found) return undefined
  const slot = slotOf(found.id)
  const detail = Buffer.from(text)
  const value = Buffer.allocUnsafe(HEADER + 4 + detail.length)
  value.set(current.get(device, slot)!.bytes.subarray(0, HEADER))
  value[0] = code === 0 ? stateOf.executed : stateOf.failed
  value.writeInt32LE(code, HEADER)
  value.set(detail, HEADER + 4)
  put(current, device, slot, found.acceptedAt, value)
  return found
}

/** `code text`, as the step tells it. */
export const toldResult = ({ rest }: OpenCommand): string => `${rest.readInt32LE(0)} ${rest.toString('utf8', 4)}`.trim()

/** Of commands that were delivered only some can still get a result. */
function forgetOldest(current: Current, device: number): void {
  const delivered: { slot: number; time: number }[] = []
  current.each(device, (slot, { time, bytes }) => {
    if (isCommand(slot) && bytes[0] === stateOf.delivered) delivered.push({ slot, time })
  })
  const most = tells(current, device) ? MOST_DELIVERED : MOST_UNTOLD
  if (delivered.length <= most) return
  delivered.sort((x, y) => x.time - y.time)
  for (const { slot } of delivered.slice(0, delivered.length - most)) current.remove(device, slot)
}

const put = (current: Current, device: number, slot: number, time: number, value: Buffer): void =>
  current.put(device, slot, time, value, 0, value.length)
