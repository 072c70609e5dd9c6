/**
 * Event 65534 (docs/device-protocol.md §5): the device says what became of a command. It names the command by the time that stood in
 * the command's frame.
 */
import { at as field, RECORD_HEADER, recordFlag } from '#core/devicelog/batch.ts'
import { decodeEvent } from '#protocol/frames.ts'
import { universalEvent } from '#protocol/universal.ts'

const EVENT_NO = RECORD_HEADER + 27

export interface Result {
  sequence: bigint
  code: number
  text: string
}

/** Of the event record at b[p, p + size); undefined if it is another event. */
export function readResult(b: Buffer, p: number, size: number): Result | undefined {
  if (size < EVENT_NO + 2 || b.readUInt16BE(p + EVENT_NO) !== universalEvent.commandResult) return undefined
  if (b.readUInt16LE(p + field.flags) & recordFlag.redecoded) return undefined
  const [sequence, code, text] = decodeEvent(b, p + RECORD_HEADER, p + size).values
  const isNumber = (v: unknown): v is number | bigint => typeof v === 'bigint' || Number.isSafeInteger(v)
  if (!isNumber(sequence) || !isNumber(code)) return undefined
  const words = text instanceof Uint8Array ? Buffer.from(text).toString() : typeof text === 'string' ? text : ''
  return { sequence: BigInt(sequence), code: Number(BigInt.asIntN(32, BigInt(code))), text: words.slice(0, 1000) }
}
