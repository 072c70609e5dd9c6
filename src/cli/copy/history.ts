/**
 * History, device by device as it reads it, and the current status. Engines keep it in forms of their own, so records go through the port: a
 * page of a device is a batch of one stream, numbered device · 2²⁰ + page, which tells how far a copy has come.
 */
import { crc32 } from 'node:zlib'
import { makeBatch } from '#core/devicelog/batch.ts'
import type { History, HistoryRecord } from '#core/history/port.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import { byCodeUnit } from '#protocol/gotext.ts'
import type { Sum } from './registry.ts'

/** Beside those of an import from an older cloud (contracts/controller/up.ts). */
const COPIES = 3
const PAGES = 2 ** 20
const RECORDS = 5000
const DEVICES = 1000

async function* devicesOf(registry: Registrystore): AsyncGenerator<number> {
  for (let after = 0; ; ) {
    const rows = await registry.select('device', { after, limit: DEVICES })
    for (const { id } of rows) yield id
    if (rows.length < DEVICES) return
    after = rows.at(-1)!.id
  }
}

async function* pagesOf(history: History, device: number): AsyncGenerator<HistoryRecord[]> {
  for (let cursor: string | undefined; ; ) {
    const { records, next } = await history.read({ device, limit: RECORDS, ...(cursor !== undefined && { cursor }) })
    if (records.length > 0) yield records
    if (next === undefined) return
    cursor = next
  }
}

export async function copyHistory(
  from: History,
  to: History,
  registry: Registrystore,
  said: (records: number) => void,
): Promise<void> {
  const done = to.cursors().get(COPIES) ?? 0
  for await (const device of devicesOf(registry)) {
    if ((device + 1) * PAGES <= done) continue
    let page = 0
    for await (const records of pagesOf(from, device)) {
      const seq = device * PAGES + ++page
      if (seq <= done) continue
      await to.absorb(
        makeBatch(
          COPIES,
          seq,
          records.map((r) => ({ ...r, device })),
        ),
      )
      said(records.length)
    }
  }
  // what the log holds beyond is absorbed by whoever starts on it
  for (const [stream, seq] of from.cursors()) if (stream !== COPIES) await to.absorb(makeBatch(stream, seq, []))
  await to.flush()
  await copyCurrent(from, to)
}

async function copyCurrent(from: History, to: History): Promise<void> {
  const devices: number[] = []
  from.current.eachDevice((device) => void devices.push(device))
  for (const device of devices)
    from.current.each(device, (slot, { time, bytes }) => to.current.put(device, slot, time, bytes, 0, bytes.length))
  await to.current.save(from.current.saved)
}

const HEAD = ['kind', 'reason', 'version', 'product', 'time', 'packetId', 'flags', 'epoch'] as const

/** Over records, how far the log was absorbed, and the current status. */
export async function sumHistory(history: History, registry: Registrystore): Promise<Sum> {
  let [count, crc] = [0, 0]
  for await (const device of devicesOf(registry)) {
    for await (const records of pagesOf(history, device)) {
      count += records.length
      for (const r of records) crc = crc32(r.data, crc32(`${device}/${HEAD.map((name) => r[name]).join()}`, crc))
    }
  }
  const cursors = [...history.cursors()].filter(([stream]) => stream !== COPIES).map(([s, q]) => `${s}/${q}`)
  crc = crc32(cursors.sort(byCodeUnit).join(), crc)
  const devices: number[] = []
  history.current.eachDevice((device) => void devices.push(device))
  for (const device of devices.sort((a, b) => a - b)) {
    history.current.each(device, (slot, { time, bytes }) => {
      crc = crc32(bytes, crc32(`${device}/${slot}/${time}`, crc))
    })
  }
  return { count, crc }
}
