/** The connection diary: the records of a device that tell about its connection, newest first. */
import { causeOf } from '#contracts/causes.ts'
import type { DiaryEntry } from '#contracts/controller.ts'
import { recordKind } from '#core/devicelog/batch.ts'
import type { History } from '#core/history/port.ts'

const kinds = [recordKind.online, recordKind.offline, recordKind.diary]
const MOST = 1000

export async function diary(history: History, device: number, limit = 100): Promise<DiaryEntry[]> {
  const page = await history.read({ device, kinds, limit: Math.min(limit, MOST), newestFirst: true })
  return page.records.map((r) => ({
    at: r.time,
    kind: r.kind === recordKind.online ? 'online' : r.kind === recordKind.offline ? 'offline' : 'diary',
    ...(r.kind !== recordKind.online && { cause: causeOf(r.reason) }),
    params: paramsOf(r.data),
  }))
}

function paramsOf(data: Uint8Array): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString() || '{}')
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
