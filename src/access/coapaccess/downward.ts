/** What a device is told: the octets of a frame behind the letter of its topic, or the same by the names of its model. */
import type { Models } from '#access/shared/models.ts'
import type { DeviceSession } from '#access/shared/node.ts'
import { type Topic, toldByName } from '#access/shared/told.ts'
import { recordFlag } from '#core/devicelog/batch.ts'
import { encodeCbor } from '#protocol/cbor.ts'
import { stringifyExact } from '#protocol/json.ts'
import { answer, format as formats } from './message/numbers.ts'
import type { Response } from './server/response.ts'

/** As far as it matters here. */
type Told = Pick<DeviceSession, 'productId' | 'modelVersion' | 'frameFlags'> & { readonly node: { readonly models: Models } }

/** The formats in which this device can be told; frames of a codec are octets only. */
export const canRead = (s: Told, format: number): boolean =>
  format === formats.octets || ((s.frameFlags & recordFlag.foreign) === 0 && (format === formats.json || format === formats.cbor))

export async function downward(s: Told, frame: Buffer, topic: Topic, format: number): Promise<Response> {
  if (format === formats.octets) return { code: answer.content, format, payload: Buffer.concat([Buffer.from(topic), frame]) }
  const model = await s.node.models(s.productId, s.modelVersion)
  const said = toldByName(model, frame, topic)
  const payload = format === formats.json ? Buffer.from(stringifyExact(said)) : encodeCbor(said)
  return { code: answer.content, format, payload }
}
