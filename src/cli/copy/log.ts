/** The device log: batches as they are, under their numbers, so that every consumer goes on where it was. */
import { crc32 } from 'node:zlib'
import type { DeviceLog } from '#core/devicelog/port.ts'
import { byCodeUnit } from '#protocol/gotext.ts'
import type { Sum } from './registry.ts'

const READ_BYTES = 4 << 20

async function* batchesOf(log: DeviceLog, stream: number, after: number): AsyncGenerator<Buffer[]> {
  for (let at = after; ; ) {
    const page = await log.read(stream, at, READ_BYTES)
    if (page.length === 0) return
    yield page
    at = page.at(-1)!.readDoubleLE(24)
  }
}

/** Where each stream ends: it changes with whatever is written. */
export async function logState(log: DeviceLog): Promise<string> {
  const ends = (await log.streams()).map((s) => `${s.stream}:${s.last}:${s.sealed}`).sort(byCodeUnit)
  return crc32(ends.join()).toString(16)
}

export async function copyLog(from: DeviceLog, to: DeviceLog, said: (batches: number) => void): Promise<void> {
  const streams = await from.streams()
  await to.begin(new Map(streams.filter((s) => s.last > 0).map((s) => [s.stream, s.first])))
  const there = new Map((await to.streams()).map((s) => [s.stream, s]))
  for (const { stream, last, sealed } of streams) {
    const known = there.get(stream)
    for await (const page of batchesOf(from, stream, known?.last ?? 0)) {
      for (const b of page) await to.append(b)
      said(page.length)
    }
    if (sealed && known?.sealed !== true && last >= 0) await to.seal(stream)
  }
  for (const [consumer, positions] of await from.positions()) await to.advance(consumer, positions)
}

/** Over batches, the ends of streams, and positions. */
export async function sumLog(log: DeviceLog): Promise<Sum> {
  let [count, crc] = [0, 0]
  const streams = (await log.streams()).filter((s) => s.last > 0 || s.sealed).sort((a, b) => a.stream - b.stream)
  for (const { stream, first, last, sealed } of streams) {
    crc = crc32(`${stream}/${first}/${last}/${sealed}`, crc)
    for await (const page of batchesOf(log, stream, 0)) {
      count += page.length
      for (const b of page) crc = crc32(b, crc)
    }
  }
  const positions = [...(await log.positions())].flatMap(([c, p]) => [...p].map(([stream, seq]) => `${c}/${stream}/${seq}`))
  return { count, crc: crc32(positions.sort(byCodeUnit).join(), crc) }
}
