/** Frames that could not be read when they came: shown, and read again (contracts/controller/quarantine.ts). */

import type { Face } from '#contracts/contract.ts'
import type { Quarantined } from '#contracts/controller.ts'
import type { Device, registry } from '#contracts/registry.ts'
import type { Origin } from '#core/devicelog/writer.ts'
import type { Codecs } from '#protocol/codec.ts'
import { parseModel } from '#protocol/model.ts'
import type { CommandLog } from '../commands/log.ts'
import { fitting } from '../down.ts'
import type { Models } from '../models.ts'
import { topicOf } from './faults.ts'
import { readAgain } from './reread.ts'
import { isDone, isRead, type QuarantinedFrame, type Scan, type ScanQuery } from './scan.ts'

export interface Quarantine {
  list(q: ScanQuery & { limit?: number }): Promise<{ items: Quarantined[]; next?: string }>
  redecode(
    q: ScanQuery & { productId: number; limit?: number; dryRun?: boolean; config?: string },
  ): Promise<{ decodes: number; fails: number; done: number; next?: string }>
  discard(
    q: ScanQuery & { productId: number; limit?: number; dryRun?: boolean },
  ): Promise<{ discards: number; done: number; next?: string }>
}

const MOST = 10_000

type Parts = {
  scan: Scan
  models: Models
  codecs: Codecs
  log: Pick<CommandLog, 'redecoded' | 'discarded' | 'drained'>
  registry: Pick<Face<typeof registry>, 'devicesById'>
}

export function makeQuarantine({ scan, models, codecs, log, registry: peer }: Parts): Quarantine {
  /** one after the other, so that nothing is written twice */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }

  const redecode: Quarantine['redecode'] = async ({ limit = MOST, dryRun = false, config, ...q }) => {
    const draft = config === undefined ? undefined : fitting(() => parseModel(config))
    const write = !dryRun && draft === undefined
    const counts = { decodes: 0, fails: 0, done: 0 }
    let device: Device | undefined
    let left = limited(limit)
    const next = await scan.run(q, async (f) => {
      if (device?.id !== f.device) device = (await peer.devicesById({ ids: [f.device] })).items[0]
      const read =
        isDone(f) || !device
          ? undefined
          : readAgain(f, draft ?? (await models.get(device.productId, device.modelVersion)), codecs)
      counts[isDone(f) ? 'done' : read ? 'decodes' : 'fails']++
      if (read && write && device)
        log.redecoded(read.kind, read.foreign, originOf(f, device), f.raw.time, f.place & 0xffff, read.frame)
      return --left > 0
    })
    if (write) await log.drained()
    return { ...counts, ...(next !== undefined && { next }) }
  }

  const discard: Quarantine['discard'] = async ({ limit = MOST, dryRun = false, ...q }) => {
    const counts = { discards: 0, done: 0 }
    let device: Device | undefined
    let left = limited(limit)
    const next = await scan.run(q, async (f) => {
      if (device?.id !== f.device) device = (await peer.devicesById({ ids: [f.device] })).items[0]
      counts[isDone(f) ? 'done' : 'discards']++
      if (!isDone(f) && !dryRun && device) log.discarded(originOf(f, device), f.raw.time, f.place & 0xffff)
      return --left > 0
    })
    if (!dryRun) await log.drained()
    return { ...counts, ...(next !== undefined && { next }) }
  }

  return {
    async list({ limit = 100, ...q }) {
      const items: Quarantined[] = []
      const most = limited(limit)
      const next = await scan.run(q, (f) => items.push(shown(f)) < most)
      return { items, ...(next !== undefined && { next }) }
    },
    redecode: (q) => inTurn(() => redecode(q)),
    discard: (q) => inTurn(() => discard(q)),
  }
}

const limited = (limit: number): number => Math.min(Math.max(1, limit), MOST)

const originOf = ({ device: deviceId, raw }: QuarantinedFrame, { productId, modelVersion }: Device): Origin => ({
  deviceId,
  productId,
  modelVersion,
  epoch: raw.epoch,
})

function shown(f: QuarantinedFrame): Quarantined {
  const { device, place, raw, fault } = f
  return {
    id: `${device.toString(16)}-${raw.time.toString(16)}-${place.toString(16)}`,
    deviceId: device,
    productId: raw.product,
    at: raw.time,
    kind: fault.kind,
    topic: topicOf(raw),
    reason: fault.reason,
    text: fault.text,
    offset: fault.offset,
    numbers: fault.numbers,
    version: raw.version,
    frame: Buffer.from(raw.data).toString('base64'),
    redecoded: isRead(f),
    discarded: f.discarded,
  }
}
