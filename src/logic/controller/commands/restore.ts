/** After a start: commands that were open are looked at again. */
import type { Current } from '#core/history/port.ts'
import { commandId } from './id.ts'
import type { Keeping } from './kept.ts'
import { isFinal, stateOf } from './life.ts'
import { type OpenCommand, openCommands, toldResult } from './open.ts'
import type { Sending } from './sending.ts'

type Parts = { current: Current; keeping: Keeping; sending: Sending }

/**
 * Of each open command of the device: a result that it had told is recorded; what was kept goes on waiting; the fate of what was for a
 * session of before is not known, and that is said.
 */
export function restoreCommands({ current, keeping, sending }: Parts, device: number): void {
  for (const c of openCommands(current, device)) {
    const going = goingOf(c)
    if (isFinal(c.state)) void sending.end(going, toldStep(c), toldResult(c))
    else if (c.state === stateOf.delivered) continue
    else if (c.until === 0) void sending.end(going, 'timedOut', 'restarted')
    else keeping.keep(going, c.until, { idle: true })
  }
}

/** The device has said what became of commands: recorded. */
export function recordTold({ current, sending }: Pick<Parts, 'current' | 'sending'>, device: number): void {
  for (const c of openCommands(current, device)) {
    if (isFinal(c.state)) void sending.end(goingOf(c), toldStep(c), toldResult(c))
  }
}

const toldStep = (c: OpenCommand): 'executed' | 'failed' => (c.state === stateOf.executed ? 'executed' : 'failed')

const goingOf = (c: OpenCommand) => ({
  id: commandId(c.device, c.acceptedAt, c.id),
  origin: { deviceId: c.device, productId: c.product, modelVersion: c.version, epoch: 0 },
  topic: c.topic,
})
