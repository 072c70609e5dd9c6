/** A command that was kept while the product's model changed: a frame that the model does not know crashes a device. */
import { decodeCommand, decodeStatus } from '#protocol/frames.ts'
import { commandOf, type Model, objectOf } from '#protocol/model.ts'
import type { Target } from '../down.ts'
import type { Models } from '../models.ts'
import type { OpenCommand } from './open.ts'

/** Whether today's model of the device still calls what the frame holds by the same names and types. */
export async function stillFits(models: Models, c: OpenCommand, to: Target): Promise<boolean> {
  if (c.version === to.device.modelVersion && c.product === to.device.productId) return true
  const was = await models.get(c.product, c.version)
  return c.topic === 'c' ? sameCommand(was, to.model, c.rest) : sameStatus(was, to.model, c.rest)
}

const typesOf = (params: readonly { valueType: number }[] | undefined): string => JSON.stringify(params?.map((p) => p.valueType))

function sameCommand(was: Model, now: Model, frame: Uint8Array): boolean {
  const { no } = decodeCommand(frame)
  const [before, after] = [commandOf(was, no), commandOf(now, no)]
  return after !== undefined && before?.name === after.name && typesOf(before.params) === typesOf(after.params)
}

function sameStatus(was: Model, now: Model, frame: Uint8Array): boolean {
  return decodeStatus(frame).properties.every(({ object }) => {
    const [before, after] = [objectOf(was, object), objectOf(now, object)]
    return after !== undefined && before?.label === after.label && typesOf(before.status) === typesOf(after.status)
  })
}
