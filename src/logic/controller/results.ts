/**
 * Event 65534 (docs/device-protocol.md §5): the device says what became of a command. It names the command by the time that stood in
 * the command's frame.
 */
import { at as field, RECORD_HEADER, recordKind } from '#core/devicelog/batch.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import { decodeEvent } from '#protocol/frames.ts'
import { universalEvent } from '#protocol/universal.ts'
import type { CommandId, CommandLog } from './commandlog.ts'
import type { Observer } from './watch.ts'

export interface Results extends Observer {
  /** A command that was delivered may be followed by its result. */
  expect(device: number, time: number, id: CommandId, origin: Origin): void
}

const MOST = 100_000
const EVENT_NO = RECORD_HEADER + 27

export function results(log: CommandLog): Results {
  const expected = new Map<string, { id: CommandId; origin: Origin }>()
  return {
    get size() {
      return expected.size
    },
    expect(device, time, id, origin) {
      if (expected.size >= MOST) expected.delete(expected.keys().next().value!)
      expected.set(`${device}/${time}`, { id, origin })
    },
    see(b, p, size) {
      if (b[p + field.kind] !== recordKind.event || size < EVENT_NO + 2) return
      if (b.readUInt16BE(p + EVENT_NO) !== universalEvent.commandResult) return
      const [sequence, result, text] = decodeEvent(b, p + RECORD_HEADER, p + size).values
      const key = `${b.readDoubleLE(p + field.device)}/${sequence}`
      const found = expected.get(key)
      if (!found) return
      expected.delete(key)
      const detail = text instanceof Uint8Array ? Buffer.from(text).toString() : ''
      log.step(found.id, found.origin, result === 0 ? 'executed' : 'failed', `${result} ${detail}`.trim())
    },
  }
}
