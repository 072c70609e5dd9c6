/** Steps of commands that an access node witnesses. It records them itself: in the device's own stream, where they happened. */
import { commandState, recordKind } from '#core/devicelog/batch.ts'
import type { LogWriter, Origin, Owner } from '#core/devicelog/writer.ts'

export class CommandSteps implements Owner {
  private readonly waiting = new Map<number, () => void>()
  private last = 0
  private readonly writer: () => LogWriter

  constructor(writer: () => LogWriter) {
    this.writer = writer
  }

  /** The command was written to the device's connection. */
  sent(id: Uint8Array, origin: Origin, now: number): void {
    this.writer().record(recordKind.commandState, commandState.sent, 0, origin, now, id)
  }

  /** The device has confirmed it; `done` is called when that is durable. */
  delivered(id: Uint8Array, origin: Origin, now: number, done: () => void): void {
    this.waiting.set(++this.last, done)
    this.writer().record(recordKind.commandState, commandState.delivered, 0, origin, now, id, this, this.last)
  }

  durable(tags: readonly number[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const tag = tags[i]!
      const done = this.waiting.get(tag)
      this.waiting.delete(tag)
      done?.()
    }
  }

  /** The stream was sealed: what was confirmed stays true, though this node could not record it. */
  sealed(): void {
    const all = [...this.waiting.values()]
    this.waiting.clear()
    for (const done of all) done()
  }
}
