/**
 * What a record changes in the current state of its device. Status objects are kept under their number (the sub-device of old
 * firmware's frames can't be trusted, docs/device-protocol.md §4), with the bytes that they had in the frame: `sub-device u16 | object u16 |
 * count u16 | TLVs`. What lies above them is in slots.ts.
 */
import { at as field, LATE, RECORD_HEADER, recordFlag, recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID } from '#core/devicelog/command.ts'
import type { Current } from '#core/history/port.ts'
import type { Property } from '#protocol/frames.ts'
import { FRAME_HEADER } from '#protocol/frames.ts'
import { readTlvs, skipTlvs } from '#protocol/tlv.ts'
import { stateName, stateOf } from './commands/life.ts'
import { applyCommand, applyResult, applyStep } from './commands/open.ts'
import { readResult } from './commands/result.ts'
import { applyConnection } from './connection.ts'
import { applyDesired, stepped, tried } from './desired/document.ts'
import { applyDone } from './repeats.ts'
import { isObject, isUnreleased, QOS2 } from './slots.ts'

const PROPERTY_HEADER = 6

/** Applies the record at b[p, p + size); `v` views the same bytes. */
export function applyRecord(current: Current, b: Buffer, v: DataView, p: number, size: number): void {
  const kind = b[p + field.kind]
  if (kind === recordKind.status) applyStatus(current, b, v, p, size)
  else if (kind === recordKind.event) applyEvent(current, b, p, size)
  else if (kind === recordKind.command || kind === recordKind.commandState) return applyCommands(current, b, p, size)
  else if (kind === recordKind.desired) return applyDesired(current, b, p, size)
  else if (kind === recordKind.done) return applyDone(current, b, p, size)
  else applyConnection(current, b, p, size)
  if (kind === recordKind.released) current.remove(b.readDoubleLE(p + field.device), QOS2 + b.readUInt16LE(p + field.packetId))
  else if (kind === recordKind.online) {
    if (b.readUInt16LE(p + field.flags) & recordFlag.clean) forgetUnreleased(current, b.readDoubleLE(p + field.device))
  } else if (b.readUInt16LE(p + field.flags) & recordFlag.qos2) {
    const time = b.readDoubleLE(p + field.time)
    current.put(b.readDoubleLE(p + field.device), QOS2 + b.readUInt16LE(p + field.packetId), time, b, p, p)
  }
}

function applyStatus(current: Current, b: Buffer, v: DataView, p: number, size: number): void {
  const device = v.getFloat64(p + field.device, true)
  const time = v.getFloat64(p + field.time, true)
  const late = (v.getUint16(p + field.flags, true) & LATE) !== 0
  const end = p + size
  let q = p + RECORD_HEADER + FRAME_HEADER
  while (q + PROPERTY_HEADER <= end) {
    const object = (b[q + 2]! << 8) | b[q + 3]!
    const count = (b[q + 4]! << 8) | b[q + 5]!
    const next = skipTlvs(b, q + PROPERTY_HEADER, end, count)
    if (next < 0) return
    if (!late || time > (current.get(device, object)?.time ?? 0)) current.put(device, object, time, b, q, next)
    q = next
  }
}

/** What a step or an event tells of a command, and nothing else that the record tells. */
export function applySaid(current: Current, b: Buffer, p: number, size: number): void {
  if (b[p + field.kind] === recordKind.event) applyEvent(current, b, p, size)
  else applyCommands(current, b, p, size)
}

/** Commands may carry desired state. */
function applyCommands(current: Current, b: Buffer, p: number, size: number): void {
  const device = b.readDoubleLE(p + field.device)
  const time = b.readDoubleLE(p + field.time)
  if (b[p + field.kind] === recordKind.command) {
    const { desired } = applyCommand(current, b, p, size)
    if (desired > 0) tried(current, device, desired, time)
    return
  }
  const version = applyStep(current, b, p)
  if (version === 0) return
  const step = b[p + field.reason]!
  const why = b.toString('utf8', p + RECORD_HEADER + COMMAND_ID, p + size)
  const sent = step === stateOf.sent
  stepped(current, device, version, time, sent ? { sent } : { outcome: why || stateName(step) })
}

function applyEvent(current: Current, b: Buffer, p: number, size: number): void {
  const result = readResult(b, p, size)
  if (result) applyResult(current, b.readDoubleLE(p + field.device), result.sequence, result.code, result.text)
}

/** QoS 2 packet ids that the device has sent and not released. */
export function unreleased(current: Current, device: number): number[] {
  const ids: number[] = []
  current.each(device, (slot) => {
    if (isUnreleased(slot)) ids.push(slot - QOS2)
  })
  return ids
}

function forgetUnreleased(current: Current, device: number): void {
  for (const id of unreleased(current, device)) current.remove(device, QOS2 + id)
}

export interface CurrentProperty extends Property {
  /** arrival, ms since 1970 */
  time: number
}

/** The device's last known properties, oldest first, so that of two under one label the later report counts. */
export function currentProperties(current: Current, device: number): CurrentProperty[] {
  const found: CurrentProperty[] = []
  current.each(device, (slot, { time, bytes: b }) => {
    if (!isObject(slot)) return
    const count = (b[4]! << 8) | b[5]!
    const { values, types } = readTlvs(b, PROPERTY_HEADER, b.length, count)
    found.push({ time, subDevice: (b[0]! << 8) | b[1]!, object: slot, count, values, types })
  })
  return found.sort((x, y) => x.time - y.time)
}
