/** Frames that could not be read when they came: shown, and read again (contracts/controller/quarantine.ts). */

import type { Face } from '#contracts/contract.ts'
import type { Quarantined } from '#contracts/controller.ts'
import type { Device, registry } from '#contracts/registry.ts'
import type { Codecs } from '#protocol/codec.ts'
import { parseModel } from '#protocol/model.ts'
import type { CommandLog } from '../commands/log.ts'
import { fitting } from '../down.ts'
import type { Models } from '../models.ts'
import { topicOf } from './faults.ts'
import { type Reread, readAgain } from './reread.ts'
import { isRead, type QuarantinedFrame, type Scan, type ScanQuery } from './scan.ts'

export interface Quarantine {
  list(q: ScanQuery & { limit?: number }): Promise<{ items: Quarantined[]; next?: string }>
  redecode(
    q: ScanQuery & { productId: number; limit?: number; dryRun?: boolean; config?: string },
  ): Promise<{ decodes: number; fails: number; done: number; next?: string }>
}

const MOST = 10_000

type Parts = {
  scan: Scan
  models: Models
  codecs: Codecs
  log: Pick<CommandLog, 'redecoded' | 'drained'>
  registry: Pick<Face<typeof registry>, 'devicesById'>
}

export function makeQuarantine({ scan, models, codecs, log, registry: peer }: Parts): Quarantine {
  /** one after the other, so that nothing is written twice */
  let last: Promise<unknown> = Promise.resolve()

  const redecode: Quarantine['redecode'] = async ({ limit = MOST, dryRun = false, config, ...q }) => {
    const draft = config === undefined ? undefined : fitting(() => parseModel(config))
    const write = !dryRun && draft === undefined
    const counts = { decodes: 0, fails: 0, done: 0 }
    let device: Device | undefined
    let left = limited(limit)
    const next = await scan.run(q, async (f) => {
      if (device?.id !== f.device) device = (await peer.devicesById({ ids: [f.device] })).items[0]
      const read =
        isRead(f) || !device
          ? undefined
          : readAgain(f, draft ?? (await models.get(device.productId, device.modelVersion)), codecs)
      counts[isRead(f) ? 'done' : read ? 'decodes' : 'fails']++
      if (read && write && device) record(log, f, read, device)
      return --left > 0
    })
    if (write) await log.drained()
    return { ...counts, ...(next !== undefined && { next }) }
  }

  return {
    async list({ limit = 100, ...q }) {
      const items: Quarantined[] = []
      const most = limited(limit)
      const next = await scan.run(q, (f) => items.push(shown(f)) < most)
      return { items, ...(next !== undefined && { next }) }
    },
    redecode(q) {
      const mine = last.then(() => redecode(q))
      last = mine.catch(() => {})
      return mine
    },
  }
}

const limited = (limit: number): number => Math.min(Math.max(1, limit), MOST)

function record(
  log: Pick<CommandLog, 'redecoded'>,
  { device: id, place, raw }: QuarantinedFrame,
  read: Reread,
  device: Device,
): void {
  const origin = { deviceId: id, productId: device.productId, modelVersion: device.modelVersion, epoch: raw.epoch }
  log.redecoded(read.kind, read.foreign, origin, raw.time, place & 0xffff, read.frame)
}

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
  }
}
