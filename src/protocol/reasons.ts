import { type ProtocolCode, ProtocolError } from './errors.ts'

/** Why a frame is not well-formed, as one byte. 0 = well-formed. The numbers are stored in log records: never renumber. */
export const reason = {
  ok: 0,
  frame_truncated: 1,
  property_truncated: 2,
  tlv_missing: 3,
  tlv_truncated: 4,
  tlv_unknown_type: 5,
  frame_trailing_bytes: 6,
  frame_kind_unknown: 7,
} as const

/** number → stable text code (`ok` for 0). */
export const frameReasons: readonly string[] = Object.keys(reason)

/** The typed error of a reason number. */
export const reasonError = (number: number, params: Record<string, unknown> = {}): ProtocolError =>
  new ProtocolError((frameReasons[number] ?? 'frame_kind_unknown') as ProtocolCode, params)
