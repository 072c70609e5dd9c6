/**
 * Steps of commands that an access node witnesses. It records them itself: in the device's own stream, where they happened. Nobody
 * waits for them to be durable: two appends one after the other would halve the rate of commands (bench/commands.ts).
 */
import { commandState, recordKind } from '#core/devicelog/batch.ts'
import type { LogWriter, Origin } from '#core/devicelog/writer.ts'

/** The command was written to the device's connection, or the device has confirmed it. */
export function recordStep(writer: LogWriter, step: 'sent' | 'delivered', id: Uint8Array, origin: Origin, now: number): void {
  writer.record(recordKind.commandState, commandState[step], 0, origin, now, id)
}
