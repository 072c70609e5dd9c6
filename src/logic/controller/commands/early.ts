/**
 * Clocks of machines differ: where streams are read again in the order of time, what a node said of a command may come before the command. It is
 * kept until that is seen.
 */
import { at as field, recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID } from '#core/devicelog/command.ts'
import type { Current } from '#core/history/port.ts'
import { applyRecord, applySaid } from '../current.ts'
import { MOST_SKEW_MS } from './life.ts'
import { openCommand, underSequence } from './open.ts'
import { readResult } from './result.ts'

/** Records that are kept; beyond that those of the device that has waited longest are given up. */
const MOST = 50_000

/** → `applyRecord`, but that what comes too early is applied once more behind its command */
export function inTurn(): typeof applyRecord {
  const early = new Map<number, Buffer[]>()
  let kept = 0

  function take(device: number): Buffer[] {
    const found = early.get(device) ?? []
    early.delete(device)
    kept -= found.length
    return found
  }

  function keep(current: Current, b: Buffer, p: number, size: number): void {
    const device = b.readDoubleLE(p + field.device)
    if (!isOfUnknown(current, device, b, p, size)) return
    const list = early.get(device)
    const record = Buffer.from(b.subarray(p, p + size))
    if (list) list.push(record)
    else early.set(device, [record])
    if (++kept > MOST) take(early.keys().next().value!)
  }

  return (current, b, v, p, size) => {
    keep(current, b, p, size)
    applyRecord(current, b, v, p, size)
    if (b[p + field.kind] !== recordKind.command) return
    const since = b.readDoubleLE(p + field.time) - MOST_SKEW_MS
    for (const r of take(b.readDoubleLE(p + field.device))) {
      if (r.readDoubleLE(field.time) < since) continue
      keep(current, r, 0, r.length)
      applySaid(current, r, 0, r.length)
    }
  }
}

/** Whether it tells of a command that is not there, or is over. */
function isOfUnknown(current: Current, device: number, b: Buffer, p: number, size: number): boolean {
  const kind = b[p + field.kind]
  if (kind === recordKind.commandState)
    return openCommand(current, device, b.subarray(p + field.data, p + field.data + COMMAND_ID)) === undefined
  const result = kind === recordKind.event ? readResult(b, p, size) : undefined
  return result !== undefined && underSequence(current, device, result.sequence) === undefined
}
