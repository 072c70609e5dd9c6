/** The way up from an access service to the device log: a log writer that speaks of causes. */
import { type Cause, causeNumber } from '#contracts/causes.ts'
import type { RecordKind } from '#core/devicelog/batch.ts'
import { LogWriter, type Origin, type Owner } from '#core/devicelog/writer.ts'

export type { Origin, Owner, WriterOptions } from '#core/devicelog/writer.ts'
export { nobody } from '#core/devicelog/writer.ts'

export class Uplink extends LogWriter {
  /** Adds a record whose data is JSON (online, offline, diary). */
  note(
    kind: RecordKind,
    cause: Cause,
    origin: Origin,
    now: number,
    params: object,
    owner?: Owner,
    tag?: number,
    flags = 0,
  ): void {
    this.record(kind, causeNumber(cause), flags, origin, now, Buffer.from(JSON.stringify(params)), owner, tag)
  }
}
