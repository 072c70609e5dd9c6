/** What lies in the data directory of a cloud that has stopped: the engines themselves are asked, not its services. */
import { eachRecord, RECORD_HEADER, type RecordHead, recordHead } from '#core/devicelog/batch.ts'
import { openDeviceLog } from '#core/devicelog/open.ts'
import { openHistory } from '#core/history/open.ts'
import type { HistoryRecord } from '#core/history/port.ts'
import { silentLog } from '#lib/log.ts'

export type LogRecord = RecordHead & { data: Buffer }

/** Where it lies: files in a folder, or servers. */
export interface Place {
  dataDir: string
  devicelog?: string
  history?: string
}

/** All records of the device log, stream after stream in the order in which these began. */
export async function logRecords({ dataDir, devicelog = 'file:' }: Place): Promise<LogRecord[]> {
  const log = await openDeviceLog(devicelog, { dataDir })
  const found: LogRecord[] = []
  try {
    // ids of streams grow with time
    for (const { stream, first } of (await log.streams()).sort((a, b) => a.stream - b.stream)) {
      for (let after = first - 1; ; ) {
        const batches = await log.read(stream, after)
        if (batches.length === 0) break
        after += batches.length
        for (const b of batches) {
          eachRecord(b, 0, (p, size) =>
            found.push({ ...recordHead(b, p), data: Buffer.from(b.subarray(p + RECORD_HEADER, p + size)) }),
          )
        }
      }
    }
  } finally {
    await log.close()
  }
  return found
}

/** All that history has of some devices, oldest first. */
export async function historyRecords(
  { dataDir, history: url = 'file:' }: Place,
  devices: readonly number[],
): Promise<Map<number, HistoryRecord[]>> {
  const history = await openHistory(url, { dataDir, log: silentLog() })
  const found = new Map<number, HistoryRecord[]>()
  try {
    for (const device of devices) {
      const records: HistoryRecord[] = []
      let cursor: string | undefined
      do {
        const page = await history.read({ device, limit: 10_000, ...(cursor !== undefined && { cursor }) })
        records.push(...page.records)
        cursor = page.next
      } while (cursor !== undefined)
      found.set(device, records)
    }
  } finally {
    await history.close()
  }
  return found
}
