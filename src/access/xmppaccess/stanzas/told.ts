/** What a device is told: by the names of its model as JSON, as XEP-0323 and XEP-0325 say it, or as the octets of the frame. */

import type { Models } from '#access/shared/models.ts'
import type { DeviceSession } from '#access/shared/node.ts'
import { type Topic, toldByName } from '#access/shared/told.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { decodeCommand } from '#protocol/frames.ts'
import { stringifyExact } from '#protocol/json.ts'
import { universalCommand } from '#protocol/universal.ts'
import { ns } from '../names.ts'
import { type Element, element } from '../xml/element.ts'
import { controlOf } from './control.ts'

export const formats = ['json', 'frame', 'iot'] as const
/** How a device wants to be told. */
export type Format = (typeof formats)[number]

export interface Telling {
  topic: Topic
  /** it may have been sent before */
  again: boolean
  packetId: number
  format: Format
}

type Told = Pick<DeviceSession, 'productId' | 'modelVersion' | 'frameFlags'> & { readonly node: { readonly models: Models } }

export async function toldElement(s: Told, frame: Uint8Array, { topic, again, packetId, format }: Telling): Promise<Element> {
  const name = topic === 's' ? 'status' : 'command'
  const mark = again ? 'true' : undefined
  // frames of a codec are octets to us
  if (format === 'frame' || (s.frameFlags & recordFlag.foreign) !== 0)
    return element(name, ns.pando, { type: 'frame', again: mark }, [Buffer.from(frame).toString('base64')])
  const model = await s.node.models(s.productId, s.modelVersion)
  const said = toldByName(model, frame, topic)
  if (format === 'iot' && 'status' in said) return controlOf(model, said.status)
  if (format === 'iot' && topic === 'c' && decodeCommand(frame).no === universalCommand.reportStatus)
    return element('req', ns.sensorData, { seqnr: String(packetId), momentary: 'true' })
  return element(name, ns.pando, { again: mark }, [stringifyExact('status' in said ? said.status : said.command)])
}
