/** The product that `pando demo` makes and that virtual devices are of unless told otherwise. */
import { parseModel } from '#protocol/model.ts'
import type { Value } from '#protocol/tlv.ts'
import { asFile } from '../file.ts'
import { type Shape, shapeOf } from './twin.ts'

const [FLOAT32, UINT8, UINT16, STRING] = [2, 7, 8, 12]

const param = (name: string, value_type: number) => ({ name, value_type })

/** Product configuration (docs/device-protocol.md §6): a lamp that also measures the room. */
export const demoConfig = {
  objects: [
    { no: 1, label: 'light', part: 1, status: [param('onoff', UINT8), param('level', UINT16)] },
    { no: 2, label: 'climate', part: 1, status: [param('temperature', FLOAT32), param('humidity', FLOAT32)] },
  ],
  commands: [
    { no: 1, name: 'switch', part: 1, priority: 0, params: [param('onoff', UINT8)] },
    { no: 2, name: 'dim', part: 1, priority: 0, params: [param('level', UINT16)] },
  ],
  events: [
    { no: 1, name: 'motion', part: 1, priority: 0, params: [] },
    { no: 2, name: 'alarm', part: 1, priority: 9, params: [param('text', STRING)] },
  ],
}

const demoHeld = new Map<number, Value[]>([[1, [0, 50]]])

export const demoShape = (): Shape => shapeOf(parseModel(JSON.stringify(demoConfig)), demoHeld)

/** The shape of a product configuration in a file. Throws `model_wrong_format`, `invalid` when it can't be read. */
export const shapeOfFile = (file: string): Shape => shapeOf(parseModel(asFile(file)))
