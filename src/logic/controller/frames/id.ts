/**
 * How a frame of the past is named: device, time and a checksum of what it is, in hex. A quarantined one has its place among the frames of
 * its time instead of the checksum.
 */
import { crc32 } from 'node:zlib'
import type { HistoryRecord } from '#core/history/port.ts'

export interface FrameId {
  device: number
  time: number
  sum?: number
  place?: number
}

const SUM_DIGITS = 8

const sumOf = ({ kind, flags, data }: Pick<HistoryRecord, 'kind' | 'flags' | 'data'>): number =>
  crc32(data, crc32(Uint8Array.of(kind, flags & 0xff)))

export const frameIdOf = (device: number, r: HistoryRecord): string =>
  `${device.toString(16)}-${r.time.toString(16)}-${sumOf(r).toString(16).padStart(SUM_DIGITS, '0')}`

export const isNamed = ({ sum }: FrameId, r: HistoryRecord): boolean => sum === sumOf(r)

/** undefined: it is none. */
export function readFrameId(text: string): FrameId | undefined {
  const m = /^([0-9a-f]{1,13})-([0-9a-f]{1,13})-([0-9a-f]{1,8})$/.exec(text)
  if (!m) return undefined
  const [device, time, last] = [m[1]!, m[2]!, m[3]!].map((t) => Number.parseInt(t, 16)) as [number, number, number]
  return m[3]!.length === SUM_DIGITS ? { device, time, sum: last } : { device, time, place: last }
}
