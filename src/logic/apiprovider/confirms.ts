/** How long devices take to confirm commands: of the last that were. */
import { commandState, at as field, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import { COMMAND_ID } from '#core/devicelog/command.ts'

const LAST = 1000
/** Commands that were sent and are not confirmed yet. */
const MOST_OPEN = 10_000

export interface Confirms {
  /** The record at b[p]. */
  see(b: Buffer, p: number): void
  /** Of those confirmed since then, in ms. */
  p95(from: number): number | undefined
}

export function makeConfirms(): Confirms {
  /** by command: ids are random octets, or a digest of device and key */
  const sent = new Map<string, number>()
  const last: { at: number; ms: number }[] = []
  let next = 0

  const confirmed = (at: number, ms: number) => {
    last[next] = { at, ms }
    next = (next + 1) % LAST
  }

  return {
    see(b, p) {
      if (b[p + field.kind] !== recordKind.commandState) return
      const data = p + RECORD_HEADER
      const key = b.toString('latin1', data, data + COMMAND_ID)
      const time = b.readDoubleLE(p + field.time)
      const step = b[p + field.reason]!
      const began = sent.get(key)
      sent.delete(key)
      // sent again: the device confirms the last
      if (step === commandState.sent && sent.size < MOST_OPEN) sent.set(key, time)
      else if (step === commandState.delivered && began !== undefined) confirmed(time, Math.max(0, time - began))
    },
    p95(from) {
      const times = last.filter((c) => c.at >= from).map((c) => c.ms)
      return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1]
    },
  }
}
